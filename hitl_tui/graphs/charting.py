"""A graph as a chart: every edge with its label, and the path that a thread took. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from hitl_tui.graphs.routing import END
from hitl_tui.graphs.settings import asks
from hitl_tui.model.chart import Chart, ChartEdge, ChartNode
from hitl_tui.model.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class Ran:
    """One node run that counts; `failed` says whether it took the failure edge."""

    superstep: int
    node: str
    failed: bool


def chart_of(graph: Graph, ran: Sequence[Ran], now: Collection[str], *, ended: bool = False) -> Chart:
    """The chart of a graph for a thread that ran these nodes and stands at `now`."""
    runs = Counter(run.node for run in ran)
    names = [graph.start, *(name for name in graph.nodes if name != graph.start)]
    nodes = tuple(
        ChartNode(name, asks(graph.nodes[name]), _risk(graph.nodes[name]), runs[name], not ended and name in now)
        for name in names
    )
    taken = _taken(ran, now, ended=ended)
    edges = [edge for name in names for edge in _edges(graph.nodes[name])]
    return Chart(nodes, tuple(_marked(edge, taken) for edge in edges))


def _risk(node: Node) -> str | None:
    risk = node.context.get("risk")
    return risk if isinstance(risk, str) else None


def _edges(node: Node) -> Iterator[ChartEdge]:
    """The edges of a node; those of several routes to the same place as one."""
    labels: dict[str | None, list[str]] = {}
    for route in node.routes:
        words = f"= {route.value}" if route.when is None else " ".join(route.when.split())
        for target in _targets(route.to):
            labels.setdefault(target, []).append(words)
    plain = "otherwise" if node.routes else "success" if node.on_failure else ""
    for target in _targets(node.on_success) if node.routes else node.on_success:
        labels.setdefault(target, []).append(plain)
    for target, words_of_all in labels.items():
        yield ChartEdge(node.name, target, " or ".join(words_of_all))
    for target in _targets(node.on_failure) if node.on_failure else ():
        yield ChartEdge(node.name, target, "failure", failure=True)


def _targets(names: Sequence[str]) -> list[str | None]:
    """The targets of an edge; the end of the graph where it has none."""
    found: list[str | None] = [name for name in dict.fromkeys(names) if name != END]
    return found or [None]


def _taken(ran: Sequence[Ran], now: Collection[str], *, ended: bool) -> set[tuple[str, str | None, bool]]:
    """Which (source, target, failure) were followed: from each superstep to the next one."""
    steps: dict[int, list[Ran]] = {}
    for run in ran:
        steps.setdefault(run.superstep, []).append(run)
    order = sorted(steps)
    found: set[tuple[str, str | None, bool]] = set()
    for step, following in zip_longest(order, order[1:]):
        after: Collection[str | None] = [None] if ended else now
        if following is not None:
            after = [run.node for run in steps[following]]
            if following == order[-1] and not ended:
                after = [*after, *now]
        elif any(run.node in now for run in steps[step]) and not ended:
            # The superstep that the thread is in: some of its nodes are done, the others not yet.
            continue
        found |= {(run.node, target, run.failed) for run in steps[step] for target in after}
    return found


def _marked(edge: ChartEdge, taken: Collection[tuple[str, str | None, bool]]) -> ChartEdge:
    if (edge.source, edge.target, edge.failure) not in taken:
        return edge
    return ChartEdge(edge.source, edge.target, edge.label, edge.failure, taken=True)
