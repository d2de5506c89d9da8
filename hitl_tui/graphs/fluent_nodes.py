"""The nodes of a fluent workflow while its graph is made: their open ends, and what leads on from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hitl_tui.model.graph import Node, Route

DECISIONS = ("approved", "rejected")
"""The labels of a branch that a person's answer chooses, when it follows an interrupt."""


@dataclass(frozen=True, slots=True)
class End:
    """An open end: the way out of a node that is taken for this output, or on failure."""

    node: str
    value: str | None = None
    is_failure: bool = False


START = End("")
Ends = dict[str | None, list[End]]
"""Open ends by the label that leads there; all under None where nothing is to be chosen."""


@dataclass(slots=True)
class Made:
    """A node while its edges are still found."""

    name: str
    agent: str
    context: dict[str, Any]
    prompt: str = ""
    line: int = 0
    max_visits: int | None = None
    on_success: list[str] = field(default_factory=list)
    on_failure: list[str] = field(default_factory=list)
    routes: dict[str, list[str]] = field(default_factory=dict)

    def node(self) -> Node:
        visits = {} if self.max_visits is None else {"max_visits": self.max_visits}
        return Node(
            name=self.name,
            agent=self.agent,
            prompt=self.prompt,
            context=self.context | visits,
            line=self.line,
            on_success=tuple(dict.fromkeys(self.on_success)),
            on_failure=tuple(dict.fromkeys(self.on_failure)),
            routes=tuple(Route(to=tuple(dict.fromkeys(to)), value=value) for value, to in self.routes.items()),
        )


def is_decision(labels: Sequence[str]) -> bool:
    """Whether a person's answer chooses among these labels."""
    return bool(labels) and "approved" in labels and set(labels) <= set(DECISIONS)


def decided(asked: str, needed: Sequence[str]) -> Ends:
    """The ends of an interrupt; by the answer where a branch needs it."""
    if not needed:
        return {None: [End(asked)]}
    return {label: [End(asked, is_failure=label == "rejected")] for label in needed}
