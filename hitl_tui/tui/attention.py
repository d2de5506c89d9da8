"""News while the reviewer looks at another window: a ring, or a notification of the terminal, for new requests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from hitl_tui.config.values import Notifications
from hitl_tui.tui.wording import capped

if TYPE_CHECKING:
    from hitl_tui.inbox.views import Counts, Item

_QUIET_SECONDS = 10.0
"""Between two rings: what arrives meanwhile is told by the next one, or seen."""


def waiting_words(counts: Counts) -> str:
    """`12 waiting`, for the title of the window."""
    return f"hitl: {capped(counts.waiting)} waiting"


class Attention:
    """Calls for the reviewer by `ring` (the bell) and `notify` (words), as they are set. Quiet by default."""

    def __init__(
        self,
        wanted: Notifications,
        ring: Callable[[], None],
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wanted = wanted
        self._ring = ring
        self._notify = notify
        self._clock = clock
        self._waiting: int | None = None
        self._newest: datetime | None = None
        self._told_at: float | None = None

    def counted(self, counts: Counts, *, looking: bool) -> None:
        """So many wait now; `looking` when the reviewer has the screen before them."""
        more = self._waiting is not None and counts.waiting > self._waiting
        self._waiting = counts.waiting
        if more and not looking:
            self._call()

    def listed(self, items: Iterable[Item], *, looking: bool) -> None:
        """These are on the list now: one may have come as another left."""
        newest = max((item.created_at for item in items if item.request_id is not None), default=None)
        if newest is None:
            return
        fresh = self._newest is not None and newest > self._newest
        self._newest = max(newest, self._newest or newest)
        if fresh and not looking:
            self._call()

    def _call(self) -> None:
        now = self._clock()
        if self._told_at is not None and now < self._told_at + _QUIET_SECONDS:
            return
        if self._wanted.bell:
            self._ring()
        if self._wanted.osc9:
            self._notify("hitl: a new request waits for you")
        self._told_at = now
