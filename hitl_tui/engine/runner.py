"""The loop that claims ready threads and runs them, a bounded number at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from hitl_tui.engine import clockwork, indexing
from hitl_tui.engine.executor import Executor
from hitl_tui.engine.progress import MAX_MESSAGE
from hitl_tui.engine.thread_run import ThreadRun
from hitl_tui.errors import DatabaseUnusable, LeaseLost
from hitl_tui.model.jsontext import from_iso, iso
from hitl_tui.model.kinds import ThreadStatus
from hitl_tui.model.redaction import redacted
from hitl_tui.store.commits import ThreadCommit
from hitl_tui.store.database import Database
from hitl_tui.store.leases import Claim, Claimant, Claimed, ClaimNext, HandBack, Lease, Renew, claimable, free, lost
from hitl_tui.store.threads import Thread, graph_of
from hitl_tui.store.turns import Finish

LOG = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)
HEARTBEATS = 3
"""How often a lease is renewed before it would run out."""
LOOKS = 5
"""How often, from one renewal to the next, it is looked whether a lease is lost: a cancelled agent ends soon."""
TICK_SECONDS = 1.0
GRACE_SECONDS = 3.0


class Watcher(Protocol):
    """Hears what a runner does, for a status line: it `claimed`, `released` or `lost` a thread."""

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
        self._interval = lease.total_seconds() / HEARTBEATS
        # By lease: a run that lost its thread may still be in its node when this runner claims the thread again.
        self._leases: set[Lease] = set()
        self._runs: dict[Lease, ThreadRun] = {}
        self._tasks: dict[Lease, asyncio.Task[None]] = {}
        self._winding_down: set[Lease] = set()
        self._has_worked = False
        self._ticked_at = float("-inf")
        self._wake = asyncio.Event()

    async def serve(self, concurrency: int, stop: asyncio.Event) -> None:
        """Run whatever becomes ready until `stop` is set; then let nodes end for a moment and hand the rest back.

        A defect that one run meets ends that run alone. Raises `DatabaseUnusable`.
        """
        running: set[asyncio.Task[None]] = set()
        async with self._alive():
            listener = asyncio.create_task(self._listen())
            indexer = asyncio.create_task(indexing.keep_up(self._database, self._worked))
            stopper = asyncio.create_task(stop.wait())
            stopper.add_done_callback(lambda _: self._wake.set())
            try:
                while not stop.is_set():
                    self._wake.clear()
                    try:
                        await self._tick()
                        # First of all: whoever ended makes room, and nobody wakes us for it a second time.
                        for task in [task for task in running if task.done()]:
                            running.discard(task)
                            _heed(task)
                        claimed = await self._claim_next(concurrency - len(running))
                        if stop.is_set():
                            # Handed back at the end, with whatever else is still leased.
                            self._leases.update(one.lease for one in claimed)
                            break
                        running.update(map(self._start, claimed))
                    except DatabaseUnusable as error:
                        if not error.busy:
                            raise
                        LOG.warning("%s; trying again", error)
                    if listener.done():
                        listener.result()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._ticked_at + TICK_SECONDS - time.monotonic()):
                            await self._wake.wait()
            finally:
                listener.cancel()
                indexer.cancel()
                stopper.cancel()
                self.wind_down()
                if running:
                    await asyncio.wait(running, timeout=GRACE_SECONDS)
                await _cancelled(running)

    async def drive(self, thread_id: str) -> None:
        """Run one thread for as long as this runner can have it: until it pauses, ends, or another runner has it."""
        async with self._alive():
            if not await free(self._database, thread_id, iso(self._clock()), self._trusted()):
                return
            claimed = await self._database.write(self.claim(thread_id), self._note)
            if claimed is not None:
                await self._await(self._start(claimed))

    async def go_on(self, claimed: Claimed) -> bool:
        """Run a thread that was claimed with `claim`; False if that is so long ago that another runner took it over."""
        now = self._clock()
        async with self._alive():
            # Nobody renewed the lease since, and a thread that runs under a lost one acts in vain, or twice.
            old = now - from_iso(claimed.thread.updated_at) > self._lease / HEARTBEATS
            if old and len(await self._database.write(Renew([claimed.lease], iso(now + self._lease)))) > 0:
                return False
            await self._await(self._start(claimed))
            return True

    def wind_down(self) -> None:
        """Let the nodes that run end, and begin no more in the threads that run now."""
        # A run of which the graph is still being read hears of it then.
        self._winding_down.update(self._tasks)
        for run in self._runs.values():
            run.stop()

    def cut_off(self) -> None:
        """Let no node that runs end: their threads are handed back."""
        for task in self._tasks.values():
            task.cancel()

    async def hand_back(self, claimed: Sequence[Claimed]) -> None:
        """Give up threads that were claimed with `claim` and did not run."""
        if claimed:
            await self._database.write(HandBack([one.lease for one in claimed]))

    def claim(self, thread_id: str) -> Claim:
        """The transaction that claims a thread for this runner; whoever commits it calls `go_on`."""
        return Claim(thread_id, self._claimant())

    @contextlib.asynccontextmanager
    async def _alive(self) -> AsyncIterator[None]:
        """Heartbeat while inside; whatever is still leased at the end is handed back."""
        heart: asyncio.Task[None] | None = None

        def begin() -> None:
            nonlocal heart
            heart = asyncio.create_task(self._beat())

        first = asyncio.get_running_loop().call_later(self._interval / LOOKS, begin)
        try:
            yield
        finally:
            first.cancel()
            if heart is not None:
                heart.cancel()
            if self._leases:
                await self._database.write(HandBack(list(self._leases)))

    async def _beat(self) -> None:
        renew_at = time.monotonic()
        while True:
            try:
                if self._leases and time.monotonic() >= renew_at:
                    await self._renew()
                    renew_at = time.monotonic() + self._interval
                elif self._leases:
                    self._let_go(await lost(self._database, [*self._leases]))
            except DatabaseUnusable as error:
                # The next beat tries again; if the lease runs out, its epoch keeps us from committing.
                LOG.warning("heartbeat missed: %s", error)
            await asyncio.sleep(self._interval / LOOKS)

    async def _renew(self) -> None:
        self._let_go(await self._database.write(Renew([*self._leases], iso(self._clock() + self._lease))))

    def _let_go(self, leases: Sequence[Lease]) -> None:
        for lease in leases:
            self._leases.discard(lease)
            run = self._runs.get(lease)
            if run is not None and run.has_ended:
                # It gave the lease up itself, and will hear so in a moment.
                continue
            # Cancelled, or taken over while we slept: nothing of this run can be stored any more.
            if lease in self._tasks:
                LOG.warning("thread %s went to another runner, or was cancelled; it ends here", lease.thread_id)
                self._tasks[lease].cancel()

    async def _listen(self) -> None:
        async for _ in self._database.changes.listen():
            self._wake.set()

    def _worked(self) -> bool:
        """Whether threads run, or ran since this was last asked: many short runs have moments in which none does."""
        worked, self._has_worked = self._has_worked or bool(self._tasks), False
        return worked

    async def _tick(self) -> None:
        """Let time do its work, but not with every change: what is due may be late by a part of a second."""
        if time.monotonic() >= self._ticked_at + TICK_SECONDS / 4:
            self._ticked_at = time.monotonic()
            if await clockwork.tick(self._database, iso(self._clock())):
                # After a night in which no worker ran, much more is due than one batch.
                self._ticked_at = float("-inf")

    async def _claim_next(self, room: int) -> Sequence[Claimed]:
        claimant = self._claimant()
        if room == 0 or not await claimable(self._database, iso(self._clock()), claimant.trusted):
            return ()
        # A lease of ours that ran out while we slept is for the heartbeat to renew, unless another runner was quicker.
        held = [lease.thread_id for lease in self._leases]
        return await self._database.write(ClaimNext(claimant, room, held))

    def _claimant(self) -> Claimant:
        return Claimant(self._owner, self._trusted(), self._clock, self._lease)

    def _note(self, claimed: Claimed | None) -> None:
        if claimed is not None:
            self._leases.add(claimed.lease)

    def _start(self, claimed: Claimed) -> asyncio.Task[None]:
        self._has_worked = True
        self._leases.add(claimed.lease)
        task = asyncio.create_task(self._run(claimed), name=claimed.thread.id)
        self._tasks[claimed.lease] = task
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

    async def _run(self, claimed: Claimed) -> None:
        thread, lease = claimed.thread, claimed.lease
        self._watcher(thread, "claimed")
        try:
            try:
                graph = await graph_of(self._database, thread.graph)
            except ValueError as error:
                await self._fail_unread(claimed, error)
                return
            run = self._runs[lease] = ThreadRun(self._database, claimed, graph, self._executor, self._clock)
            if lease in self._winding_down:
                run.stop()
            # A run that was cut off keeps its lease: `_alive` hands it back.
            if await run.run():
                self._leases.discard(lease)
        except asyncio.CancelledError:
            if lease not in self._leases:
                self._watcher(thread, "lost")
            raise
        except Exception:
            # Not renewed any more, so that after its time another runner, or this one, goes on.
            self._leases.discard(lease)
            raise
        finally:
            self._runs.pop(lease, None)
            self._tasks.pop(lease)
            self._winding_down.discard(lease)
        self._watcher(thread, "released")

    async def _fail_unread(self, claimed: Claimed, error: ValueError) -> None:
        """A thread whose definition another version wrote, or a hand, must not end all the others."""
        words = redacted(f"the definition that this thread started with cannot be read: {error}")
        LOG.error("thread %s failed: %s", claimed.thread.id, words)
        kept = {"node": claimed.thread.frontier[0].node, "type": "GraphUnreadable", "message": words[:MAX_MESSAGE]}
        self._leases.discard(claimed.lease)
        failed = ThreadCommit(claimed.lease, Finish(ThreadStatus.FAILED, None, kept), iso(self._clock()))
        with contextlib.suppress(LeaseLost):
            await self._database.write(failed)


def _heed(task: asyncio.Task[None]) -> None:
    """Raise what one run met that concerns all others, too; the lease of a run that broke off runs out."""
    try:
        if not task.cancelled():
            task.result()
    except DatabaseUnusable:
        raise
    except Exception:
        LOG.exception("thread %s could not be run; it is tried again when its lease has run out", task.get_name())


async def _cancelled(tasks: set[asyncio.Task[None]]) -> None:
    for task in list(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
