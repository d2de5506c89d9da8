"""A process of the machine: a database of its own on the shared file, which dies, stops or falls asleep at a moment.

Moments are what its agents do and what its writer commits. A process that is dead commits nothing any more, and its
agents do nothing: for the others it is as if it had been killed there. One that sleeps goes on when it is woken.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from hitl_tui.engine.executor import Executor
from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.runner import Runner
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.local_runner import LocalRunner
from hitl_tui.inbox.session import Session
from hitl_tui.store import writer
from hitl_tui.store.database import Database
from hitl_tui.store.writer import Writer
from hitl_tui.store.writer_thread import WriterThread
from tests.engine.workshop import Clock
from tests.machine.agents import registry
from tests.machine.world import World
from tests.waiting import DEADLINE_SECONDS


class Fate(StrEnum):
    """What befalls a process at a moment."""

    CRASH = "crash"
    STOP = "stop"
    SLEEP = "sleep"


@dataclass(frozen=True)
class Doom:
    """A fate, and how many moments it is away."""

    fate: Fate
    moments: int


class Dead(BaseException):
    """Ends whatever a dead process still does; agents' and the engine's `except Exception` lets it pass."""


class _Watched(Database):
    """A database that knows whose it is."""

    process: Process


_OF_THREAD: dict[int, Process] = {}
"""Whose writer runs in a thread."""


class Process:
    """One process: an inbox for a person, and a runner."""

    def __init__(self, name: str, world: World, clock: Clock) -> None:
        self.name = name
        self.dead = False
        self.asleep = False
        self.overslept = False
        """Whether it ever slept: what it then runs may long be somebody else's."""
        self.blocked = False
        """Whether an agent blocks the loop, and with it whoever could wake the process."""
        self.inbox: Inbox
        self._world = world
        self._clock = clock
        self._pending = 0
        self._frozen = False
        self._doom: Doom | None = None
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._slept = asyncio.Event()
        self._awake = asyncio.Event()
        self._woken = threading.Event()
        self._stack = contextlib.AsyncExitStack()
        self._task: asyncio.Task[Any] | None = None
        self._session: Session

    async def open(self, path: Path) -> Process:
        """Begin."""
        database = await self._stack.enter_async_context(_Watched.open(path, aside=True))
        assert isinstance(database, _Watched)
        database.process = self
        self._session = Session(database, self.name, "machine", self._clock)
        self.inbox = Inbox(self._session)
        return self

    async def close(self) -> None:
        """End as if killed."""
        self.dead = True
        await self.wake()
        await self._stack.aclose()

    def runner(self) -> Runner:
        """A runner. All have the same owner, so that it is the epoch of a lease that must keep them apart."""
        executor = Executor(registry(self, self._world), Hosts(keep=1))
        return Runner(self._session.database, executor, owner="runner", trusted=lambda: (), clock=self._clock)

    @contextlib.asynccontextmanager
    async def local(self):  # type: ignore[no-untyped-def]
        """An inbox whose answers claim the thread, and the runner that then runs it, as `hitl resume` does."""
        runner = LocalRunner(self._session, self.runner)
        session = Session(self._session.database, self.name, "machine", self._clock, runner=runner)
        try:
            yield Inbox(session), runner
        finally:
            await runner.close()

    async def do(self, work: Coroutine[Any, Any, Any], doom: Doom | None = None) -> Any:
        """What `work` returned; None when the process died, or sleeps in the middle of it."""
        self._doom = doom
        self._stop.clear()
        self._slept.clear()
        task = self._task = asyncio.create_task(work)
        slept = asyncio.create_task(self._slept.wait())
        await asyncio.wait({task, slept}, return_when=asyncio.FIRST_COMPLETED, timeout=DEADLINE_SECONDS)
        slept.cancel()
        if self.asleep:
            return None
        self._doom = None
        return await self._ended(task)

    async def serve(self, ready: Callable[[], bool]) -> None:
        """Be a worker while something is ready, or runs here."""
        runner = self.runner()
        task = asyncio.create_task(runner.serve(3, self._stop))
        while not task.done() and not self._stop.is_set() and (ready() or runner._leases):
            await asyncio.wait({task}, timeout=0.001)
        self._stop.set()
        await task

    async def drive(self, thread: str) -> None:
        """Run one thread; at a stop, give up where it stands."""
        driving = asyncio.create_task(self.runner().drive(thread))
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({driving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not driving.done():
            driving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await driving

    async def wake(self) -> None:
        """Go on after a sleep, to the end of what was begun."""
        self.asleep = False
        self._awake.set()
        self._woken.set()
        if self._task is not None:
            await self._ended(self._task)

    async def _ended(self, task: asyncio.Task[Any]) -> Any:
        self._task = None
        done, _ = await asyncio.wait({task}, timeout=DEADLINE_SECONDS)
        if not done:
            task.cancel()
            self._world.violations.append(f"{self.name} hangs: {task}")
            return None
        if self.dead:
            task.exception() if not task.cancelled() else None
            return None
        return task.result()

    @property
    def busy(self) -> bool:
        """Whether something is still on its way to the disk."""
        return self._pending > 0 and not self._frozen

    async def moment(self) -> None:
        """An asynchronous agent comes here."""
        if self._reached() is Fate.SLEEP:
            self._fall_asleep()
        if self.asleep:
            await self._awake.wait()
            self._reached()

    def moment_now(self) -> None:
        """An agent that blocks its loop comes here; it cannot sleep, so that it sleeps later."""
        if self._reached() is Fate.SLEEP:
            self._doom = Doom(Fate.SLEEP, 1)

    def committed(self) -> None:
        """The writer comes here after each COMMIT."""
        fate = self._reached()
        if fate is Fate.SLEEP and self.blocked:
            self._doom = Doom(Fate.SLEEP, 1)
        elif fate is Fate.SLEEP:
            self._loop.call_soon_threadsafe(self._fall_asleep)
            self._freeze()

    def begins(self) -> None:
        """The writer comes here before it takes the lock for a batch."""
        if self.asleep and not self.blocked:
            self._freeze()

    def _freeze(self) -> None:
        self._frozen = True
        self._woken.wait(DEADLINE_SECONDS)
        self._frozen = False
        self._reached()

    def handed_in(self, count: int) -> None:
        """Transactions were handed to the writer, or (negative) it is through with them."""
        with self._lock:
            self._pending += count

    def _fall_asleep(self) -> None:
        self._awake.clear()
        self.asleep = self.overslept = True
        self._slept.set()

    def _reached(self) -> Fate | None:
        with self._lock:
            if self.dead:
                raise Dead
            if self._doom is None:
                return None
            doom = self._doom
            if doom.moments > 1:
                self._doom = Doom(doom.fate, doom.moments - 1)
                return None
            self._doom = None
            self._world.came[doom.fate] += 1
            if doom.fate is Fate.SLEEP:
                self._woken.clear()
            if doom.fate is Fate.STOP:
                self._loop.call_soon_threadsafe(self._stop.set)
            if doom.fate is Fate.CRASH:
                self.dead = True
                raise Dead
            return doom.fate


@contextlib.contextmanager
def watched_commits(batch_seconds: float) -> Iterator[None]:
    """Each COMMIT is two moments of its process: before it and after it. Whoever sleeps begins no transaction."""
    kept = writer._commit, writer.BATCH_SECONDS, Writer._begin, Writer._work, WriterThread.run
    commit, _, begin, work, run = kept

    def watched(connection: sqlite3.Connection, jobs: Sequence[Any]) -> None:
        process = _OF_THREAD[threading.get_ident()]
        process.moment_now()
        commit(connection, jobs)
        process.committed()

    def watched_begin(self: Any) -> sqlite3.Connection:
        process = _OF_THREAD[threading.get_ident()] = self._check.__self__.process
        process.begins()
        return begin(self)

    def watched_work(self: Any) -> None:
        waiting = len(self._waiting)
        try:
            work(self)
        finally:
            self._check.__self__.process.handed_in(len(self._waiting) - waiting)

    async def watched_run(self: Any, transaction: Any, note: Any) -> Any:
        self._writer._check.__self__.process.handed_in(1)
        return await run(self, transaction, note)

    writer._commit, writer.BATCH_SECONDS = watched, batch_seconds
    Writer._begin, Writer._work = watched_begin, watched_work  # type: ignore[method-assign]
    WriterThread.run = watched_run  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        writer._commit, writer.BATCH_SECONDS, Writer._begin, Writer._work, WriterThread.run = kept  # type: ignore[method-assign]
        _OF_THREAD.clear()
