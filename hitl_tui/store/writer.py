"""The one writer of a process: takes whole transactions as functions and commits those that wait together at once."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hitl_tui.store import failpoints
from hitl_tui.store.patience import patiently
from hitl_tui.store.unusable import explained

_Result = TypeVar("_Result")
BATCH_SECONDS = 0.020


@dataclass(slots=True, eq=False)
class _Job:
    transaction: Callable[[sqlite3.Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
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
    """A thread with its own connection. A transaction that fails is undone alone; the others of its batch stand.

    A batch shares one fsync and lasts at most 20 ms; callers hear of their result only after the COMMIT. `check` runs
    before each COMMIT and raises where nothing may be stored any more.
    """

    def __init__(self, path: Path, check: Callable[[], None]) -> None:
        self._path = path
        self._check = check
        self._closing = False
        self._on_closed: Callable[[], object] = lambda: None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="hitl-writer", daemon=True)
        self._thread.start()

    async def run(self, transaction: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """The result of `transaction`, once it is on disk."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Result] = loop.create_future()
        self._jobs.put(_Job(transaction, loop, future))
        # A transaction that has begun is not undone by a cancelled caller: the caller just does not hear of it.
        with explained(self._path):
            return await future

    async def close(self) -> None:
        """Finish what was handed in, then stop."""
        loop = asyncio.get_running_loop()
        closed = loop.create_future()
        # No executor is asked to join the thread: as Python ends there is none, and a database may be open still.
        self._on_closed = lambda: loop.call_soon_threadsafe(closed.set_result, None)
        self._jobs.put(None)
        await closed

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        while not self._closing and (job := self._jobs.get()) is not None:
            batch = [job]
            try:
                with explained(self._path):
                    if connection is None:
                        connection = _connect(self._path)
                    self._batch(connection, batch)
            except BaseException as error:
                if connection is not None and connection.in_transaction:
                    connection.rollback()
                for one in batch:
                    one.error = one.error or error
            _tell(batch)
        if connection is not None:
            connection.close()
        self._on_closed()

    def _batch(self, connection: sqlite3.Connection, batch: list[_Job]) -> None:
        """Run the jobs that wait in one transaction."""
        patiently(connection, "begin immediate")
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
        job: _Job | None = batch[0]
        while job is not None:
            job.outcome = job.transaction(connection)
            if self._closing or time.monotonic() > until:
                return
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is None:
                self._closing = True
            else:
                batch.append(job)


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


def _tell(batch: list[_Job]) -> None:
    """Wake the callers, each loop once."""
    for loop in {job.loop for job in batch}:
        # A loop that is closed has nobody who could be told.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, [job for job in batch if job.loop is loop])


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=0, cached_statements=256)
    connection.row_factory = sqlite3.Row
    patiently(connection, "pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")
    return connection
