"""hitl-tui's store without its engine, as `pause_resume.py` measures it: what any engine on this store could reach.

An engine that is not measured runs the threads first, and its transactions are kept as they are. Then they run again on
a new database, handed to the same writer one after the other, with nothing in between.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from contenders import Running
from hitl_contender import HitlTui, pragmas, standing

from hitl_tui.store.database import Database

Written = Callable[[sqlite3.Connection], Any]
Recorded = dict[tuple[str, str], list[Written]]


class _Running:
    """Runs what was recorded of each thread."""

    def __init__(self, database: Database, recorded: Recorded) -> None:
        self._database = database
        self._recorded = recorded

    async def pause(self, thread_id: str) -> None:
        await self._act("pause", thread_id)

    async def resume(self, thread_id: str) -> None:
        await self._act("resume", thread_id)

    async def settings(self) -> dict[str, Any]:
        return await self._database.write(pragmas)

    async def trace(self, note: Callable[[str], None]) -> None:
        await self._database.write(lambda connection: connection.set_trace_callback(note))

    async def _act(self, act: str, thread_id: str) -> None:
        for transaction in self._recorded[act, thread_id]:
            await self._database.write(transaction)


class StoreAlone:
    """The column of the store."""

    name = "store alone"

    def __init__(self, threads: Sequence[str]) -> None:
        self._threads = threads

    @asynccontextmanager
    async def at_work(self, database: Path, at_once: int) -> AsyncIterator[Running]:
        recorded = await self._record()
        async with Database.open(database) as opened:
            yield _Running(opened, recorded)

    async def standing(self, database: Path) -> Counter[str]:
        return standing(database)

    def multiply(self, database: Path, copies: int) -> None:
        HitlTui().multiply(database, copies)

    async def listed(self, database: Path) -> tuple[int, float]:
        return await HitlTui().listed(database)

    async def _record(self) -> Recorded:
        """What pauses each thread, and what resumes it, in its order."""
        recorded: Recorded = {}
        with tempfile.TemporaryDirectory() as folder:
            async with HitlTui().at_work(Path(folder) / "recorded.db", 1) as running:
                write = running.database.write
                written: list[Written] = []

                async def noting(transaction: Written, *note: Any) -> Any:
                    written.append(transaction)
                    return await write(transaction, *note)

                running.database.write = noting  # type: ignore[method-assign, assignment]
                for thread in self._threads:
                    for act in ("pause", "resume"):
                        written = recorded[act, thread] = []
                        await getattr(running, act)(thread)
        return recorded
