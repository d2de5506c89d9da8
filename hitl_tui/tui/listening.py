"""When that which is read from a terminal was typed. The clock and the terminal are given."""

from __future__ import annotations

import time
from collections.abc import Callable

from hitl_tui.tui.blocks import BLOCK_SECONDS

LOOK_SECONDS = 0.1
"""How often to look for the end of the app, and for an Esc that nothing followed."""


class Listening:
    """Waits for input and reads it. `ready` says whether there is any within so many seconds, `read` brings it.

    `ask` is called with a time since when the program should have run, whenever it may not have.
    """

    def __init__(
        self,
        ready: Callable[[float], bool],
        read: Callable[[], bytes],
        ask: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ready = ready
        self._read = read
        self._ask = ask
        self._clock = clock
        self._empty_at = clock()
        """When there was certainly nothing more to read."""

    def wait(self) -> tuple[float, bytes] | None:
        """Wait a moment: since when at the earliest what is there was typed, and what it is; None for nothing."""
        if self._ready(0):
            # Typed while the reader was busy with what came before.
            typed_at, self._empty_at = self._empty_at, self._clock()
            return typed_at, self._read()
        since = self._clock()
        there = self._ready(LOOK_SECONDS)
        now = self._clock()
        # Later than that only if the whole process was stopped: then it was typed meanwhile.
        typed_at = min(since + LOOK_SECONDS, now)
        self._empty_at = now if there else typed_at
        # Read first: what waits for the answer would be woken twice, and the key would come after the first time.
        data = self._read() if there else b""
        if there or now - typed_at > BLOCK_SECONDS:
            self._ask(typed_at)
        return (typed_at, data) if there else None
