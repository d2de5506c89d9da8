"""A workflow as a picture shows it: nodes and edges, with what a thread has run of them so far."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChartNode:
    """A node; `runs` counts how often it ran, `is_now` says that it runs, waits or comes next."""

    name: str
    asks: bool = False
    risk: str | None = None
    runs: int = 0
    is_now: bool = False


@dataclass(frozen=True, slots=True)
class ChartEdge:
    """An edge; `target` is None for the end of the graph. `label` is empty for the only way on."""

    source: str
    target: str | None
    label: str = ""
    failure: bool = False
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """The nodes in the order of the definition, the first one to run first."""

    nodes: tuple[ChartNode, ...]
    edges: tuple[ChartEdge, ...]
