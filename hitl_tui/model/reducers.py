"""Reducers: how a write joins what its state field holds already. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from hitl_tui.model.jsontext import DIGITS, TOO_LARGE


class Reducer(StrEnum):
    """What happens to a write of a field that declares it."""

    LAST = "last"
    """It replaces the value; of parallel ones the last counts, in the order in which the nodes are listed."""
    APPEND = "append"
    """It is added at the end of a list; a list item by item."""
    ADD = "add"
    """It is added to a number."""
    MERGE = "merge"
    """Its keys are set in a mapping."""


class Mismatch(ValueError):
    """The write does not fit the reducer, or what the field holds."""


_MISSING: Final = object()
_NAMES: Final = {
    dict: "a mapping",
    list: "a list",
    str: "a text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
}


def reduced(reducer: Reducer, field: dict[str, Any], key: str, write: Any) -> Any:
    """The new value of `field[key]`, which may not be set yet; neither it nor `write` is changed.

    Raises `Mismatch` saying what the reducer needs and what it got.
    """
    held = field.get(key, _MISSING)
    return _REDUCE[reducer](held, write)


def _last(held: Any, write: Any) -> Any:
    return write


def _append(held: Any, write: Any) -> list[Any]:
    more = write if isinstance(write, list) else [write]
    return [*_held(Reducer.APPEND, held, list, [], write), *more]


def _add(held: Any, write: Any) -> Any:
    if not _is_number(write) or not (held is _MISSING or _is_number(held)):
        raise _mismatch(Reducer.ADD, "numbers", held, write)
    total = write if held is _MISSING else held + write
    if isinstance(total, float) and not math.isfinite(total):
        raise Mismatch("the sum is too large for a number")
    if isinstance(total, int) and not -TOO_LARGE < total < TOO_LARGE:
        raise Mismatch(f"the sum has more than {DIGITS} digits")
    return total


def _merge(held: Any, write: Any) -> dict[str, Any]:
    if not isinstance(write, dict):
        raise _mismatch(Reducer.MERGE, "mappings", held, write)
    return {**_held(Reducer.MERGE, held, dict, {}, write), **write}


_REDUCE: Final[dict[Reducer, Callable[[Any, Any], Any]]] = {
    Reducer.LAST: _last,
    Reducer.APPEND: _append,
    Reducer.ADD: _add,
    Reducer.MERGE: _merge,
}


def _held(reducer: Reducer, held: Any, kind: type, empty: Any, write: Any) -> Any:
    if held is _MISSING:
        return empty
    if not isinstance(held, kind):
        raise _mismatch(reducer, _NAMES[kind].removeprefix("a ") + "s", held, write)
    return held


def _mismatch(reducer: Reducer, needs: str, held: Any, write: Any) -> Mismatch:
    now = "is not set" if held is _MISSING else f"holds {kind_of(held)}"
    return Mismatch(f"'{reducer}' is for {needs}, but the field {now} and the node returned {kind_of(write)}")


def kind_of(value: Any) -> str:
    """The kind of a state value, in words."""
    return "nothing (null)" if value is None else _NAMES.get(type(value), f"a {type(value).__name__}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
