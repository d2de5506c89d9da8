"""Every way that a thread can take from its present superstep to its next pause. Pure.

Supersteps are followed with the real routing; where it depends on values that are not known yet, all ways are. What is
known when a superstep is reached a second time, in a loop or by another way, is narrowed to what is the same both
times, until nothing changes any more: so every real course is among the ways, and each loop is followed once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from hitl_tui.engine.foresight import FAILED, OK, PAUSED, Foreseen, foresee
from hitl_tui.engine.writes import merge, read_scope
from hitl_tui.errors import HitlError
from hitl_tui.graphs.leaving import entered_again, left_once
from hitl_tui.graphs.routing import Turn, turns
from hitl_tui.graphs.unknown import UNKNOWN, is_known
from hitl_tui.model.consequence import Ending, Way
from hitl_tui.model.graph import Graph, Node
from hitl_tui.model.interaction import RESPONSES
from hitl_tui.model.kinds import Outcome, StepStatus

MOST_WAYS = 40
_MOST_TURNS = 200
"""Ways on from one superstep: a wide one whose nodes may all fail has two to the power of its width."""
_MOST_MOVES = 2_000
"""In all: it takes less than half a second, and nobody reads so many."""
_OUTCOMES = {StepStatus.TIMED_OUT: Outcome.TIMED_OUT, StepStatus.REJECTED: Outcome.REJECTED}

Frontier = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known when a superstep begins; visits are the least there can have been."""

    state: dict[str, Any]
    visits: Mapping[str, int]
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """What comes of one superstep: the next one (`to`), or an ending. `when` are alternatives in words."""

    ran: Frontier
    to: Frontier = ()
    ending: Ending | None = None
    at: Frontier = ()
    outcome: str | None = None
    when: tuple[str, ...] = ()


class Exploration:
    """All moves from one beginning; `nodes` are those of the beginning with what they may come to."""

    def __init__(self, graph: Graph, reference: str | None, ran: Frontier) -> None:
        self._graph = graph
        self._reference = reference
        self._depth = 1 + max(len(node.scope) for node in graph.nodes.values())
        self._moves: dict[Frontier, tuple[Move, ...]] = {}
        self._first: tuple[Move, ...] = ()
        self._ran = ran
        self.whole = True

    def begin(self, nodes: Mapping[str, Sequence[Foreseen]], known: Known) -> None:
        """Follow all ways from a superstep whose nodes come to this."""
        found = list(self._superstep(nodes, known))
        self._first = _joined(replace(move, ran=self._ran) for move, _ in found)
        self._follow([(move.to, then) for move, then in found if move.to])

    def ways(self) -> tuple[Way, ...]:
        """The ways as lines from here to their endings, each loop once."""
        found = list(islice(self._walk(self._first, (), (), ()), MOST_WAYS + 1))
        if len(found) > MOST_WAYS:
            self.whole = False
        return tuple(dict.fromkeys(found[:MOST_WAYS]))

    def _follow(self, waiting: list[tuple[Frontier, Known]]) -> None:
        seen: dict[Frontier, Known] = {}
        count = 0
        while waiting:
            if count > _MOST_MOVES:
                self.whole = False
                return
            frontier, known = waiting.pop()
            before = seen.get(frontier)
            if before is not None:
                known = self._narrowed(before, known)
                if known == before:
                    continue
            seen[frontier] = known
            nodes = {name: foresee(self._node(name), self._seen_by(name, known), self._reference) for name in frontier}
            found = list(self._superstep(nodes, known))
            self._moves[frontier] = _joined(move for move, _ in found)
            waiting += [(move.to, then) for move, then in found if move.to]
            count += len(found)

    def _superstep(self, nodes: Mapping[str, Sequence[Foreseen]], known: Known) -> Iterator[tuple[Move, Known]]:
        count = 0
        for results in product(*nodes.values()):
            for move, then in self._results(dict(zip(nodes, results, strict=True)), known):
                count += 1
                if count > _MOST_TURNS:
                    self.whole = False
                    return
                yield move, then

    def _results(self, results: dict[str, Foreseen], known: Known) -> Iterator[tuple[Move, Known]]:
        """What follows when the nodes come to this."""
        words = [result.words for result in results.values() if result.words]
        asking = tuple(name for name, result in results.items() if result.status is PAUSED)
        ran = tuple(name for name in results if name not in asking)
        stuck = [
            name for name, result in results.items() if result.status is FAILED and not self._node(name).on_failure
        ]
        if stuck:
            yield Move(ran, ending="fails", at=(stuck[0],), when=_one(words)), known
            return
        if asking:
            yield Move(ran, ending="asks", at=asking, when=_one(words)), known
            return
        try:
            state = self._merged(known.state, results)
        except HitlError as error:
            at = (str(error.details.get("node") or ran[-1]),)
            yield Move(ran, ending="fails", at=at, when=_one([*words, error.message])), known
            return
        found = {name: self._turns(name, result, state) for name, result in results.items()}
        options = [possible for possible, _ in found.values()]
        outcome = self._outcome(known.outcome, results)
        statuses = {name: result.status for name, result in results.items()}
        for taken in product(*options):
            to = left_once(self._graph.nodes, statuses, (name for turn in taken for name in turn.to))
            when = _one([*words, *_turn_words(taken, options, list(results))])
            visits = {**known.visits, **{name: known.visits.get(name, 0) + 1 for name in to}}
            over = [name for name in to if visits[name] > self._node(name).max_visits]
            stuck = [*over, *(entered_again(self._graph.nodes, to) or ())]
            if stuck:
                yield Move(ran, ending="fails", at=(stuck[0],), when=when), known
            elif to:
                yield Move(ran, to, when=when), Known(state, visits, outcome)
            else:
                yield Move(ran, ending="end", outcome=outcome, when=when), known
        for name, (_, problem) in found.items():
            if problem is not None:
                yield Move(ran, ending="fails", at=(name,), when=_one([*words, problem.message])), known

    def _turns(self, name: str, result: Foreseen, state: dict[str, Any]) -> tuple[list[Turn], HitlError | None]:
        """The ways on from a node, up to a condition that makes no sense."""
        node = self._node(name)
        visible = read_scope(state, node.scope)
        found: list[Turn] = []
        try:
            found.extend(turns(node, failed=result.status is not OK, output=result.output, state=visible))
        except HitlError as error:
            return found, error
        return found, None

    def _outcome(self, before: str | None, results: dict[str, Foreseen]) -> str | None:
        """As `Progress`: a branch that was rejected or timed out marks the thread."""
        nowhere = {result.status for name, result in results.items() if not self._node(name).on_failure}
        found = [outcome.value for status, outcome in _OUTCOMES.items() if status in nowhere]
        return Outcome.TIMED_OUT.value if before == Outcome.TIMED_OUT else next(iter(found), before)

    def _merged(self, state: dict[str, Any], results: dict[str, Foreseen]) -> dict[str, Any]:
        """The real merge for what is known; what is not known leaves its fields unknown."""
        sure, unsure = [], []
        for name, result in results.items():
            node = self._node(name)
            level = read_scope(state, node.scope)
            certain = {}
            for key, value in result.writes.items():
                reduces = (node.scope, key) in self._graph.reducers
                if is_known(value) and not (reduces and not is_known(level.get(key))):
                    certain[key] = value
                elif isinstance(value, dict) and value and not reduces:
                    # The state of an included graph: some of it may well be known.
                    certain[key] = value
                else:
                    unsure.append((node.scope, key))
            sure.append((node.scope, name, certain))
        merged = merge(state, sure, self._graph.reducers)
        return _without(merged, unsure)

    def _narrowed(self, one: Known, other: Known) -> Known:
        visits = {name: min(one.visits.get(name, 0), other.visits.get(name, 0)) for name in one.visits}
        state = _common(one.state, other.state, self._depth)
        outcome = one.outcome if one.outcome == other.outcome else None
        return Known(state, visits, outcome)

    def _node(self, name: str) -> Node:
        return self._graph.nodes[name]

    def _seen_by(self, name: str, known: Known) -> dict[str, Any]:
        return read_scope(known.state, self._node(name).scope)

    def _walk(
        self, moves: Sequence[Move], steps: tuple[Frontier, ...], trail: tuple[Frontier, ...], when: tuple[str, ...]
    ) -> Iterator[Way]:
        for move in moves:
            now = (*steps, move.ran) if move.ran else steps
            words = (*when, " or ".join(move.when)) if move.when and len(moves) > 1 else when
            if move.ending is not None:
                yield self._way(now, move.ending, move.at, words, move.outcome)
            elif move.to in trail:
                yield self._way(now, "loop", move.to, words, None)
            elif move.to in self._moves:
                yield from self._walk(self._moves[move.to], now, (*trail, move.to), words)
            else:
                self.whole = False

    def _way(
        self, steps: tuple[Frontier, ...], ending: Ending, at: Frontier, when: tuple[str, ...], outcome: str | None
    ) -> Way:
        names = dict.fromkeys(name for step in (*steps, at if ending == "asks" else ()) for name in step)
        risks = ((name, self._node(name).context.get("risk")) for name in names)
        return Way(
            steps, ending, at, when, outcome, tuple((name, risk) for name, risk in risks if isinstance(risk, str))
        )


def answered_state(state: dict[str, Any], node: Node) -> dict[str, Any]:
    """The state with the data of a node's answer, which nobody knows yet."""
    level = read_scope(state, node.scope)
    answers = level.get(RESPONSES)
    marked = {**(answers if isinstance(answers, dict) else {}), node.name: UNKNOWN}
    return _put(state, node.scope, RESPONSES, marked)


def _joined(moves: Iterator[Move]) -> tuple[Move, ...]:
    """Moves to the same place as one, with what leads to each of them."""
    found: dict[Move, tuple[str, ...]] = {}
    for move in moves:
        plain = replace(move, when=())
        before = found.get(plain)
        both = move.when if before is None else (*before, *move.when) if before and move.when else ()
        found[plain] = tuple(dict.fromkeys(both))
    return tuple(replace(move, when=when) for move, when in found.items())


def _turn_words(taken: Sequence[Turn], options: Sequence[Sequence[Turn]], names: Sequence[str]) -> list[str]:
    words = []
    for turn, possible, name in zip(taken, options, names, strict=True):
        if len(possible) == 1:
            continue
        if turn.route is None:
            words.append("otherwise" if len(names) == 1 else f"{name}: otherwise")
        elif turn.route.when is not None:
            words.append(" ".join(turn.route.when.split()))
        else:
            words.append(f"{name} = {turn.route.value}")
    return words


def _one(words: Sequence[str]) -> tuple[str, ...]:
    return (", ".join(words),) if words else ()


def _without(state: dict[str, Any], fields: Sequence[tuple[tuple[str, ...], str]]) -> dict[str, Any]:
    for scope, key in fields:
        state = _put(state, scope, key, UNKNOWN)
    return state


def _put(state: dict[str, Any], scope: Sequence[str], key: str, value: Any) -> dict[str, Any]:
    """A copy of the state with one field set."""
    if not scope:
        return {**state, key: value}
    inner = state.get(scope[0])
    return {**state, scope[0]: _put(inner if isinstance(inner, dict) else {}, scope[1:], key, value)}


def _common(one: Any, other: Any, depth: int) -> Any:
    """What both are; unknown where they differ. Only so deep as included graphs keep their state."""
    if one is other or (is_known(one) and is_known(other) and one == other):
        return one
    if depth and isinstance(one, dict) and isinstance(other, dict):
        keys = dict.fromkeys([*one, *other])
        # A field that only one of them has may or may not be there.
        return {key: _common(one.get(key, UNKNOWN), other.get(key, UNKNOWN), depth - 1) for key in keys}
    return UNKNOWN
