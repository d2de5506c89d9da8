"""What node runs add to the state, and how the writes of one superstep merge. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hitl_tui.errors import HitlError
from hitl_tui.model.graph import Node

RESPONSES = "responses"


class WriteConflict(HitlError):
    """Two nodes of one superstep wrote different values to the same key."""

    code = "write_conflict"


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


def merge(state: dict[str, Any], writes: Iterable[tuple[Sequence[str], str, dict[str, Any]]]) -> dict[str, Any]:
    """A new state with the `(scope, node, writes)` of one superstep; raises `WriteConflict` naming key and nodes."""
    merged = dict(state)
    writers: dict[tuple[Sequence[str], str], str] = {}
    for scope, node, values in writes:
        level = _own_level(merged, scope)
        for key, value in values.items():
            if key == RESPONSES:
                earlier_answers = level.get(key)
                level[key] = {**(earlier_answers if isinstance(earlier_answers, dict) else {}), **value}
                continue
            earlier = writers.setdefault((tuple(scope), key), node)
            if earlier != node and level[key] != value:
                raise WriteConflict(
                    f"nodes '{earlier}' and '{node}' ran in parallel and both set '{key}'",
                    hint="give them different output fields",
                    field=key,
                )
            level[key] = value
    return merged


def _own_level(merged: dict[str, Any], scope: Sequence[str]) -> dict[str, Any]:
    """The dict of `scope` inside `merged`, copied on the way, so that the old state stays as it was."""
    level = merged
    for name in scope:
        inner = level.get(name)
        level[name] = dict(inner) if isinstance(inner, dict) else {}
        level = level[name]
    return level
