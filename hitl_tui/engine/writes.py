"""What node runs add to the state, and how the writes of one superstep merge. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hitl_tui.errors import HitlError
from hitl_tui.model.graph import Node
from hitl_tui.model.interaction import RESPONSES
from hitl_tui.model.reducers import Mismatch, Reducer, reduced

Scope = tuple[str, ...]


class WriteConflict(HitlError):
    """Two nodes of one superstep wrote different values to the same key."""

    code = "write_conflict"


class ReducerMismatch(HitlError):
    """A node wrote what the reducer of the field cannot take."""

    code = "reducer_mismatch"


def writes_of(node: Node, output: Any, *, whole: bool) -> dict[str, Any]:
    """The state keys that an output sets: the output field, or one per field from a dict.

    Raises `ValueError` naming the field that the dict lacks, unless the run failed (`whole` is False).
    """
    if not node.outputs or (output is None and not whole):
        return {}
    if len(node.outputs) == 1:
        return {node.outputs[0]: output}
    given = output if isinstance(output, dict) else {}
    missing = [name for name in node.outputs if name not in given]
    if missing and whole:
        raise ValueError(f"node '{node.name}' must return a dict with the key '{missing[0]}'")
    return {name: given[name] for name in node.outputs if name in given}


def read_scope(state: dict[str, Any], scope: Sequence[str]) -> dict[str, Any]:
    """The part of the state that nodes inside these `graph` nodes see."""
    for name in scope:
        inner = state.get(name)
        state = inner if isinstance(inner, dict) else {}
    return state


def merge(
    state: dict[str, Any],
    writes: Iterable[tuple[Scope, str, dict[str, Any]]],
    reducers: Mapping[tuple[Scope, str], Reducer] = MappingProxyType({}),
) -> dict[str, Any]:
    """A new state with the `(scope, node, writes)` of one superstep, in the order of its frontier.

    `reducers` are those of the graph, by scope and field. Raises `WriteConflict` naming field, nodes and remedy, and
    `ReducerMismatch` naming field, node and both types.
    """
    merging = _Merging(dict(state), reducers)
    for scope, node, values in writes:
        merging.add(scope, node, values)
    return merging.state


class _Merging:
    """A state that takes in the writes of one superstep."""

    def __init__(self, state: dict[str, Any], reducers: Mapping[tuple[Scope, str], Reducer]) -> None:
        self.state = state
        self._reducers = reducers
        self._writers: dict[tuple[Scope, str, str | None], str] = {}

    def add(self, scope: Scope, node: str, values: dict[str, Any]) -> None:
        level = _own_level(self.state, scope)
        for key, value in values.items():
            if key == RESPONSES:
                earlier_answers = level.get(key)
                level[key] = {**(earlier_answers if isinstance(earlier_answers, dict) else {}), **value}
                continue
            reducer = self._reducers.get((scope, key))
            if reducer is not None:
                value = self._reduced(reducer, level, (scope, key), node, value)
            else:
                self._check((scope, key, None), node, level.get(key), value)
            level[key] = value

    def _reduced(self, reducer: Reducer, level: dict[str, Any], field: tuple[Scope, str], node: str, value: Any) -> Any:
        key = field[1]
        try:
            total = reduced(reducer, level, key, value)
        except Mismatch as error:
            message = f"field '{key}' cannot take what node '{node}' wrote: {error}"
            raise ReducerMismatch(message, field=key, node=node) from None
        if reducer is Reducer.MERGE:
            for inner, one in value.items():
                self._check((*field, inner), node, level.get(key, {}).get(inner), one)
        return total

    def _check(self, place: tuple[Scope, str, str | None], node: str, held: Any, value: Any) -> None:
        """Raise `WriteConflict` when another node wrote something else there in this superstep."""
        earlier = self._writers.setdefault(place, node)
        if earlier == node or (held == value and isinstance(held, bool) == isinstance(value, bool)):
            return
        scope, key, inner = place
        what, remedy = f"'{key}'", "in the graph, give them different output fields, or the field a reducer"
        if inner is not None:
            what, remedy = f"'{inner}' in '{key}'", "in the graph, let them use different keys"
        field, *inside = (*scope, key) if inner is None else (*scope, key, inner)
        given = f":=JSON`, the whole of it with '{'.'.join(inside)}'" if inside else "=VALUE`"
        on = f"to go on with this thread, `hitl state THREAD --set {field}{given}, then `hitl retry THREAD`"
        words = f"nodes '{earlier}' and '{node}' ran in parallel and both set {what}; {on}; {remedy}"
        raise WriteConflict(words, field=key, node=node)


def _own_level(merged: dict[str, Any], scope: Sequence[str]) -> dict[str, Any]:
    """The dict of `scope` inside `merged`, copied on the way, so that the old state stays as it was."""
    level = merged
    for name in scope:
        inner = level.get(name)
        level[name] = dict(inner) if isinstance(inner, dict) else {}
        level = level[name]
    return level
