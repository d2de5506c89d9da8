"""The moment in which keys decide nothing, after something came under the reviewer's hands. The clock is given."""

from __future__ import annotations

import time
from collections.abc import Callable

SETTLE_SECONDS = 0.4


class Settling:
    """Begins when something has just appeared; whoever goes on typing has not looked yet, and prolongs it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None

    @property
    def goes_on(self) -> bool:
        """Whether keys are still to be ignored."""
        return self._since is not None and self._clock() - self._since < SETTLE_SECONDS

    def begin(self) -> None:
        """Something else is there now."""
        self._since = self._clock()

    def end(self) -> None:
        """The reviewer went there of their own accord."""
        self._since = None

    def ignored(self) -> None:
        """A key was ignored: only a moment of rest ends the block."""
        if self._since is not None:
            self._since = self._clock()
