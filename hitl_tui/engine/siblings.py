"""The nodes of one superstep that run side by side."""

from __future__ import annotations

import asyncio
import contextlib


class Siblings:
    """Counts those that run; the last one to end speaks for all, and then none may join any more."""

    def __init__(self, running: int) -> None:
        self._running = running
        self._all_ended = asyncio.Event()

    def leave(self) -> bool:
        """One has ended; whether it was the last."""
        self._running -= 1
        if self._running == 0:
            self._all_ended.set()
        return self._running == 0

    def join(self) -> bool:
        """One more runs, unless all have ended."""
        self._running += self._running > 0
        return self._running > 0

    async def wait(self, seconds: float) -> None:
        """Wait so long, but no longer than somebody runs."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_ended.wait(), seconds)
