"""What one thread's run has to commit, in its order; what is ready at the same time goes into one transaction."""

from __future__ import annotations

import asyncio

from hitl_tui.engine.keeping import keep
from hitl_tui.store.commits import NodeCommit, RunCommit, ThreadCommit
from hitl_tui.store.database import Database

DELAY_SECONDS = 0.005
"""How long a result may wait for that of the next node, which usually ends sooner."""
MAX_WAITING = 20


class Outgoing:
    """Collects commits. Raises `LeaseLost` and `DatabaseUnusable` late: with the next call at the latest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[NodeCommit | ThreadCommit] = []
        self._waiting_is_pure = True
        self._under_way: asyncio.Task[None] | None = None
        self._under_way_is_pure = True
        self._delayed: asyncio.Handle | None = None
        self._closed = False

    async def put(self, commit: NodeCommit | ThreadCommit, *, pure: bool = False) -> None:
        """Take a result; `pure` says that running its node again would change nothing anywhere."""
        self._waiting.append(commit)
        self._waiting_is_pure = self._waiting_is_pure and pure
        if len(self._waiting) >= MAX_WAITING:
            await self.flush()
        else:
            self._delay()

    async def make_sure(self) -> None:
        """Return when a node that acts on the world may start.

        The results before it are on disk then, except those of pure nodes: they follow in a moment.
        """
        if not (self._waiting_is_pure and self._under_way_is_pure):
            await self.flush()

    async def flush(self) -> None:
        """Return when everything is on disk."""
        self._undelay()
        under_way, self._under_way = self._under_way, None
        try:
            if under_way is not None:
                await under_way
                self._under_way_is_pure = True
            # Others may put more meanwhile; the loop's turn ends only at the write.
            if self._waiting:
                await self._write()
        except Exception:
            # What came since may build on what could not be stored.
            self._waiting.clear()
            raise

    def close(self) -> None:
        """The run is over, whatever became of it: nothing starts by itself any more, or is tried again."""
        self._closed = True
        self._undelay()
        if self._under_way is not None:
            # What it has handed in is stored all the same.
            self._under_way.cancel()
            self._under_way = None

    async def _write(self) -> None:
        waiting, self._waiting, self._waiting_is_pure = self._waiting, [], True
        await keep(self._database, waiting[0] if len(waiting) == 1 else RunCommit(waiting))

    def _delay(self) -> None:
        if self._waiting and self._delayed is None and self._under_way is None and not self._closed:
            # Most are on their way before the loop's next turn, and a timer costs more than a turn.
            self._delayed = asyncio.get_running_loop().call_soon(self._delay_on)

    def _delay_on(self) -> None:
        self._delayed = asyncio.get_running_loop().call_later(DELAY_SECONDS, self._start)

    def _start(self) -> None:
        self._delayed = None
        self._under_way_is_pure = self._waiting_is_pure
        self._under_way = asyncio.get_running_loop().create_task(self._write())
        self._under_way.add_done_callback(self._written)

    def _written(self, task: asyncio.Task[None]) -> None:
        # What it raised stays for `flush` to raise; without one the run has failed already.
        if task.cancelled() or task.exception() is not None or task is not self._under_way:
            return
        self._under_way, self._under_way_is_pure = None, True
        self._delay()

    def _undelay(self) -> None:
        if self._delayed is not None:
            self._delayed.cancel()
            self._delayed = None
