"""Parallel branches that come together: where they do may run once for each, or though one was refused. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import combinations

from hitl_tui.graphs.names import GRAPH_AGENT, GRAPH_EXIT_AGENT
from hitl_tui.graphs.routing import END
from hitl_tui.model.graph import Node
from hitl_tui.model.kinds import InteractionType

_MOST_PAIRS = 200_000
"""The places of two branches that are looked at in one graph, so that large ones are checked as fast as small ones."""
_MOST_BRANCHES = 20
"""Of those that begin at one node."""
_ENDED = ""
_APPROVAL = f"{InteractionType.APPROVAL}_interaction"


def uneven(nodes: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """The nodes to which one of two parallel branches may come before the other or without it, and what is to be said.

    Each once. `nodes` are those of a graph with its included graphs in place. What joins within an included graph is
    not told of: that is told of where it stands by itself.
    """
    look = _Look(nodes)
    told: set[str] = set()
    for fork in nodes.values():
        for branches in _side_by_side(fork) if not fork.scope else ():
            for one, other in combinations(branches[:_MOST_BRANCHES], 2):
                for name, words in look.at(fork.name, one, other):
                    if name not in told and not nodes[name].scope and nodes[name].agent != GRAPH_EXIT_AGENT:
                        told.add(name)
                        yield name, words


def _side_by_side(node: Node) -> Iterator[tuple[str, ...]]:
    """The ways on from a node that lead to several nodes at once."""
    for targets in (node.on_success, node.on_failure, *(route.to for route in node.routes)):
        if len(targets) > 1:
            yield targets


class _Look:
    """Follows two branches of a graph side by side."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes
        self._left = _MOST_PAIRS
        self._known: dict[str, frozenset[str]] = {}

    def at(self, fork: str, one: str, other: str) -> Iterator[tuple[str, str]]:
        """The nearest nodes where these branches of a fork do not come together once, with the words for each."""
        if self._left <= 0:
            return
        joins = self._reached(one, fork) & self._reached(other, fork)
        agreed = self._reached(one, fork, agreed=True) & self._reached(other, fork, agreed=True)
        found: dict[str, str] = {}
        seen = {(one, other, False)}
        waiting = deque(seen if joins else ())
        while waiting and self._left > 0:
            first, second, refused = waiting.popleft()
            self._left -= 1
            for here, there in ((first, second), (second, first)):
                if here in joins and here in self._beyond(there):
                    found[here] = _later(self._nodes[here], one, other)
                elif refused and here in agreed:
                    found.setdefault(here, _refused(here, one, other))
            for pair in self._next(first, second, refused=refused):
                if pair not in seen:
                    seen.add(pair)
                    waiting.append(pair)
        # What comes after such a node comes twice only because of it.
        nearest = self._reached(one, fork, *found) | self._reached(other, fork, *found)
        yield from ((name, words) for name, words in found.items() if name in nearest)

    def _next(self, first: str, second: str, *, refused: bool) -> Iterator[tuple[str, str, bool]]:
        for here, no in self._ways(first):
            for there, no_too in self._ways(second):
                # Where they come together they go on as one.
                if here != there:
                    yield here, there, refused or no or no_too

    def _ways(self, name: str) -> list[tuple[str, bool]]:
        """Where a branch may be a step later, and whether a person said no."""
        if name == _ENDED:
            return [(_ENDED, False)]
        node = self._nodes[name]
        asks = node.agent == _APPROVAL
        fine = [target for targets in (node.on_success, *(route.to for route in node.routes)) for target in targets]
        ways = [(target, False) for target in fine or [_ENDED]]
        ways += [(target if target != END else _ENDED, asks) for target in node.on_failure]
        return ways if node.on_failure or not asks else [*ways, (_ENDED, True)]

    def _beyond(self, name: str) -> frozenset[str]:
        """The nodes to which edges lead from this one, be it over others."""
        if name not in self._known:
            ways = [target for target, _ in self._ways(name)]
            self._known[name] = frozenset[str]().union(*(self._reached(target) for target in ways))
        return self._known[name]

    def _reached(self, start: str, *ends: str, agreed: bool = False) -> set[str]:
        """This node and those to which edges lead from it, but not beyond `ends`; with `agreed`, if nobody says no."""
        found, waiting = {start}, [start]
        while waiting:
            name = waiting.pop()
            for target, no in self._ways(name) if name not in ends else ():
                if target not in found and not (no and agreed):
                    found.add(target)
                    waiting.append(target)
        self._left -= len(found)
        return found - {_ENDED, ends[0] if ends else _ENDED}


def _later(node: Node, one: str, other: str) -> str:
    runs = f"'{node.name}' then runs once for each"
    if node.agent == GRAPH_AGENT:
        runs += ", and the thread fails if the second comes while the included graph still runs"
    return (
        f"the parallel branches from '{one}' and from '{other}' may come here after different numbers of steps; {runs}"
        "; to have it wait for both, put them into a graph of their own"
    )


def _refused(name: str, one: str, other: str) -> str:
    return (
        f"'{name}' runs also where only one of the parallel branches from '{one}' and from '{other}' is approved and "
        "the other is refused; to have it run only if both are, put them into a graph of their own"
    )
