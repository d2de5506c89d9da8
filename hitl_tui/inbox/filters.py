"""Which items a list shows, and in which order. Imports nothing heavy: the first frame of the screen needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

Sort = Literal["due", "age", "priority", "type"]
SORTS: tuple[Sort, ...] = get_args(Sort)
Shelf = Literal["waiting", "snoozed", "active", "failed", "done", "all"]
"""A slice of the inbox: open requests; those put aside; ready or running; failed or timed out; completed or cancelled;
all.
"""


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
