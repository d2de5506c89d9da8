"""Branches of different length that come together: the node where they do runs once for each of them. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import combinations

from hitl_tui.graphs.names import GRAPH_AGENT
from hitl_tui.model.graph import Node

_MOST_NODES = 50
"""A branch is followed no further, so that large graphs are checked as fast as small ones."""
_MOST_BRANCHES = 5
"""Of those that begin at one node."""


def uneven(nodes: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """The nodes to which parallel branches lead that are not equally long, each once, and what is to be said of them.

    Only plain edges count: which route is taken, and how long an included graph runs, nobody can tell.
    """
    told: set[str] = set()
    for node in nodes.values():
        branches = [name for name in node.on_success if name in nodes] if not node.routes else []
        lengths = {name: _steps_from(name, node, nodes) for name in branches[:_MOST_BRANCHES] if len(branches) > 1}
        for one, other in combinations(lengths, 2):
            # The nearest first: what comes after an uneven join is uneven only because of it.
            for name, steps in lengths[one].items():
                if lengths[other].get(name, steps) == steps or name in told:
                    continue
                told |= _steps_from(name, node, nodes).keys()
                yield name, _words(nodes[name], one, other)


def _steps_from(start: str, fork: Node, nodes: Mapping[str, Node]) -> dict[str, int]:
    """How many steps after `start` each node begins to run that plain edges lead to, at the earliest.

    Where a branch comes back to the fork it begins anew.
    """
    found = {start: 0}
    waiting = deque([start])
    while waiting and len(found) < _MOST_NODES:
        name = waiting.popleft()
        for target in nodes[name].on_success if _goes_on(nodes[name]) else ():
            if target in nodes and target not in found and target != fork.name:
                found[target] = found[name] + 1
                waiting.append(target)
    return found


def _goes_on(node: Node) -> bool:
    return not node.routes and node.agent != GRAPH_AGENT


def _words(node: Node, one: str, other: str) -> str:
    runs = f"'{node.name}' runs once for each"
    if node.agent == GRAPH_AGENT:
        runs += ", and the thread fails if the second comes while the included graph still runs"
    return (
        f"the parallel branches from '{one}' and from '{other}' come here after different numbers of steps, so "
        f"{runs}; to have it wait for both, put them into a graph of their own"
    )
