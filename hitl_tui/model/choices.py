"""Options of a choice: whether several are taken, and which are the same to whoever reads them. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from hitl_tui.model.kinds import InteractionType


def composed(option: str) -> str:
    """The option with accented letters as one character each: keyboards and files have them as one or as two."""
    return unicodedata.normalize("NFC", option)


def takes_several(kind: str, schema: Mapping[str, Any] | None) -> bool:
    """Whether a request of this type with this schema does: `{"multiple": true}` in it says so."""
    return kind == InteractionType.CHOICE and schema is not None and schema.get("multiple") is True
