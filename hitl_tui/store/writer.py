"""The one writer of a process: takes whole transactions as functions and commits those that wait together at once."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.store import failpoints
from hitl_tui.store.patience import RETRY_SECONDS, given_up_at, is_busy, patiently
from hitl_tui.store.unusable import explained

_Result = TypeVar("_Result")
BATCH_SECONDS = 0.020


@dataclass(slots=True, eq=False)
class _Job:
    transaction: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]
    until: float
    outcome: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.outcome)


class Writer:
    """Its own connection, in the loop that uses it. A transaction that fails is undone alone; the others of its batch
    stand.

    A batch is what waits when the loop comes to it: it shares one fsync, for which the loop waits, and lasts at most
    20 ms; callers hear of their result only after the COMMIT. A hand-over to a thread and back would cost more than the
    statements do. For a loop that must not wait there is `WriterThread`. `check` runs before each COMMIT and raises
    where nothing may be stored any more.
    """

    def __init__(self, path: Path, check: Callable[[], None]) -> None:
        self._path = path
        self._check = check
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[_Job] = []

    async def run(self, transaction: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """The result of `transaction`, once it is on disk."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Result] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._work)
        self._waiting.append(_Job(transaction, future, given_up_at()))
        # What was handed in is stored also when its caller is cancelled: the caller just does not hear of it.
        with explained(self._path):
            return await future

    async def close(self) -> None:
        """Finish what was handed in, then stop."""
        if self._waiting:
            with contextlib.suppress(DatabaseUnusable):
                await self.run(lambda connection: None)
        if self._connection is not None:
            self._connection.close()

    def _work(self) -> None:
        """Commit what waits, or try again in a moment if another process is writing."""
        loop = asyncio.get_running_loop()
        batch: list[_Job] = []
        try:
            connection = self._begin()
            self._batch(connection, batch)
        except BaseException as error:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.rollback()
            first = self._waiting[0]
            if not batch and is_busy(error) and time.monotonic() < first.until:
                loop.call_later(RETRY_SECONDS, self._work)
                return
            batch = batch or [first]
            for job in batch:
                job.error = job.error or error
        del self._waiting[: len(batch)]
        for job in batch:
            job.settle()
        if self._waiting:
            loop.call_soon(self._work)

    def _begin(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self._path)
        self._connection.execute("begin immediate")
        return self._connection

    def _batch(self, connection: sqlite3.Connection, batch: list[_Job]) -> None:
        """Run the jobs that wait in one transaction."""
        try:
            self._run_waiting(connection, batch)
        except Exception:
            # Somebody must fail, most often by losing a race. Savepoints tell whom, but cost the many batches in which
            # nobody does; a transaction depends on nothing but the database, so all of them can run again.
            connection.rollback()
            patiently(connection, "begin immediate")
            for job in batch:
                _run_alone(connection, job)
        self._check()
        _commit(connection, batch)

    def _run_waiting(self, connection: sqlite3.Connection, batch: list[_Job]) -> None:
        until = time.monotonic() + BATCH_SECONDS
        for job in self._waiting:
            batch.append(job)
            job.outcome = job.transaction(connection)
            if time.monotonic() > until:
                return


def _run_alone(connection: sqlite3.Connection, job: _Job) -> None:
    connection.execute("savepoint unit")
    try:
        job.outcome = job.transaction(connection)
    except Exception as error:
        if not connection.in_transaction:
            raise
        connection.execute("rollback to unit")
        job.error = error
    connection.execute("release unit")


@failpoints.around
def _commit(connection: sqlite3.Connection, batch: Sequence[failpoints.Unit]) -> None:
    connection.execute("commit")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=0, cached_statements=256)
    connection.row_factory = sqlite3.Row
    patiently(connection, "pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")
    return connection
