"""The screen's sentences about what was done and what went wrong. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hitl_tui.errors import HitlError
from hitl_tui.safe_text import visible

if TYPE_CHECKING:
    from hitl_tui.inbox.views import Counts, Decided

_MOST_COUNTED = 1000
_DONE = {"approve": "approved", "reject": "rejected", "edit": "edited", "choose": "chose", "respond": "answered"}


def decided_words(decided: Decided) -> str:
    """What the last line says after a decision: `approved deploy · gate`."""
    return f"{_DONE.get(decided.action, decided.action)} {decided.graph} · {decided.node}"


def batch_words(decided: Sequence[Decided]) -> str:
    """The same for decisions that were made together: `approved 12 requests`."""
    if len(decided) == 1:
        return decided_words(decided[0])
    action = decided[0].action
    return f"{_DONE.get(action, action)} {len(decided)} requests"


def capped(count: int) -> str:
    """A figure that is not counted beyond a thousand: `1000+`."""
    return f"{_MOST_COUNTED}+" if count > _MOST_COUNTED else str(count)


def error_words(error: HitlError) -> str:
    """An error of ours in one paragraph: what happened, and the remedy."""
    return f"{error.message}: {error.hint}" if error.hint else error.message


def waiting_for(database: Path) -> str:
    """What to know when the screen is closed while somebody keeps the database busy."""
    where = visible(str(database))
    return f"Storing what you did: waiting up to 10 seconds for {where}, which another program keeps busy."


def in_flight_words(counts: Counts | None, *, held: bool = False, served: bool = False) -> str:
    """What to know when leaving while threads run, or a decision is still held; empty when neither is so.

    `served` when another program's worker goes on with it all.
    """
    count = counts.running + counts.ready if counts is not None else 0
    if served or not (held or count):
        return ""
    if held and not count:
        return "The last decision stands; `hitl` or `hitl worker` goes on with it."
    threads = "1 thread is" if count == 1 else f"{count} threads are"
    return f"{threads} not done; nothing is lost: `hitl` or `hitl worker` goes on with the work."
