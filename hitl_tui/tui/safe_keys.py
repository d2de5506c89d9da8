"""When a decision key may act: only on what the reviewer has had before their eyes. Pure; the clock is given."""

from __future__ import annotations

import time
from collections.abc import Callable

SETTLE_SECONDS = 0.4
"""How long decision keys are ignored after another item came under the cursor by itself."""


class SafeKeys:
    """Knows what is selected, since when, and what the request side has painted. Keys are those of `Item.key`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._selected: str | None = None
        self._painted: str | None = None
        self._moved_by_itself_at: float | None = None

    def select(self, key: str | None, *, by_itself: bool) -> None:
        """Another item is under the cursor: the reviewer moved there, or (`by_itself`) the list changed under them."""
        if key == self._selected:
            return
        self._selected = key
        self._moved_by_itself_at = self._clock() if by_itself else None

    def paint(self, key: str | None) -> None:
        """The request side now shows this item; None while it shows nothing."""
        self._painted = key

    def ignored(self) -> None:
        """A key was ignored: whoever goes on typing has not looked yet, only a moment of rest ends the block."""
        if self._moved_by_itself_at is not None:
            self._moved_by_itself_at = self._clock()

    def refusal(self, key: str) -> str:
        """Why a decision key for this item is ignored now, in words; empty when it may act."""
        since = self._moved_by_itself_at
        if since is not None and self._clock() - since < SETTLE_SECONDS:
            return "ignored: another item has just come under the cursor"
        if key != self._selected or key != self._painted:
            return "ignored: the request is not on the screen yet"
        return ""
