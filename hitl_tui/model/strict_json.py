"""JSON that a person wrote, read more strictly than Python does: what is stored is what was written. Pure."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

_LONGEST_QUOTE = 60


class RepeatedKey(ValueError):
    """A key that is given twice: which of the values is meant nobody can say."""

    def __init__(self, key: Any) -> None:
        super().__init__(f"the key {key!r} is given twice")


def read(text: str) -> Any:
    """The value of `text`.

    Raises `ValueError` in words, `json.JSONDecodeError` with the place where it is one: also for NaN, Infinity, and a
    number beyond what can be read again, and `RepeatedKey`.
    """
    try:
        return json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise RepeatedKey(key)
        found[key] = value
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON value")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{_cut(text)} is beyond the range of a number")
    return value


def _whole(text: str) -> int:
    if len(text) > sys.get_int_max_str_digits() > 0:
        raise ValueError(f"{_cut(text)} has too many digits")
    return int(text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
