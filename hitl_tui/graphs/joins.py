"""Parallel branches that may come together at different times: the node where they do runs once for each. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import combinations

from hitl_tui.graphs.names import GRAPH_AGENT, GRAPH_EXIT_AGENT
from hitl_tui.graphs.routing import END
from hitl_tui.model.graph import Node

_MOST_NODES = 100
"""A branch is followed no further, so that large graphs are checked as fast as small ones."""
_MOST_BRANCHES = 5
"""Of those that begin at one node."""


def uneven(nodes: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """The nodes to which parallel branches lead that may not be equally long, each once, and what is to be said of it.

    `nodes` are those of a graph with its included graphs in place. What joins within an included graph is not told
    of: that is told of where it stands by itself.
    """
    told: set[str] = set()
    for fork in nodes.values():
        if fork.scope:
            continue
        for branches in _side_by_side(fork):
            times = {name: _times(name, fork, nodes) for name in branches[:_MOST_BRANCHES]}
            for one, other in combinations(times, 2):
                # The nearest first: what comes after an uneven join is uneven only because of it.
                for name in times[one]:
                    if _are_even(times[one][name], times[other].get(name)) or name in told:
                        continue
                    told |= _times(name, fork, nodes).keys()
                    if _is_of_author(nodes[name]):
                        yield name, _words(nodes[name], one, other)


def _side_by_side(node: Node) -> Iterator[tuple[str, ...]]:
    """The ways on from a node that lead to several nodes at once."""
    for targets in (node.on_success, node.on_failure, *(route.to for route in node.routes)):
        if len(targets) > 1:
            yield targets


def _times(start: str, fork: Node, nodes: Mapping[str, Node]) -> dict[str, set[int]]:
    """After how many steps from `start` each node may begin to run: the two soonest, which tell whether it varies.

    Any edge may be taken. Where a branch comes back to the fork it begins anew.
    """
    found = {start: {0}}
    waiting = deque([(start, 0)])
    while waiting and len(found) < _MOST_NODES:
        name, time = waiting.popleft()
        for target in _targets(nodes[name]):
            times = found.setdefault(target, set())
            if len(times) < 2 and time + 1 not in times and target != fork.name:
                times.add(time + 1)
                waiting.append((target, time + 1))
    return found


def _targets(node: Node) -> Iterator[str]:
    for targets in (node.on_success, node.on_failure, *(route.to for route in node.routes)):
        yield from (name for name in targets if name != END)


def _are_even(one: set[int], other: set[int] | None) -> bool:
    return not one or not other or (len(one) == 1 and one == other)


def _is_of_author(node: Node) -> bool:
    return not node.scope and node.agent != GRAPH_EXIT_AGENT


def _words(node: Node, one: str, other: str) -> str:
    runs = f"'{node.name}' then runs once for each"
    if node.agent == GRAPH_AGENT:
        runs += ", and the thread fails if the second comes while the included graph still runs"
    return (
        f"the parallel branches from '{one}' and from '{other}' may come here after different numbers of steps; {runs}"
        "; to have it wait for both, put them into a graph of their own"
    )
