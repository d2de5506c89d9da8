"""When a decision key may act: only on what the reviewer has had before their eyes. Pure; the clock is given."""

from __future__ import annotations

import time
from collections.abc import Callable

from hitl_tui.tui.settling import Settling


class SafeKeys:
    """Knows what is selected, since when, and what the request side has painted. Keys are those of `Item.key`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._settling = Settling(clock)
        self._selected: str | None = None
        self._painted: str | None = None

    def select(self, key: str | None, *, by_itself: bool) -> None:
        """Another item is under the cursor: the reviewer moved there, or (`by_itself`) the list changed under them."""
        if key == self._selected:
            return
        self._selected = key
        if by_itself:
            self._settling.begin()
        else:
            self._settling.end()

    def paint(self, key: str | None) -> None:
        """The request side now shows this item; None while it shows nothing."""
        self._painted = key

    def ignored(self) -> None:
        """A key was ignored."""
        self._settling.ignored()

    def refusal(self, key: str) -> str:
        """Why a decision key for this item is ignored now, in words; empty when it may act."""
        if self._settling.goes_on:
            return "ignored: another item has just come under the cursor"
        if key != self._selected or key != self._painted:
            return "ignored: the request is not on the screen yet"
        return ""
