"""The limit: SQLite alone writes the rows that hitl-tui writes, in as many transactions, batched by one writer thread.

The rows are those of one real thread: after each transaction of hitl-tui, what changed in the database is noted.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import tempfile
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from contenders import PROMPT, THREAD, Running
from hitl_contender import HitlTui

from hitl_tui.store.database import Database

_Result = TypeVar("_Result")
_Rows = dict[tuple[Any, ...], dict[str, Any]]
_SHARED = "graph"
"""Written once for all threads, so no part of a pause."""


@dataclass(frozen=True, slots=True)
class Change:
    """One row written; `:thread` and `:request` in the statement are those of the thread at hand."""

    sql: str
    values: dict[str, Any]


Transaction = Sequence[Change]


@dataclass(frozen=True, slots=True)
class Recording:
    """What one thread writes until it pauses, and from its answer to its end."""

    tables: str
    pause: Sequence[Transaction]
    resume: Sequence[Transaction]


class _RecordedDatabase(Database):
    """Notes the rows that each transaction leaves changed."""

    noted: ClassVar[list[Transaction]] = []

    async def write(self, transaction: Callable[[sqlite3.Connection], _Result]) -> _Result:
        with closing(sqlite3.connect(self.path)) as connection:
            keys = _keys(connection)
            before = _rows(connection, keys)
            result = await super().write(transaction)
            after = _rows(connection, keys)
        self.noted.append(tuple(_changes(keys, before, after)))
        return result


async def record() -> Recording:
    """The transactions of one thread."""
    noted = _RecordedDatabase.noted
    noted.clear()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hitl.db"
        async with HitlTui(_RecordedDatabase).at_work(path, 1) as running:
            await running.pause(THREAD)
            paused = len(noted)
            await running.resume(THREAD)
        with closing(sqlite3.connect(path)) as connection:
            tables = [row[0] for row in connection.execute("select sql from sqlite_master where sql is not null")]
    return Recording(";\n".join(tables), tuple(noted[:paused]), tuple(noted[paused:]))


def _keys(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The columns of each table's primary key."""
    tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
    return {
        table: [column[1] for column in connection.execute(f"pragma table_info({table})") if column[5]]
        for table in tables
        if table != _SHARED
    }


def _rows(connection: sqlite3.Connection, keys: dict[str, list[str]]) -> dict[str, _Rows]:
    """All rows of all tables by primary key."""
    found: dict[str, _Rows] = {}
    for table, names in keys.items():
        cursor = connection.execute(f"select * from {table}")
        columns = [column[0] for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor]
        found[table] = {tuple(row[name] for name in names): row for row in rows}
    return found


def _changes(keys: dict[str, list[str]], before: dict[str, _Rows], after: dict[str, _Rows]) -> Iterator[Change]:
    own = {THREAD: ":thread"} | {row["id"]: ":request" for row in after["request"].values()}
    for table, rows in after.items():
        for key, row in rows.items():
            old = before[table].get(key)
            if old == row:
                continue
            # The place of its own in the audit table is for SQLite to give.
            given = {name: value for name, value in row.items() if old or (table, name) != ("audit", "id")}
            marks = {name: own.get(value, f":{name}_") for name, value in given.items()}
            if old is None:
                sql = f"insert into {table} ({', '.join(marks)}) values ({', '.join(marks.values())})"
            else:
                changed = ", ".join(f"{name} = {marks[name]}" for name in row if row[name] != old[name])
                which = " and ".join(f"{name} = {marks[name]}" for name in keys[table])
                sql = f"update {table} set {changed} where {which}"
            yield Change(sql, {f"{name}_": value for name, value in given.items() if marks[name] == f":{name}_"})


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

    def multiply(self, database: Path, copies: int) -> None:
        HitlTui().multiply(database, copies)

    async def listed(self, database: Path) -> tuple[int, float]:
        with closing(sqlite3.connect(database)) as connection:
            start = time.perf_counter()
            sql = """
                select r.thread, r.node, r.type, r.prompt, r.id, r.due_at, r.created_at, t.status
                from request r join thread t on t.id = r.thread where r.closed_at is null
                order by coalesce(r.due_at, '~'), r.thread, r.position
            """
            found = sum(row[3] == PROMPT for row in connection.execute(sql))
            return found, time.perf_counter() - start
