"""State as JSON text and back, canonical JSON, and digests: one codec for everything that is stored or compared."""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, datetime
from typing import Any

import pydantic_core

from hitl_tui.errors import NotSerialisable

_DATETIME = "$datetime"
_ESCAPED = "$dict"
"""Under this key stands a dict of the user's own that looks like one of ours, so that it comes back as it was."""
_OURS = frozenset({_DATETIME, _ESCAPED})
_MARK = '"$d'
"""What every JSON text contains in which one of these keys stands."""

# pydantic's codec is several times as fast as these, but refuses lone surrogates and deep nesting.
_ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False)
_CANONICAL_ENCODER = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
_DECODER = json.JSONDecoder()
_AS_THEY_ARE = frozenset({str, bool, type(None)})
DIGITS = 4300
TOO_LARGE = 10**DIGITS
"""Python reads no number of more digits out of a text: the thread that holds it could never be claimed again."""


def to_json(value: Any, where: str = "state") -> str:
    """`value` as JSON text; datetimes survive the round trip.

    Raises `NotSerialisable` naming the field, e.g. `state.database_connection` (row 165).
    """
    if value is None or (type(value) is dict and not value):
        # What most columns hold.
        return "null" if value is None else "{}"
    try:
        return own_to_json(_plain(value, where))
    except RecursionError:
        raise NotSerialisable(
            f"{where} is nested too deeply to be stored", hint="flatten it, or store it as a text", field=where
        ) from None


def own_to_json(value: Any) -> str:
    """JSON text of a value of our own making: texts, whole numbers and None, in lists and dicts. It is not checked."""
    try:
        return pydantic_core.to_json(value).decode()
    except ValueError:
        return _ENCODER.encode(value)


def from_json(text: str) -> Any:
    """The value that `to_json` or `own_to_json` wrote."""
    try:
        value = pydantic_core.from_json(text)
    except ValueError:
        value = _DECODER.decode(text)
    return _revive(value) if _MARK in text else value


def for_display(value: Any) -> Any:
    """`value` with datetimes as ISO 8601 text in UTC with `Z`, for JSON output and screens."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {key: for_display(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [for_display(item) for item in value]
    return value


def canonical(value: Any) -> str:
    """The one JSON text of `value`: sorted keys, no spaces, ASCII."""
    return _CANONICAL_ENCODER.encode(_plain(value, "value"))


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def same(one: Any, other: Any) -> bool:
    """Whether both are stored alike. For `==` also 1, 1.0 and True are, 0.0 and -0.0, a moment in two zones, and dicts
    with their keys in another order.
    """
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, (dict, list)):
        if len(one) != len(other) or (isinstance(one, dict) and list(one) != list(other)):
            return False
        # `all` would take two frames for each level, and what can be stored be nested too deeply for that.
        for place in one if isinstance(one, dict) else range(len(one)):  # noqa: SIM110
            if not same(one[place], other[place]):
                return False
        return True
    return bool(one == other) and (isinstance(one, (str, int)) or repr(one) == repr(other))


def iso(moment: datetime) -> str:
    """`moment` as ISO 8601 in UTC with microseconds and `Z`: fixed width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def from_iso(text: str) -> datetime:
    """The moment that `iso` wrote."""
    return datetime.fromisoformat(text)


def _plain(value: Any, where: str) -> Any:
    if type(value) in _AS_THEY_ARE:
        return value
    # Of all other values most are dicts.
    if isinstance(value, dict):
        plain = {
            key if type(key) is str else _key(key, where): item
            if type(item) in _AS_THEY_ARE
            else _plain(item, f"{where}.{key}")
            for key, item in value.items()
        }
        return {_ESCAPED: plain} if len(plain) == 1 and not _OURS.isdisjoint(plain) else plain
    if isinstance(value, int):
        if not -TOO_LARGE < value < TOO_LARGE:
            raise NotSerialisable(
                f"{where} is a number of more than {DIGITS} digits, which could not be read again",
                hint="store it as a text, in hexadecimal",
                field=where,
            )
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotSerialisable(
                f"{where} is {value}, which JSON has no form for",
                hint="store None or a text instead",
                field=where,
            )
        return value
    if isinstance(value, datetime):
        return {_DATETIME: value.isoformat()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    raise NotSerialisable(
        f"{where} is a {type(value).__name__}, which cannot be stored as JSON",
        hint="keep texts, numbers, booleans, lists, dicts and datetimes in the state; open connections in the node",
        field=where,
    )


def _key(key: Any, where: str) -> str:
    if isinstance(key, str):
        return key
    raise NotSerialisable(
        f"{where} has the key {key!r}, which is a {type(key).__name__}", hint="use texts as keys", field=where
    )


def _revive(value: Any) -> Any:
    """Undo `_plain`, from the outside in: what stands in an escaped dict is not looked at as ours."""
    if isinstance(value, list):
        return [_revive(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        if isinstance(value.get(_DATETIME), str):
            return datetime.fromisoformat(value[_DATETIME])
        if isinstance(value.get(_ESCAPED), dict):
            return {key: _revive(item) for key, item in value[_ESCAPED].items()}
    return {key: _revive(item) for key, item in value.items()}
