"""Branches of different length that come together: the node where they do runs once for each of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from heapq import heappop, heappush
from itertools import combinations

from hitl_tui.graphs.names import GRAPH_AGENT
from hitl_tui.model.graph import Node

_STEPS_OF_A_GRAPH = 3
"""It is entered, something runs in it, and it is left."""
_MOST_NODES = 50
"""A branch is followed no further, so that large graphs are checked as fast as small ones."""


def uneven(nodes: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """The nodes to which parallel branches lead that are not equally long, each once, and what is to be said of them.

    Only plain edges count: where a route is taken or not, nobody can tell.
    """
    told: set[str] = set()
    steps_from = cache(partial(_steps_from, nodes=nodes))
    for node in nodes.values():
        lengths = {name: steps_from(name) for name in node.on_success if not node.routes and name in nodes}
        for one, other in combinations(lengths, 2):
            # The nearest first: what comes after an uneven join is uneven only because of it.
            for name, steps in lengths[one].items():
                if lengths[other].get(name, steps) == steps or name in told:
                    continue
                told |= steps_from(name).keys()
                yield name, _words(name, one, other)


def _steps_from(start: str, nodes: Mapping[str, Node]) -> dict[str, int]:
    """How many steps after `start` each node begins to run that plain edges lead to, at the earliest."""
    found: dict[str, int] = {}
    waiting = [(0, start)]
    while waiting and len(found) < _MOST_NODES:
        steps, name = heappop(waiting)
        if name in found or name not in nodes:
            continue
        found[name] = steps
        node = nodes[name]
        after = steps + (_STEPS_OF_A_GRAPH if node.agent == GRAPH_AGENT else 1)
        for target in node.on_success if not node.routes else ():
            heappush(waiting, (after, target))
    return found


def _words(name: str, one: str, other: str) -> str:
    return (
        f"the parallel branches from '{one}' and from '{other}' come here after different numbers of steps, so "
        f"'{name}' runs once for each; to have it wait for both, put them into a graph of their own"
    )
