"""Choices that take several of their options. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hitl_tui.model.kinds import InteractionType


def takes_several(kind: str, schema: Mapping[str, Any] | None) -> bool:
    """Whether a request of this type with this schema does: `{"multiple": true}` in it says so."""
    return kind == InteractionType.CHOICE and schema is not None and schema.get("multiple") is True
