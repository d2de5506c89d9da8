"""What a script or a handler gives as a document: its fields, and its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from hitl_tui.errors import UsageError


def fields_of(given: Any) -> dict[str, Any]:
    """The fields of a document, or the criteria for them; raises `UsageError`."""
    if not isinstance(given, Mapping):
        raise UsageError(f"{given!r:.60} has no fields, as a document has", hint="give a dict of names and values")
    return dict(given)


def name_of(given: Any) -> str:
    """The name of a document: a text, or the id of a request as it is; raises `UsageError`."""
    if isinstance(given, UUID):
        return str(given)
    if not isinstance(given, str):
        raise UsageError(f"{given!r:.60} cannot name a document", hint="give a text, or the id of a request")
    return given
