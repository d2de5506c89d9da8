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

from hitl_tui.store.commits import RunCommit
from hitl_tui.store.database import Database
from hitl_tui.store.decisions import Decide
from hitl_tui.store.threads import Start
from hitl_tui.store.together import Together

Written = Callable[[sqlite3.Connection], Any]


class _Running:
    """Runs what was recorded of each thread."""

    def __init__(self, database: Database, recorded: dict[str, list[Written]]) -> None:
        self._database = database
        self._recorded = recorded

    async def pause(self, thread_id: str) -> None:
        for transaction in self._recorded[thread_id][:2]:
            await self._database.write(transaction)

    async def resume(self, thread_id: str) -> None:
        for transaction in self._recorded[thread_id][2:]:
            await self._database.write(transaction)

    async def settings(self) -> dict[str, Any]:
        return await self._database.write(pragmas)

    async def trace(self, note: Callable[[str], None]) -> None:
        await self._database.write(lambda connection: connection.set_trace_callback(note))


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

    async def _record(self) -> dict[str, list[Written]]:
        """For each thread two transactions that pause it, with its claim and the results, and two that resume it."""
        recorded: dict[str, list[Written]] = {thread: [] for thread in self._threads}
        with tempfile.TemporaryDirectory() as folder:
            async with HitlTui().at_work(Path(folder) / "recorded.db", 1) as running:
                write = running.database.write

                async def noting(transaction: Written) -> Any:
                    if isinstance(transaction, Together):
                        recorded[_thread(transaction)].append(transaction)
                    return await write(transaction)

                running.database.write = noting  # type: ignore[method-assign]
                for thread in self._threads:
                    await running.pause(thread)
                    await running.resume(thread)
        return recorded


def _thread(transaction: Together) -> str:
    first = transaction.parts[0]
    if isinstance(first, (Start, Decide)):
        return first.thread_id
    assert isinstance(transaction, RunCommit)
    return transaction.parts[0].lease.thread_id
