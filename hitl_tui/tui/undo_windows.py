"""The decisions made on this screen that can still be taken back. Pure; the clock is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hitl_tui.config.values import DEFAULTS

if TYPE_CHECKING:
    from hitl_tui.inbox.views import Decided

UNDO_SECONDS = DEFAULTS.undo_seconds
"""How long a decision made on the screen is held (row 99); a turn of a conversation is sent at once."""


@dataclass(frozen=True, slots=True)
class Window:
    """Decisions held together, what the last line says of them, and when their time is over."""

    decided: Sequence[Decided]
    words: str
    until: datetime


class UndoWindows:
    """The open windows, the newest last."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._windows: list[Window] = []

    def open(self, decided: Sequence[Decided], words: str) -> None:
        """Decisions were made together, and are held: all of them can be taken back as long as the first can."""
        until = min(one.held_until for one in decided if one.held_until is not None)
        self._windows = sorted([*self._windows, Window(decided, words, until)], key=lambda window: window.until)

    def close(self, window: Window) -> None:
        """The decision was taken back, or is out of reach."""
        self._windows = [other for other in self._windows if other is not window]

    @property
    def newest(self) -> Window | None:
        """The decision that is taken back next; None when there is none any more."""
        now = self._now()
        self._windows = [window for window in self._windows if window.until > now]
        return self._windows[-1] if self._windows else None

    def line(self, undo_key: str) -> str:
        """What the last line says while a window is open, else nothing: `approved Gate · ask — u undoes (4 s)`."""
        window = self.newest
        if window is None:
            return ""
        left = math.ceil((window.until - self._now()).total_seconds())
        others = len(self._windows) - 1
        return f"{window.words} — {undo_key} undoes ({left} s{f', {others} more' if others else ''})"
