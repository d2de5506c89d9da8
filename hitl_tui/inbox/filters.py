"""Which items a list shows, and in which order. Imports nothing heavy: the first frame of the screen needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hitl_tui.model.kinds import SORTS, Shelf, Sort

__all__ = ["SORTS", "Filter", "Shelf", "Sort"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which items to list; empty tuples mean no restriction. `statuses` are thread statuses.

    `assignees` are names, or one empty name for what nobody has; `older_than` is the least age.
    """

    shelf: Shelf = "all"
    statuses: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    graphs: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    older_than: timedelta | None = None
    text: str = ""
    """Words to search for; see `hitl_tui.model.search_text`."""
    keys: tuple[str, ...] | None = None
    """Only what has one of these keys."""
