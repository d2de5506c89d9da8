"""How many agent processes may be at work: one for each of so many threads, and a few more for parallel nodes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Slots:
    """The first node of each of `threads` threads has room, so that none waits for the slow parallel nodes of another.

    What a thread runs beside its first node shares `shared` places with all the others; who finds none waits.
    """

    def __init__(self, threads: int, shared: int) -> None:
        self._threads = threads
        self._shared = shared
        self._busy: Counter[str] = Counter()
        self._freed = asyncio.Event()
        self.waiting = 0

    @asynccontextmanager
    async def of(self, thread_id: str) -> AsyncIterator[None]:
        """Hold a place for one node of the thread."""
        self.waiting += 1
        try:
            while not self._free(thread_id):
                self._freed.clear()
                await self._freed.wait()
        finally:
            self.waiting -= 1
        self._busy[thread_id] += 1
        try:
            yield
        finally:
            self._busy[thread_id] -= 1
            self._busy += Counter()
            self._freed.set()

    def _free(self, thread_id: str) -> bool:
        if self._busy[thread_id] == 0:
            return len(self._busy) < self._threads
        return self._busy.total() - len(self._busy) < self._shared
