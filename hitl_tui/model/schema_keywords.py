"""The validator of JSON Schema that an answer is checked by: its keywords are exact, and have a budget of time.

`regex` is imported only when a pattern is searched: few schemas have one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import regex
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

BUDGET = 2.0
"""Seconds that one check may take. Everything else in its process waits for it, and a schema may ask for years."""

_BRACE = re.compile(r"(\\[pPN]\{[^{}]*\}|\\.|\{(?:[0-9]+|[0-9]*,[0-9]*)\})|\{", re.DOTALL)
"""One that means itself; the group is what has, or may have, a brace with another meaning."""

_deadline: ContextVar[float] = ContextVar("_deadline")


class TakesTooLong(Exception):
    """The budget is used up; `text` is what was searched by `pattern`, if it was that."""

    def __init__(self, pattern: str | None = None, text: str | None = None) -> None:
        self.pattern = pattern
        self.text = text


@contextmanager
def budget() -> Iterator[None]:
    """One check by the validator; it raises `TakesTooLong`."""
    before = _deadline.set(monotonic() + BUDGET)
    try:
        yield
    finally:
        _deadline.reset(before)


@lru_cache(1)
def validator() -> type[Validator]:
    """The class; what it makes works within a `budget` only."""
    from jsonschema import Draft202012Validator, validators

    words = {
        "additionalProperties": _additional_properties,
        "multipleOf": _multiple_of,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "uniqueItems": _unique_items,
    }
    ours: Any = validators.extend(Draft202012Validator, words)  # type: ignore[no-untyped-call]
    evolve = ours.evolve

    def evolve_in_time(whole: Validator, *, schema: Any, **changes: Any) -> Validator:
        if monotonic() > _deadline.get():
            raise TakesTooLong
        if isinstance(schema, dict) and "$schema" in schema:
            # It would make a part be checked by another class, which has no budget.
            schema = {word: value for word, value in schema.items() if word != "$schema"}
        return evolve(whole, schema=schema, **changes)  # type: ignore[no-any-return]

    # By here comes each reference, and each part that data is checked against, unless it is just true or false.
    ours.evolve = evolve_in_time
    return ours  # type: ignore[no-any-return]


def is_expression(text: Any) -> bool:
    """Whether it is a regular expression; what is no text is none that is wrong."""
    import regex

    try:
        return not isinstance(text, str) or bool(_compiled(text))
    except (regex.error, ValueError):
        # The latter comes of a count with thousands of digits.
        return False


def _finds(pattern: str, text: str) -> bool:
    try:
        return _compiled(pattern).search(text, timeout=max(0, _deadline.get() - monotonic())) is not None
    except TimeoutError:
        raise TakesTooLong(pattern, text) from None


@lru_cache(100)
def _compiled(pattern: str) -> regex.Pattern[str]:
    """As the library keeps them itself, in less than half the time."""
    import regex

    # To `regex` alone, `{d}` and the like mean that what stands before them may differ.
    return regex.compile(_BRACE.sub(lambda found: found[1] or r"\{", pattern))


def _pattern(validator: Validator, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if validator.is_type(value, "string") and not _finds(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: dict[str, Any], value: Any, schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(value, "object"):
        return
    for pattern, part in patterns.items():
        for name in value:
            if _finds(pattern, name):
                yield from validator.descend(value[name], part, path=name, schema_path=pattern)


def _additional_properties(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    from jsonschema import Draft202012Validator, ValidationError

    patterns = schema.get("patternProperties")
    if not patterns or not validator.is_type(value, "object"):
        yield from Draft202012Validator.VALIDATORS["additionalProperties"](validator, wanted, value, schema)
        return
    named = schema.get("properties", ())
    extras = [name for name in value if name not in named and not any(_finds(pattern, name) for pattern in patterns)]
    if wanted is not False:
        for name in extras:
            yield from validator.descend(value[name], wanted, path=name)
    elif extras:
        verb = "does" if len(extras) == 1 else "do"
        found, known = (", ".join(map(repr, sorted(names))) for names in (extras, patterns))
        yield ValidationError(f"{found} {verb} not match any of the regexes: {known}")


def _multiple_of(validator: Validator, unit: float, value: Any, schema: Any) -> Iterator[ValidationError]:
    """What is no multiple as both are written: as floats, 19.99 / 0.01 is no whole number."""
    from jsonschema import ValidationError

    if not validator.is_type(value, "number"):
        return
    # JSON has no infinity, and what Python reads as one is a multiple of nothing.
    endless = isinstance(value, float) and not math.isfinite(value)
    if endless or (_exact(value) / _exact(unit)).denominator != 1:
        yield ValidationError(f"{value!r} is not a multiple of {unit}")


def _unique_items(validator: Validator, wanted: bool, value: Any, schema: Any) -> Iterator[ValidationError]:
    """What jsonschema says as well; it compares each pair of objects, which takes seconds for some thousands."""
    from jsonschema import ValidationError

    if wanted and validator.is_type(value, "array") and len(set(map(_canonical, value))) < len(value):
        yield ValidationError(f"{value!r} has non-unique elements")


def _canonical(value: Any) -> Hashable:
    """The same for what JSON Schema calls equal: 1 and 1.0 are, true and 1 are not."""
    if isinstance(value, bool):
        return bool, value
    if isinstance(value, list):
        return tuple(map(_canonical, value))
    if isinstance(value, dict):
        return frozenset((name, _canonical(each)) for name, each in value.items())
    return value  # type: ignore[no-any-return]


def _exact(number: float) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))
