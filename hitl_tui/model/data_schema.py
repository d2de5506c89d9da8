"""A request's own JSON Schema: is it one, and does an answer fit it?

`jsonschema` is imported only when a request has a schema: few do, and it costs 60 ms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hitl_tui.errors import InvalidData
from hitl_tui.model import schema_keywords

if TYPE_CHECKING:
    from jsonschema import FormatChecker, ValidationError

OUR_WORDS = frozenset({"multiple", "batch"})
"""Keywords that are ours: `multiple` of a choice, `batch` of an approval. They say nothing about the data."""
_REFERENCES = ("$ref", "$dynamicRef")
_LONGEST = 300
_MOST = 200
"""Errors that are looked at: nobody reads more."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing about the data that does not fit; `path` leads to it, and is empty for the data as a whole."""

    path: tuple[str | int, ...]
    message: str

    @property
    def field(self) -> str:
        """The path as one word: `address.lines.0`."""
        return ".".join(map(str, self.path))


def problem_of(schema: dict[str, Any]) -> str | None:
    """What is wrong with a schema (draft 2020-12), else None; one that refers to what it does not have is wrong."""
    return _misspelt(schema) or _dangling(schema)


def form_problem(schema: dict[str, Any]) -> str | None:
    """Why a schema is none of an answer, else None."""
    if schema.keys() <= OUR_WORDS:
        return None
    problem = problem_of(schema)
    if problem is None and "object" not in schema.get("type", "object"):
        problem = "an answer is an object: write `type: object` with `properties`"
    return None if problem is None else f"schema must be a JSON Schema: {problem}"


def _misspelt(schema: dict[str, Any]) -> str | None:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema, format_checker=_expressions())
    except SchemaError as error:
        place = ".".join(str(part) for part in error.absolute_path)
        return f"{place}: {error.message}" if place else error.message
    except RecursionError:
        return "it is nested too deeply"
    if {"patternProperties", "unevaluatedProperties"} <= _names(schema):
        # jsonschema searches such patterns itself: by `re`, and for as long as that takes.
        return "patternProperties goes with additionalProperties, not with unevaluatedProperties"
    return None


def _names(schema: dict[str, Any]) -> set[str]:
    """All that stands before a colon: a reference may lead into what no keyword says is a part."""
    found: set[str] = set()
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found.update(part)
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return found


def _dangling(schema: dict[str, Any]) -> str | None:
    """A reference that leads nowhere; nothing is fetched."""
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    whole = DRAFT202012.create_resource(schema)
    waiting = [(whole, REGISTRY.resolver_with_root(whole))]
    led: set[str] = set()
    while waiting:
        part, resolver = waiting.pop()
        # A part may be true or false as well.
        words = part.contents if isinstance(part.contents, dict) else {}
        for reference in [words[word] for word in _REFERENCES if word in words]:
            try:
                found = resolver.lookup(reference)
            except (Unresolvable, TypeError, ValueError):
                # The last two come of a pointer into a number or a list.
                return f"it refers to {reference}, which is not part of it"
            if reference not in led:
                # It may lead into what no keyword says is a part.
                led.add(reference)
                problem = _misspelt(found.contents)
                if problem is not None:
                    return f"{reference}: {problem}"
                waiting.append((DRAFT202012.create_resource(found.contents), found.resolver))
        waiting += [(inner, resolver.in_subresource(inner)) for inner in part.subresources()]
    return None


def misfits(schema: dict[str, Any], data: Any) -> list[Misfit]:
    """What about `data` does not fit, ordered by its place. Never fetches a remote reference.

    Raises `InvalidData` when the schema itself cannot be used, or the check takes longer than its budget.
    """
    if schema.keys() <= OUR_WORDS:
        return []
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # A reference that leads nowhere may stand at a field that is not answered.
    problem = _misspelt(schema)
    if problem is not None:
        raise InvalidData(f"the request's schema is no JSON Schema: {problem:.{_LONGEST}}", hint=_AUTHOR)
    validator = schema_keywords.validator()(schema, registry=Registry(), format_checker=_formats())
    try:
        with schema_keywords.budget():
            errors = [error for error, _ in zip(validator.iter_errors(data), range(_MOST), strict=False)]
    except schema_keywords.TakesTooLong as late:
        raise _too_long(late, data) from None
    except Unresolvable as error:
        raise InvalidData(
            f"the request's schema refers to {error.ref}, which is not part of it",
            hint="the workflow's author must write that part into the schema itself",
        ) from None
    except RecursionError:
        raise InvalidData("the request's schema refers to itself without an end", hint=_AUTHOR) from None
    found = [misfit for error in errors for misfit in _misfits(error)]
    return sorted(dict.fromkeys(found), key=lambda misfit: list(map(str, misfit.path)))


def check(schema: dict[str, Any], data: dict[str, Any]) -> None:
    """Raise `InvalidData` naming the first field of `data` that does not fit; its details list all of them."""
    found = misfits(schema, data)
    if found:
        field = found[0].field or "data"
        raise InvalidData(
            f"{field}: {found[0].message}",
            hint="the request's schema says what it takes",
            field=field,
            misfits=[{"field": each.field or "data", "message": each.message} for each in found],
        )


def is_day(text: str) -> bool:
    """Whether it is a date as the format `date` has it: `2026-03-15`."""
    return _DAY.fullmatch(text) is not None and _parses(date, text)


def is_moment(text: str) -> bool:
    """Whether it is a time with its zone as the format `date-time` has it: `2026-03-15T14:00:00Z`."""
    return _MOMENT.fullmatch(text) is not None and _parses(datetime, text.upper())


_AUTHOR = "the workflow's author must mend it"
_WORDS = {
    "date": "is no date: write it like 2026-03-15",
    "date-time": "is no time with its zone: write it like 2026-03-15T14:00:00Z",
}


def _too_long(late: schema_keywords.TakesTooLong, data: Any) -> InvalidData:
    message = (
        f"the check of this answer against the request's schema takes more than {schema_keywords.BUDGET:g} seconds"
    )
    if late.pattern is None:
        return InvalidData(message, hint="the workflow's author must mend the schema", field="data")
    field = ".".join(map(str, _place(data, late.text))) or "data"
    return InvalidData(
        f"{field}: {message}, because of the pattern {late.pattern:.{_LONGEST}}",
        hint="the workflow's author must mend the pattern",
        field=field,
    )


def _place(data: Any, text: str | None) -> tuple[str | int, ...]:
    """Where in the data this very text stands, as a value or as a name."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    while waiting:
        path, part = waiting.pop()
        if part is text or (path and path[-1] is text):
            return path
        inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
        waiting += [((*path, name), each) for name, each in inner]
    return ()


def _misfits(error: ValidationError) -> Iterator[Misfit]:
    path, keyword, wanted = tuple(error.absolute_path), str(error.validator), error.validator_value
    if keyword == "required" and isinstance(error.instance, dict) and isinstance(wanted, list):
        # The place is the field that is missing, not the object around it.
        missing = [name for name in wanted if name not in error.instance]
        yield from (Misfit((*path, name), "required, and missing") for name in missing)
        return
    if keyword == "format":
        yield Misfit(path, f"{error.instance!r:.60} {_WORDS[str(wanted)]}")
        return
    message = error.message
    yield Misfit(path, message if len(message) <= _LONGEST else message[:_LONGEST] + "…")


@lru_cache(1)
def _expressions() -> FormatChecker:
    """Patterns, as the schema of schemas asks for them."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    checker.checks("regex")(schema_keywords.is_expression)
    return checker


@lru_cache(1)
def _formats() -> FormatChecker:
    """Dates and times only: what other formats mean, JSON Schema leaves open."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    checker.checks("date")(lambda value: not isinstance(value, str) or is_day(value))
    checker.checks("date-time")(lambda value: not isinstance(value, str) or is_moment(value))
    return checker


def _parses(kind: type[date], text: str) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True
