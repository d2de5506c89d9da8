"""Values from a file held against the dataclass that describes them: the good ones, and what is wrong with the rest."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from hitl_tui.config.problems import Problem, dotted
from hitl_tui.config.toml_lines import line_of

_Kind = TypeVar("_Kind")
_ROUNDS = 3
_TYPES = {
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "dict_type": "a table",
    "dataclass_type": "a table",
    "tuple_type": 'a list such as ["one", "two"]',
}


def validate(
    kind: type[_Kind], values: dict[str, Any], text: str, file: Path, unit: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> tuple[_Kind | None, dict[str, Any], list[Problem]]:
    """A `kind` made of what is right in `values` (parsed from `text`), what that was, and what is wrong.

    What is wrong is left out; `unit` says of its place how much goes with it. None when the rest is no `kind`.
    """
    from pydantic import TypeAdapter, ValidationError

    adapter = TypeAdapter(kind)
    problems: dict[str, Problem] = {}
    for _ in range(_ROUNDS):
        try:
            # JSON, because there a list is a tuple also where types are strict.
            value = adapter.validate_json(json.dumps(values, default=_dated))
            return value, values, _in_order(problems)
        except ValidationError as error:
            for found in error.errors(include_url=False, include_context=True):
                path = tuple(str(part) for part in found["loc"] if part != "[key]")
                problem = _problem(kind, found, path, text, file)
                problems.setdefault(problem.key, problem)
                values = _without(values, unit(path))
    return None, {}, _in_order(problems)


def json_schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of what such a file may hold."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind).json_schema()


def known_at(kind: Any, path: tuple[str, ...]) -> list[str]:
    """The names that may stand in the table at `path`."""
    here = _table_at(kind, path)
    return [each.name for each in fields(here)] if isinstance(here, type) and is_dataclass(here) else []


def _in_order(problems: Mapping[str, Problem]) -> list[Problem]:
    return sorted(problems.values(), key=lambda problem: (problem.line is None, problem.line or 0))


def _problem(kind: type, found: Mapping[str, Any], path: tuple[str, ...], text: str, file: Path) -> Problem:
    line = line_of(text, path)
    match found["type"]:
        case "unexpected_keyword_argument":
            known = known_at(kind, path[:-1])
            near = difflib.get_close_matches(path[-1], known, n=1, cutoff=0.5)
            message = "there is no such setting"
            remedy = f"did you mean {dotted((*path[:-1], near[0]))}?" if near else f"known here: {', '.join(known)}"
        case "missing":
            where = f" to [{dotted(path[:-1])}]" if path[:-1] else ""
            message, remedy = "is missing", f"add {path[-1]} = …{where}"
        case "literal_error" | "enum":
            allowed = str(found["ctx"]["expected"]).replace("'", "")
            near = difflib.get_close_matches(str(found["input"]), allowed.replace(" or ", ", ").split(", "), n=1)
            message = f"cannot be {_shown(found['input'])}"
            remedy = f"did you mean {near[0]}?" if near else f"it is one of: {allowed}"
        case "value_error":
            message, _, remedy = str(found["ctx"]["error"]).partition("; ")
            remedy = remedy or "correct it, or take the line out"
        case "string_type" if path[0] == "keys" and isinstance(found["input"], dict):
            inner = next(iter(found["input"]), "…")
            message, remedy = "is a table", f'put the id into quotes: "{path[-1]}.{inner}" = …'
        case other if other in _TYPES:
            message, remedy = f"is {_shown(found['input'])}", f"it must be {_TYPES[other]}"
        case _:
            message, remedy = str(found["msg"]), "correct it, or take the line out"
    return Problem(file, line, dotted(path), message, remedy)


def _table_at(kind: Any, path: tuple[str, ...]) -> Any:
    """The type of the value at `path`, without what is annotated to it."""
    if get_origin(kind) is not None and hasattr(kind, "__metadata__"):
        kind = get_args(kind)[0]
    if not path:
        return kind
    if isinstance(kind, type) and is_dataclass(kind):
        return _table_at(get_type_hints(kind, include_extras=True).get(path[0]), path[1:])
    if get_origin(kind) is dict:
        return _table_at(get_args(kind)[1], path[1:])
    return None


def _without(values: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """A copy without the value at `path`, or without the table on the way to it that is no table."""
    if len(path) > 1 and isinstance(values.get(path[0]), dict):
        return {**values, path[0]: _without(values[path[0]], path[1:])}
    return {key: value for key, value in values.items() if key != path[0]}


def _dated(value: object) -> dict[str, str]:
    # TOML has dates and times, which no setting is: in this form none takes one for a text.
    return {"date": str(value)}


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a date" if value.keys() == {"date"} else "a table"
    words = json.dumps(value, ensure_ascii=False, default=str)
    return words if len(words) <= 40 else words[:40] + "…"
