"""The connection that writes: takes whole transactions as functions and commits those that wait together at once."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hitl_tui.store import failpoints
from hitl_tui.store.heard import heard
from hitl_tui.store.patience import RETRY_SECONDS, Patience, is_busy
from hitl_tui.store.unusable import explained

_Result = TypeVar("_Result")
BATCH_SECONDS = 0.020
CALM_TURNS = 3
"""So many turns of the loop in a row with one transaction at most: then the next one comes alone, too."""


@dataclass(slots=True, eq=False)
class _Job:
    transaction: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]
    outcome: Any = None
    error: BaseException | None = None
    patience: Patience | None = None
    """Once it was kept waiting by another process."""
    alone: bool = False
    """Whether its batch failed, so that it has a savepoint now."""

    def settle(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.outcome)

    def gives_up(self) -> bool:
        """Whether it was kept waiting for too long."""
        if self.patience is None:
            self.patience = Patience()
            return False
        return self.patience.is_over()


class Writer:
    """Works in the loop that uses it, `loop`. A transaction that fails is undone alone; the others of its batch stand.

    A batch is what waits when the loop comes to it: it shares one fsync, for which the loop waits, and lasts at most
    20 ms; callers hear of their result only after the COMMIT. While transactions come one at a time, none is kept
    waiting for others. A hand-over to a thread and back would cost more than the statements do. For a loop that must
    not wait there is `WriterThread`. `check` runs before each COMMIT and raises where nothing may be stored any more.
    """

    def __init__(
        self, path: Path, check: Callable[[sqlite3.Connection], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._path = path
        self._check = check
        self._loop = loop
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[_Job] = []
        self._next: asyncio.Handle | None = None
        self._came = 0
        """How many transactions, since the loop's last turn."""
        self._calm_turns = 0
        """In so many of the loop's turns, the last ones, at most one came."""

    async def run(
        self, transaction: Callable[[sqlite3.Connection], _Result], note: Callable[[_Result], None] | None = None
    ) -> _Result:
        """The result of `transaction`, once it is on disk, and told to `note` before anything else."""
        future: asyncio.Future[_Result] = self._loop.create_future()
        self._waiting.append(_Job(transaction, future))
        self._came += 1
        # While the loop runs, what was handed in is stored, also when its caller is cancelled and does not hear of it.
        with explained(self._path):
            if self._next is None and self._calm_turns >= CALM_TURNS:
                self._work()
            if self._next is None:
                self._next = self._loop.call_soon(self._turn)
            return await heard(future, note)

    async def close(self) -> None:
        """Finish what was handed in, then stop."""
        if self._waiting:
            last = _Job(lambda connection: None, self._loop.create_future(), patience=self._waiting[-1].patience)
            self._waiting.append(last)
            # A second Ctrl+C may have come just where the next turn was to be arranged.
            if self._next is not None:
                self._next.cancel()
            self._next = self._loop.call_soon(self._turn)
            await asyncio.wait({last.future})
            last.future.exception()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _turn(self) -> None:
        self._next = None
        self._calm_turns = self._calm_turns + 1 if max(self._came, len(self._waiting)) < 2 else 0
        self._came = 0
        if self._waiting:
            self._work()

    def _work(self) -> None:
        """Commit what waits, or try again in a moment if another process is writing."""
        batch: list[_Job] = []
        through: list[_Job] = []
        pause = 0.0
        try:
            connection = self._begin()
            self._run_waiting(connection, batch)
            self._check(connection)
            _commit(connection, batch)
            through = batch
        except _SomebodyFailed:
            self._undo()
        except (KeyboardInterrupt, SystemExit):
            # The program ends; what is not on disk yet waits for `close`.
            if not self._undo():
                through = batch
            raise
        except BaseException as error:
            self._undo()
            if is_busy(error) and not batch:
                # All of them are asked, for that counts their tries; but none is told before those that came sooner.
                over = [job.gives_up() for job in self._waiting]
                through = self._waiting[: [*over, False].index(False)]
                pause = RETRY_SECONDS
            else:
                through = batch or self._waiting[:1]
            for job in through:
                job.error = job.error or error
        finally:
            del self._waiting[: len(through)]
            if self._waiting:
                self._next = self._loop.call_later(pause, self._turn)
            for job in through:
                job.settle()

    def _begin(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self._path)
        self._connection.execute("begin immediate")
        return self._connection

    def _undo(self) -> bool:
        """Whether there was something to be undone."""
        if self._connection is None or not self._connection.in_transaction:
            return False
        self._connection.rollback()
        return True

    def _run_waiting(self, connection: sqlite3.Connection, batch: list[_Job]) -> None:
        until = time.monotonic() + BATCH_SECONDS
        for job in self._waiting:
            batch.append(job)
            if job.alone:
                _run_alone(connection, job)
            else:
                try:
                    job.outcome = job.transaction(connection)
                except Exception as error:
                    # Most often by losing a race. Savepoints tell who fails, but cost the many batches in which nobody
                    # does; a transaction depends on nothing but the database and the clock, so all of them can run
                    # again.
                    for one in batch:
                        one.alone = True
                    raise _SomebodyFailed from error
            if time.monotonic() > until:
                return


class _SomebodyFailed(Exception):
    """Nothing of this batch is stored; in the next one those that ran are told apart."""


def _run_alone(connection: sqlite3.Connection, job: _Job) -> None:
    job.error = None
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
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma foreign_keys = on")
    except BaseException:
        connection.close()
        raise
    return connection
