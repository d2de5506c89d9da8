"""Blocks of the event loop, and which keys were typed during one. Pure; the clock is given.

Whoever types while the screen stands still sees what was painted before. What such keys would do is not what the
reviewer meant: those that decide nothing may act late, all others must not, nor anything that was typed after them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

BLOCK_SECONDS = 0.25
"""A loop that has not run for longer was blocked. Many keys that wait for one another are no block."""


class Blocks:
    """Told when the loop was asked to run and when it did; says which keys go nowhere. Times are those of `clock`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ended = float("-inf")
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many keys of the newest block were dropped so far."""
        return self._dropped

    def ran(self, asked_at: float) -> None:
        """The loop, asked at that time to run, does so now."""
        now = self._clock()
        if now - asked_at > BLOCK_SECONDS:
            if asked_at > self._ended:
                self._dropped = 0
            self._ended = now

    def given_away(self) -> None:
        """Somebody else had the screen until now: a block, however short it was."""
        self._dropped, self._ended = 0, self._clock()

    def drops(self, typed_at: float, acts: Callable[[], bool]) -> bool:
        """Whether a key of that time goes nowhere; `acts` is asked whether it would decide or change anything."""
        if typed_at > self._ended or not (self._dropped or acts()):
            return False
        self._dropped += 1
        return True
