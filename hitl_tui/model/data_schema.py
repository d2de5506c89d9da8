"""A request's own JSON Schema: is it one, and does an answer fit it?

`jsonschema` is imported only when a request has a schema: few do, and it costs 60 ms.
"""

from __future__ import annotations

from typing import Any

from hitl_tui.errors import InvalidData


def problem_of(schema: dict[str, Any]) -> str | None:
    """What is wrong with a schema (draft 2020-12), else None."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = ".".join(str(part) for part in error.absolute_path)
        return f"{place}: {error.message}" if place else error.message
    return None


def check(schema: dict[str, Any], data: dict[str, Any]) -> None:
    """Raise `InvalidData` naming the first field of `data` that does not fit. Never fetches a remote reference."""
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        validator = Draft202012Validator(schema, registry=Registry())
        errors = sorted(validator.iter_errors(data), key=lambda error: list(map(str, error.absolute_path)))
    except Unresolvable as error:
        raise InvalidData(
            f"the request's schema refers to {error.ref}, which is not part of it",
            hint="the workflow's author must write that part into the schema itself",
        ) from None
    if errors:
        field = ".".join(str(part) for part in errors[0].absolute_path) or "data"
        raise InvalidData(f"{field}: {errors[0].message}", hint="the request's schema says what it takes", field=field)
