"""What stands in the fields of a form, as data for the node and back; and what is wrong, by field. Pure.

An entry is what a field holds: a text; of PICK the position of the choice or None; of PICKS the positions. Entries are
JSON, so that they can be kept as a draft.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hitl_tui.errors import InvalidData
from hitl_tui.model import data_schema, strict_json
from hitl_tui.tui.forms.model import MISSING, Field, Form, Kind, Path, position, shown

Entry = str | int | list[int] | None
_WHOLE = re.compile(r"[+-]?\d{1,400}")
_NUMBER = re.compile(r"[+-]?(\d{1,400}\.?\d{0,400}|\.\d{1,400})([eE][+-]?\d{1,4})?")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Filled:
    """The data of a form, and what is wrong by the path of the field; under the empty path what has no field."""

    data: dict[str, Any]
    errors: dict[Path, str]


def first_entry(field: Field) -> Entry:
    """What stands in a field before anybody wrote."""
    value = field.initial
    if field.kind is Kind.PICK:
        return None if value is MISSING else position(field.choices, value)
    if field.kind is Kind.PICKS:
        given = tuple(value) if isinstance(value, list) else ()
        return [n for n, each in enumerate(field.choices) if position(given, each) is not None]
    if value is MISSING or (value is None and field.nullable):
        return ""
    if field.kind is Kind.LIST:
        return "\n".join(shown(each) for each in value)
    if field.kind is Kind.JSON:
        return json.dumps(value, ensure_ascii=False, indent=2)
    return shown(value)


def fill(form: Form, entries: Mapping[Path, Entry]) -> Filled:
    """The data that the entries make, checked by the form's schema; what was left as it came stays exactly that."""
    data: Any = {}
    errors: dict[Path, str] = {}
    for field in form.fields:
        try:
            value = value_of(field, entries.get(field.path))
        except ValueError as error:
            errors[field.path] = str(error)
            continue
        if value is MISSING:
            continue
        if not field.path:
            data = value
            continue
        _put(data, field.path, value)
    for heading in form.headings:
        if heading.required:
            _make(data, heading.path)
    if not isinstance(data, dict):
        return Filled({}, {(): "the answer must be a JSON object"})
    try:
        found = data_schema.misfits(form.schema, data)
    except InvalidData as error:
        found = []
        errors.setdefault((), error.message)
    for misfit in found:
        path, inside = _place(form, misfit.path)
        message = f"{inside}: {misfit.message}" if inside else misfit.message
        errors.setdefault(path, message)
    return Filled(data, errors)


def value_of(field: Field, entry: Entry) -> Any:
    """The value that an entry means, `MISSING` for none; raises `ValueError` in words."""
    if entry == first_entry(field) and field.initial is not MISSING and not _is_number_as_text(field):
        return field.initial
    if field.kind is Kind.PICK:
        if not isinstance(entry, int):
            return _nothing(field)
        return field.choices[entry]
    if field.kind is Kind.PICKS:
        picked = entry if isinstance(entry, list) else []
        return [field.choices[n] for n in sorted(picked)] if picked or field.required else MISSING
    text = entry if isinstance(entry, str) else ""
    if not text.strip():
        return [] if field.kind is Kind.LIST and field.required else _nothing(field)
    if field.kind is Kind.LIST:
        return [_scalar(field.item, line.strip(), number) for number, line in _lines(text)]
    return _scalar(field.kind, text, 0)


def _is_number_as_text(field: Field) -> bool:
    return field.kind in (Kind.INTEGER, Kind.NUMBER) and isinstance(field.initial, str)


def _nothing(field: Field) -> Any:
    return None if field.required and field.nullable else MISSING


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _scalar(kind: Kind, text: str, line: int) -> Any:
    """The value of a text; `line` (from 1) says where in a list."""
    where = f"line {line}: " if line else ""
    quoted = text.strip() if len(text) <= 40 else text.strip()[:40] + "…"
    match kind:
        case Kind.TEXT:
            return text
        case Kind.INTEGER:
            if _WHOLE.fullmatch(text.strip()):
                return int(text)
            raise ValueError(f"{where}'{quoted}' is no whole number")
        case Kind.NUMBER:
            return _number(text.strip(), f"{where}'{quoted}' is no number")
        case Kind.DATE:
            if data_schema.is_day(text.strip()):
                return text.strip()
            raise ValueError(f"{where}'{quoted}' is no date: write it like 2026-03-15")
        case Kind.MOMENT:
            if data_schema.is_moment(text.strip()):
                return text.strip()
            raise ValueError(f"{where}'{quoted}' is no time with its zone: write it like 2026-03-15T14:00:00Z")
    return _json(text)


def _number(text: str, refusal: str) -> int | float:
    if _WHOLE.fullmatch(text):
        return int(text)
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    if not math.isfinite(value):
        raise ValueError(refusal)
    return value


def _json(text: str) -> Any:
    try:
        return strict_json.read(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except ValueError as error:
        raise ValueError(f"no JSON that can be stored: {error}") from None


def _put(data: dict[str, Any], path: Path, value: Any) -> None:
    for name in path[:-1]:
        data = data.setdefault(name, {})
    data[path[-1]] = value


def _make(data: Any, path: Path) -> None:
    """An object that is required where the one around it is there, empty if nothing was given in it."""
    for name in path[:-1]:
        if name not in data:
            return
        data = data[name]
    data.setdefault(path[-1], {})


def _place(form: Form, path: tuple[str | int, ...]) -> tuple[Path, str]:
    """The field that a misfit belongs to, and where inside of its value."""
    inside = [field.path for field in form.fields if path[: len(field.path)] == field.path]
    if inside:
        best = max(inside, key=len)
        return best, ".".join(map(str, path[len(best) :]))
    within = [field.path for field in form.fields if field.path[: len(path)] == path]
    if within and path:
        return within[0], ".".join(map(str, path))
    return (), ".".join(map(str, path))
