"""What a JSON Schema asks for, as a form: fields in their order, each with its kind, limits and first value. Pure.

What no field can show (alternatives, lists of objects, free keys) becomes a field of JSON text; where that is the
whole schema, the form is one such field with an empty path. The check at the end is always that of the schema itself.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from hitl_tui.tui.forms.resolving import LABELS, NotPlain, Plain, plain

Path = tuple[str, ...]
MOST_FIELDS = 150
_DEEPEST = 4
_LONG_TEXT = 120
"""Characters from which on a text gets several lines."""


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""Nothing was given; not even null."""


class Kind(Enum):
    """How a field is filled in."""

    TEXT = "text"
    INTEGER = "whole number"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "time"
    PICK = "one of"
    PICKS = "any of"
    LIST = "list"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. `choices` are the values of PICK and PICKS, `labels` what is shown for each."""

    path: Path
    kind: Kind
    label: str
    required: bool = False
    nullable: bool = False
    help: str = ""
    choices: tuple[Any, ...] = ()
    labels: tuple[str, ...] = ()
    item: Kind = Kind.TEXT
    many_lines: bool = False
    initial: Any = MISSING
    """The first value, as it came: from the proposal, else the schema's default."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Above the fields of a nested object."""

    path: Path
    label: str
    required: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A schema's fields and headings in their order."""

    schema: dict[str, Any]
    parts: tuple[Field | Heading, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """What is to be filled in."""
        return tuple(part for part in self.parts if isinstance(part, Field))

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The nested objects, the outer ones first."""
        return tuple(part for part in self.parts if isinstance(part, Heading))


def form_of(schema: dict[str, Any], proposed: Mapping[str, Any] | None = None) -> Form:
    """The form of a schema, filled in with what is `proposed`, else with the schema's defaults."""
    given: Any = MISSING if proposed is None else dict(proposed)
    whole = Form(schema, (Field((), Kind.JSON, "Answer", True, help="JSON", many_lines=True, initial=given),))
    try:
        root = plain(schema, schema)
        if not _is_object(root.schema):
            return whole
        parts = tuple(_parts(schema, root.schema, (), given))
    except (NotPlain, RecursionError, TypeError, AttributeError, ValueError):
        return whole
    many = sum(isinstance(part, Field) for part in parts) > MOST_FIELDS
    return whole if many or not parts else Form(schema, parts)


def _parts(root: dict[str, Any], schema: dict[str, Any], path: Path, given: Any) -> Iterator[Field | Heading]:
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    for name, raw in properties.items():
        initial = given.get(name, MISSING) if isinstance(given, dict) else MISSING
        yield from _part(root, raw, (*path, name), name in required, initial, proposal=given is not MISSING)
    # What is proposed beyond the schema is shown as well: nothing goes unseen.
    if isinstance(given, dict):
        for name, value in given.items():
            if name not in properties:
                yield Field((*path, name), Kind.JSON, name, help="JSON, not in the schema", initial=value)


def _part(
    root: dict[str, Any], raw: Any, path: Path, required: bool, initial: Any, *, proposal: bool
) -> Iterator[Field | Heading]:
    try:
        found = plain(root, raw)
    except NotPlain:
        yield _json(raw if isinstance(raw, dict) else {}, path, required, initial)
        return
    schema = found.schema
    if initial is MISSING and not proposal:
        initial = schema.get("default", MISSING)
    if (
        _is_object(schema)
        and not found.nullable
        and len(path) < _DEEPEST
        and isinstance(initial, (dict, type(MISSING)))
    ):
        yield Heading(path, _label(schema, path), required, _one_line(schema.get("description", "")))
        if initial is MISSING and proposal:
            initial = {}
        yield from _parts(root, schema, path, initial)
        return
    yield _field(found, path, required, initial)


def _field(found: Plain, path: Path, required: bool, initial: Any) -> Field:
    schema = found.schema
    kind, choices, labels, item = _kind(schema)
    if initial is not MISSING and not (initial is None and found.nullable) and not _fits(kind, item, choices, initial):
        return _json(schema, path, required, initial)
    text = initial if isinstance(initial, str) else ""
    long = kind is Kind.TEXT and (
        "\n" in text
        or len(text) > _LONG_TEXT
        or schema.get("maxLength", 0) > _LONG_TEXT
        or schema.get("format") in ("multiline", "textarea")
    )
    return Field(
        path=path,
        kind=kind,
        label=_label(schema, path),
        required=required,
        nullable=found.nullable,
        help=_help(schema, kind, item),
        choices=choices,
        labels=labels,
        item=item,
        many_lines=long or kind in (Kind.LIST, Kind.JSON),
        initial=initial,
    )


def _json(schema: dict[str, Any], path: Path, required: bool, initial: Any) -> Field:
    words = " · ".join(part for part in ("JSON", _one_line(schema.get("description", ""))) if part)
    return Field(path, Kind.JSON, _label(schema, path), required, help=words, many_lines=True, initial=initial)


def _kind(schema: dict[str, Any]) -> tuple[Kind, tuple[Any, ...], tuple[str, ...], Kind]:
    if "const" in schema:
        return Kind.PICK, (schema["const"],), (shown(schema["const"]),), Kind.TEXT
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        values = tuple(schema["enum"])
        return Kind.PICK, values, tuple(schema.get(LABELS) or _labels(values)), Kind.TEXT
    kind = schema.get("type")
    if kind == "boolean":
        return Kind.PICK, (True, False), ("yes", "no"), Kind.TEXT
    if kind == "array":
        return _list_kind(schema)
    return _simple(schema), (), (), Kind.TEXT


def _labels(values: Iterable[Any]) -> tuple[str, ...]:
    """What is shown for each; as JSON, which tells them apart, where a text is that of another value: "1" and 1."""
    labels = [(shown(value), json.dumps(value, ensure_ascii=False)) for value in values]
    alike = Counter(words for words, _ in labels)
    return tuple(text if alike[words] > 1 else words for words, text in labels)


def _list_kind(schema: dict[str, Any]) -> tuple[Kind, tuple[Any, ...], tuple[str, ...], Kind]:
    items = schema.get("items")
    if isinstance(items, dict) and "prefixItems" not in schema and "contains" not in schema:
        values = items.get("enum")
        if isinstance(values, list) and values and set(items) <= {"enum", "type", "title", "description"}:
            return Kind.PICKS, tuple(values), _labels(values), Kind.TEXT
        item = _simple(items) if "enum" not in items and "const" not in items else Kind.JSON
        if item is not Kind.JSON:
            return Kind.LIST, (), (), item
    return Kind.JSON, (), (), Kind.TEXT


def _simple(schema: dict[str, Any]) -> Kind:
    """The kind of a scalar; JSON for anything else."""
    if any(word in schema for word in ("$ref", "oneOf", "anyOf", "allOf", "not", "if")):
        return Kind.JSON
    match schema.get("type"):
        case "integer":
            return Kind.INTEGER
        case "number":
            return Kind.NUMBER
        case "string":
            return {"date": Kind.DATE, "date-time": Kind.MOMENT}.get(str(schema.get("format")), Kind.TEXT)
    return Kind.JSON


def _fits(kind: Kind, item: Kind, choices: tuple[Any, ...], value: Any) -> bool:
    """Whether a first value can be shown and changed in a field of this kind."""
    match kind:
        case Kind.TEXT | Kind.DATE | Kind.MOMENT:
            return isinstance(value, str)
        case Kind.INTEGER | Kind.NUMBER:
            return isinstance(value, (int, float, str)) and not isinstance(value, bool)
        case Kind.PICK:
            return position(choices, value) is not None
        case Kind.PICKS:
            found = [position(choices, each) for each in value] if isinstance(value, list) else [None]
            # In the order of the choices and each once: what is picked has no other order.
            return None not in found and found == sorted(set(found))  # type: ignore[type-var]
        case Kind.LIST:
            return isinstance(value, list) and all(_is_line(item, each) for each in value)
        case Kind.JSON:
            return True


def position(choices: tuple[Any, ...], value: Any) -> int | None:
    """Where a value stands among the choices: 1 and true are two values."""
    same = (n for n, each in enumerate(choices) if type(each) is type(value) and each == value)
    return next(same, None)


def shown(value: Any) -> str:
    """A value in one word or as JSON; texts as they are."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_line(item: Kind, value: Any) -> bool:
    """Whether it is the same when it was one line of a list: a text that is no text of spaces, or a number."""
    if isinstance(value, str):
        is_text = item not in (Kind.INTEGER, Kind.NUMBER)
        return is_text and value == value.strip() and len(value.splitlines()) == 1
    return _fits(item, item, (), value)


def _is_object(schema: dict[str, Any]) -> bool:
    """Whether its fields are all known: an object without alternatives or free keys."""
    free = isinstance(schema.get("additionalProperties"), dict) or "patternProperties" in schema
    branching = any(word in schema for word in ("oneOf", "anyOf", "allOf", "if", "dependentSchemas"))
    is_object = schema.get("type") == "object" or ("type" not in schema and "properties" in schema)
    return is_object and bool(schema.get("properties")) and not free and not branching


def _label(schema: dict[str, Any], path: Path) -> str:
    title = schema.get("title")
    return title if isinstance(title, str) and title.strip() else (path[-1] if path else "Answer")


def _help(schema: dict[str, Any], kind: Kind, item: Kind) -> str:
    """What the field takes, and what the author says about it."""
    words = {
        Kind.DATE: "date like 2026-03-15",
        Kind.MOMENT: "time like 2026-03-15T14:00:00Z",
        Kind.LIST: f"one {item.value} a line",
        Kind.PICK: "",
        Kind.TEXT: "",
    }.get(kind, kind.value)
    parts = [words, *_limits(schema), _one_line(schema.get("description", ""))]
    return " · ".join(part for part in parts if part)


def _limits(schema: dict[str, Any]) -> Iterator[str]:
    for low, high, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
    ):
        least, most = schema.get(low), schema.get(high)
        if least is not None and most is not None:
            yield f"{least} to {most}{unit}"
        elif least is not None:
            yield f"at least {least}{unit}"
        elif most is not None:
            yield f"at most {most}{unit}"
    for name, words in (
        ("exclusiveMinimum", "more than"),
        ("exclusiveMaximum", "less than"),
        ("multipleOf", "a multiple of"),
        ("pattern", "like"),
    ):
        if name in schema:
            yield f"{words} {schema[name]}"
    if schema.get("uniqueItems"):
        yield "each once"


def _one_line(text: Any) -> str:
    # Not `split()`: it takes control characters for spaces, and they are to be seen.
    return re.sub(r"[ \t\n]+", " ", text).strip(" ") if isinstance(text, str) else ""
