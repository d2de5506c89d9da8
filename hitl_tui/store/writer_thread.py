"""A writer in a thread of its own, for a loop that must not wait for the disk: one that paints a screen."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hitl_tui.store.writer import Writer

_Result = TypeVar("_Result")


class WriterThread:
    """As `Writer`."""

    def __init__(self, path: Path, check: Callable[[], None]) -> None:
        self._writer = Writer(path, check)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hitl-writer", daemon=True)
        self._thread.start()

    async def run(self, transaction: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """The result of `transaction`, once it is on disk."""
        running = asyncio.run_coroutine_threadsafe(self._writer.run(transaction), self._loop)
        return await asyncio.wrap_future(running)

    async def close(self) -> None:
        """Finish what was handed in, then stop."""
        closing = asyncio.run_coroutine_threadsafe(self._writer.close(), self._loop)
        await asyncio.wrap_future(closing)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
