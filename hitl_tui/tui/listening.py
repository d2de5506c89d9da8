"""When that which is read from a terminal was typed. The clock and the terminal are given."""

from __future__ import annotations

import time
from collections.abc import Callable

from hitl_tui.tui.blocks import BLOCK_SECONDS

LOOK_SECONDS = 0.1
"""How often to look for the end of the app, and for an Esc that nothing followed."""


class Listening:
    """Waits for input. `ready` says whether there is any within so many seconds.

    `ask` is called with a time since when the program should have run, whenever it may not have.
    """

    def __init__(
        self,
        ready: Callable[[float], bool],
        ask: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ready = ready
        self._ask = ask
        self._clock = clock
        self._empty_at = clock()
        """When there was certainly nothing more to read."""

    def wait(self) -> float | None:
        """Wait a moment: the time at which what is there was typed at the earliest; None if nothing is there."""
        if self._ready(0):
            # Typed while the reader was busy with what came before.
            typed_at, self._empty_at = self._empty_at, self._clock()
            return typed_at
        since = self._clock()
        there = self._ready(LOOK_SECONDS)
        now = self._clock()
        # Later than that only if the whole process was stopped: then it was typed meanwhile.
        typed_at = min(since + LOOK_SECONDS, now)
        if there or now - typed_at > BLOCK_SECONDS:
            self._ask(typed_at)
        self._empty_at = now if there else typed_at
        return typed_at if there else None
