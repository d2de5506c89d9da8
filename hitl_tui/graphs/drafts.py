"""A graph as its file says it, before its targets are resolved and its subgraphs are expanded."""

from __future__ import annotations

from dataclasses import dataclass, field

from hitl_tui.model.graph import Node
from hitl_tui.model.reducers import Reducer


@dataclass(slots=True)
class Draft:
    """One graph of a file. `tolerant` marks the CSV dialect, where a target that is no node ends the graph."""

    name: str
    line: int
    tolerant: bool
    nodes: dict[str, Node] = field(default_factory=dict)
    start: str = ""
    description: str = ""
    max_visits: int | None = None
    reducers: dict[str, Reducer] = field(default_factory=dict)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)
    """Line of a node's field, by node name and `Node` field or context key; those of the graph have no node name."""
    unreadable: set[tuple[str, str]] = field(default_factory=set)
    """Fields that were complained about and left out: nothing more is said about them."""

    def line_of(self, node: str, field_name: str = "") -> int:
        """Where the field of the node stands in the file, else where the node does, else where the graph does."""
        found = self.lines.get((node, field_name))
        if found is None:
            found = self.nodes[node].line if node in self.nodes else self.line
        return found


@dataclass(slots=True)
class Parsed:
    """What a file holds: its graphs by name, and the agents reference as it is written there."""

    drafts: dict[str, Draft] = field(default_factory=dict)
    agents: str | None = None
    agents_line: int = 0
