"""A writer in a thread of its own, for a loop that must not wait for the disk: one that paints a screen."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hitl_tui.store.heard import heard
from hitl_tui.store.writer import Writer

_Result = TypeVar("_Result")


class WriterThread:
    """As `Writer`."""

    def __init__(self, path: Path, check: Callable[[sqlite3.Connection], None]) -> None:
        self._loop = asyncio.new_event_loop()
        self._writer = Writer(path, check, self._loop)
        self._closing = asyncio.Event()
        self._on_closed: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._live, name="hitl-writer", daemon=True)
        self._thread.start()

    async def run(
        self, transaction: Callable[[sqlite3.Connection], _Result], note: Callable[[_Result], None] | None = None
    ) -> _Result:
        """The result of `transaction`, once it is on disk, and told to `note` before anything else."""
        running = asyncio.run_coroutine_threadsafe(self._writer.run(transaction), self._loop)
        return await heard(asyncio.wrap_future(running), note)

    async def close(self) -> None:
        """Finish what was handed in, then stop; also where this is cancelled."""
        loop = asyncio.get_running_loop()
        closed = asyncio.Event()
        # No executor is asked to join the thread: as Python ends there is none, and a database may be open still.
        self._on_closed = lambda: loop.call_soon_threadsafe(closed.set)
        self._loop.call_soon_threadsafe(self._closing.set)
        await closed.wait()

    def _live(self) -> None:
        try:
            self._loop.run_until_complete(self._until_closed())
        finally:
            self._loop.close()
            # A loop that is closed has nobody who could be told.
            with contextlib.suppress(RuntimeError):
                self._on_closed()

    async def _until_closed(self) -> None:
        await self._closing.wait()
        await self._writer.close()
        # Whoever waited hears of it.
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
