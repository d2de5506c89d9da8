"""The loop that claims ready threads and runs them, a bounded number at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from hitl_tui.engine import clockwork
from hitl_tui.engine.executor import Executor
from hitl_tui.engine.thread_run import ThreadRun
from hitl_tui.errors import DatabaseUnusable
from hitl_tui.model.jsontext import iso
from hitl_tui.store.database import Database
from hitl_tui.store.leases import Claim, HandBack, Lease, Renew, claimable, free
from hitl_tui.store.threads import Thread

LOG = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)
HEARTBEATS = 3
"""How often a lease is renewed before it would run out."""
TICK_SECONDS = 1.0
GRACE_SECONDS = 3.0


class Watcher(Protocol):
    """Hears what a runner does, for a status line."""

    def __call__(self, thread: Thread, event: str) -> None: ...


class Runner:
    """Claims and runs threads of one database. Leases are renewed while they are held and handed back at a stop."""

    def __init__(
        self,
        database: Database,
        executor: Executor,
        *,
        owner: str,
        trusted: Callable[[], Sequence[str]],
        clock: Callable[[], datetime],
        watcher: Watcher = lambda thread, event: None,
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._executor = executor
        self._owner = owner
        self._trusted = trusted
        self._clock = clock
        self._watcher = watcher
        self._lease = lease
        # By lease: a run that lost its thread may still be in its node when this runner claims the thread again.
        self._leases: set[Lease] = set()
        self._runs: dict[Lease, ThreadRun] = {}
        self._tasks: dict[Lease, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    async def serve(self, concurrency: int, stop: asyncio.Event) -> None:
        """Run whatever becomes ready until `stop` is set; then let nodes end for a moment and hand the rest back."""
        running: set[asyncio.Task[None]] = set()
        async with self._alive():
            listener = asyncio.create_task(self._listen())
            stopper = asyncio.create_task(stop.wait())
            stopper.add_done_callback(lambda _: self._wake.set())
            try:
                while not stop.is_set():
                    self._wake.clear()
                    try:
                        await clockwork.tick(self._database, iso(self._clock()))
                        while len(running) < concurrency and (thread := await self._claim_next()) is not None:
                            running.add(self._start(thread))
                        for task in [task for task in running if task.done()]:
                            running.discard(task)
                            if not task.cancelled():
                                task.result()
                    except DatabaseUnusable as error:
                        if not error.busy:
                            raise
                        LOG.warning("%s; trying again", error)
                    if listener.done():
                        listener.result()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), TICK_SECONDS)
            finally:
                listener.cancel()
                stopper.cancel()
                for run in self._runs.values():
                    run.stop()
                if running:
                    await asyncio.wait(running, timeout=GRACE_SECONDS)
                await _cancelled(running)

    async def drive(self, thread_id: str) -> None:
        """Run one thread for as long as this runner can have it: until it pauses, ends, or another runner has it."""
        async with self._alive():
            if not await free(self._database, thread_id, iso(self._clock()), self._trusted()):
                return
            thread = await self._claim(thread_id)
            if thread is not None:
                await self._await(self._start(thread))

    @contextlib.asynccontextmanager
    async def _alive(self) -> AsyncIterator[None]:
        """Heartbeat while inside; whatever is still leased at the end is handed back."""
        heart = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            heart.cancel()
            if self._leases:
                await self._database.write(HandBack(list(self._leases)))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / HEARTBEATS)
            if not self._leases:
                continue
            try:
                await self._renew()
            except DatabaseUnusable as error:
                # The next beat tries again; if the lease runs out, its epoch keeps us from committing.
                LOG.warning("heartbeat missed: %s", error)

    async def _renew(self) -> None:
        lost = await self._database.write(Renew(list(self._leases), iso(self._clock() + self._lease)))
        for lease in lost:
            # Cancelled, or taken over while we slept: nothing of this run can be stored any more.
            self._leases.discard(lease)
            if lease in self._tasks:
                self._tasks[lease].cancel()

    async def _listen(self) -> None:
        async for _ in self._database.changes.listen():
            self._wake.set()

    async def _claim_next(self) -> Thread | None:
        renewed = False
        while (found := await claimable(self._database, iso(self._clock()), self._trusted())) is not None:
            if not renewed and any(lease.thread_id == found for lease in self._leases):
                # We slept past our own lease. Where nobody else was quicker, the run that we have goes on.
                await self._renew()
                renewed = True
                continue
            thread = await self._claim(found)
            if thread is not None:
                return thread
        return None

    async def _claim(self, thread_id: str) -> Thread | None:
        now = self._clock()
        until = iso(now + self._lease)
        thread = await self._database.write(Claim(thread_id, self._owner, self._trusted(), iso(now), until))
        if thread is not None:
            self._leases.add(self._lease_of(thread))
        return thread

    def _lease_of(self, thread: Thread) -> Lease:
        return Lease(thread.id, self._owner, thread.lease_epoch)

    def _start(self, thread: Thread) -> asyncio.Task[None]:
        task = asyncio.create_task(self._run(thread))
        self._tasks[self._lease_of(thread)] = task
        task.add_done_callback(lambda _: self._wake.set())
        return task

    async def _await(self, task: asyncio.Task[None]) -> None:
        """Wait for a run; one that lost its lease was cancelled, and that is no error here."""
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            await _cancelled({task})
            raise
        if not task.cancelled():
            task.result()

    async def _run(self, thread: Thread) -> None:
        self._watcher(thread, "claimed")
        lease = self._lease_of(thread)
        run = self._runs[lease] = ThreadRun(self._database, thread, lease, self._executor, self._clock)
        try:
            # A run that was cut off keeps its lease: `_alive` hands it back.
            if await run.run():
                self._leases.discard(lease)
        except Exception:
            # Not renewed any more, so that after its time another runner, or this one, goes on.
            self._leases.discard(lease)
            raise
        finally:
            self._runs.pop(lease)
            self._tasks.pop(lease)
        self._watcher(thread, "released")


async def _cancelled(tasks: set[asyncio.Task[None]]) -> None:
    for task in list(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
