"""The limit: SQLite alone writes the rows that hitl-tui writes, with as many COMMITs, batched by one writer thread."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contenders import PROMPT, Running
from hitl_contender import HitlTui, pragmas, standing
from recording import Recording, Transaction


@dataclass(slots=True)
class _Job:
    transaction: Transaction
    names: dict[str, str]
    future: asyncio.Future[None]


@dataclass(slots=True)
class _Running:
    """One writer thread: everything that waits shares a commit, and its callers are told together."""

    connection: sqlite3.Connection
    recording: Recording
    loop: asyncio.AbstractEventLoop
    jobs: queue.SimpleQueue[_Job | None] = field(default_factory=queue.SimpleQueue)
    requests: dict[str, str] = field(default_factory=dict)

    async def pause(self, thread_id: str) -> None:
        self.requests[thread_id] = str(uuid.uuid4())
        await self._run(self.recording.pause, thread_id)

    async def resume(self, thread_id: str) -> None:
        await self._run(self.recording.resume, thread_id)

    async def settings(self) -> dict[str, Any]:
        return pragmas(self.connection)

    async def trace(self, note: Callable[[str], None]) -> None:
        self.connection.set_trace_callback(note)

    async def _run(self, transactions: Sequence[Transaction], thread_id: str) -> None:
        names = {"thread": thread_id, "request": self.requests[thread_id]}
        for transaction in transactions:
            future = self.loop.create_future()
            self.jobs.put(_Job(transaction, names, future))
            await future

    def work(self) -> None:
        execute, job = self.connection.execute, self.jobs.get()
        while job is not None:
            batch = []
            execute("begin immediate")
            while job is not None:
                for change in job.transaction:
                    execute(change.sql, change.values | job.names)
                batch.append(job)
                if self.jobs.empty():
                    break
                job = self.jobs.get()
            execute("commit")
            self.loop.call_soon_threadsafe(_told, batch)
            job = self.jobs.get()


def _told(batch: list[_Job]) -> None:
    for job in batch:
        job.future.set_result(None)


class BareSqlite:
    """The column of the limit."""

    name = "limit"

    def __init__(self, recording: Recording) -> None:
        self.recording = recording

    @asynccontextmanager
    async def at_work(self, database: Path, at_once: int) -> AsyncIterator[Running]:
        connection = sqlite3.connect(
            database, isolation_level=None, check_same_thread=False, cached_statements=256, timeout=10
        )
        with closing(connection):
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.executescript(self.recording.tables)
            running = _Running(connection, self.recording, asyncio.get_running_loop())
            writer = threading.Thread(target=running.work)
            writer.start()
            try:
                yield running
            finally:
                running.jobs.put(None)
                await asyncio.to_thread(writer.join)

    async def standing(self, database: Path) -> Counter[str]:
        return standing(database)

    def multiply(self, database: Path, copies: int) -> None:
        HitlTui().multiply(database, copies)

    async def listed(self, database: Path) -> tuple[int, float]:
        with closing(sqlite3.connect(database)) as connection:
            start = time.perf_counter()
            sql = """
                select r.thread, r.node, r.type, r.prompt, r.id, r.due_at, r.created_at, t.status
                from request r join thread t on t.id = r.thread where r.closed_at is null
                order by coalesce(r.due_at, '~'), r.thread, r.step * 1048576 + r.position
            """
            found = sum(row[3] == PROMPT for row in connection.execute(sql))
            return found, time.perf_counter() - start
