"""Branches of different length that come together: the node where they do runs once for each of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from hitl_tui.graphs.names import GRAPH_AGENT
from hitl_tui.graphs.routing import END
from hitl_tui.model.graph import Node

_STEPS_OF_A_GRAPH = 3
"""It is entered, something runs in it, and it is left."""


def uneven(nodes: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """The nodes to which parallel branches lead that are not equally long, each once, and what is to be said of them.

    Only plain edges count: where a route is taken or not, nobody can tell.
    """
    told: set[str] = set()
    for node in nodes.values():
        lengths = {name: _steps_from(name, nodes) for name in node.on_success if not node.routes and name in nodes}
        for one, other in combinations(lengths, 2):
            # The nearest first: what comes after an uneven join is uneven only because of it.
            for name, steps in lengths[one].items():
                if lengths[other].get(name, steps) == steps or name in told:
                    continue
                told |= _steps_from(name, nodes).keys()
                yield name, _words(name, one, other)


def _steps_from(start: str, nodes: Mapping[str, Node]) -> dict[str, int]:
    """How many steps after `start` each node begins to run that plain edges lead to, at the earliest."""
    found: dict[str, int] = {}
    waiting = [(0, start)]
    while waiting:
        waiting.sort()
        steps, name = waiting.pop(0)
        if name in found or name not in nodes:
            continue
        found[name] = steps
        node = nodes[name]
        after = steps + (_STEPS_OF_A_GRAPH if node.agent == GRAPH_AGENT else 1)
        if not node.routes:
            waiting += [(after, target) for target in node.on_success if target != END]
    return found


def _words(name: str, one: str, other: str) -> str:
    return (
        f"the parallel branches from '{one}' and from '{other}' come here after different numbers of steps, so "
        f"'{name}' runs once for each; to have it wait for both, put them into a graph of their own"
    )
