"""Visits of a Python program to its inbox, from any thread and any event loop, many at the same time.

They work in one loop beside the program's own, so that whatever the program does to its loop keeps no lease from
renewal, and share the database that is open there: its connections, its commits and its agents' processes.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent import futures
from pathlib import Path
from typing import Final, TypeVar

from hitl_tui.engine.hosts import Hosts
from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox.api import Inbox
from hitl_tui.inbox.session import Session
from hitl_tui.store.database import Database

LOG = logging.getLogger(__name__)
LINGER_SECONDS = 1.0
"""How long a database stays open for the next visit."""
_HOSTS_KEPT: Final = 8
_VIA: Final = "api"
_Result = TypeVar("_Result")


async def visit(path: Path, actor: str, deed: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
    """What the deed comes to, in the database at `path`; cancelled, it lets the deed clean up first."""
    ended, cancel = _rooms.mine().begin(path, actor, deed)
    here = asyncio.wrap_future(ended)
    try:
        return await asyncio.shield(here)
    except asyncio.CancelledError:
        if not here.done():
            cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await asyncio.shield(here)
        raise


def visit_at_once(path: Path, actor: str, deed: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
    """As `visit`, for a caller that does not await it: it blocks, also where a loop runs, which waits with it."""
    ended, cancel = _rooms.mine().begin(path, actor, deed)
    try:
        return ended.result()
    except KeyboardInterrupt:
        cancel()
        futures.wait([ended])
        raise


class _Room:
    """A loop in a thread of its own, and the databases that are open in it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._open: dict[Path, _Opened] = {}
        threading.Thread(target=self._loop.run_forever, name="hitl-inbox", daemon=True).start()

    def begin(
        self, path: Path, actor: str, deed: Callable[[Inbox], Awaitable[_Result]]
    ) -> tuple[futures.Future[_Result], Callable[[], None]]:
        """A visit: its end, and what cancels it. The future's own `cancel` would not wait for what cleans up."""
        place = path.absolute()
        ended: futures.Future[_Result] = futures.Future()
        tasks: list[asyncio.Task[_Result]] = []

        def begin() -> None:
            tasks.append(self._loop.create_task(self._visit(place, actor, deed)))
            tasks[0].add_done_callback(end)

        def end(task: asyncio.Task[_Result]) -> None:
            if task.cancelled():
                ended.set_exception(asyncio.CancelledError())
            elif (error := task.exception()) is not None:
                ended.set_exception(error)
            else:
                ended.set_result(task.result())

        def cancel() -> None:
            self._loop.call_soon_threadsafe(lambda: tasks[0].cancel())

        self._loop.call_soon_threadsafe(begin)
        return ended, cancel

    async def _visit(self, path: Path, actor: str, deed: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
        opened = self._open.get(path)
        if opened is None or not opened.takes_visitors:
            opened = self._open[path] = _Opened(path)
        async with opened as (database, hosts):
            return await deed(Inbox(Session(database, actor, _VIA), hosts))

    def close(self) -> None:
        """Close the databases that nobody visits."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()

    async def _close(self) -> None:
        await asyncio.gather(*(opened.close() for opened in self._open.values() if opened.is_idle))


class _Opened:
    """A database that is open while somebody visits it, and a moment longer."""

    def __init__(self, path: Path) -> None:
        self._visitors = 0
        self._left = asyncio.Event()
        self._is_over = False
        self._database: Database | None = None
        self._ready: asyncio.Future[tuple[Database, Hosts]] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._keep(path))

    @property
    def takes_visitors(self) -> bool:
        """Not when it closes, and not when its file is not there any more: then it closes."""
        if self._database is not None and not self._database.is_in_place:
            self._end()
        return not self._is_over

    @property
    def is_idle(self) -> bool:
        """Whether nobody visits it now."""
        return self._visitors == 0

    async def close(self) -> None:
        """Return when it is closed, after the last visitor has left."""
        self._end()
        await self._task

    async def __aenter__(self) -> tuple[Database, Hosts]:
        self._visitors += 1
        try:
            return await asyncio.shield(self._ready)
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, DatabaseUnusable):
            # The next one finds out for itself how things are by then.
            self._end()
        self._leave()

    def _leave(self) -> None:
        self._visitors -= 1
        if self._visitors == 0:
            self._left.set()

    def _end(self) -> None:
        self._is_over = True
        self._left.set()

    async def _keep(self, path: Path) -> None:
        try:
            async with Database.open(path) as self._database:
                hosts = Hosts(keep=_HOSTS_KEPT)
                self._ready.set_result((self._database, hosts))
                try:
                    await self._unused()
                finally:
                    self._end()
                    await hosts.close()
        except Exception as error:
            self._end()
            if self._ready.done():
                LOG.exception("the database %s was not closed properly", path)
            else:
                self._ready.set_exception(error)

    async def _unused(self) -> None:
        """Return when there was no visitor for a while, or when it is to end and the last one has left."""
        while True:
            await self._left.wait()
            self._left.clear()
            if self.is_idle and (self._is_over or await self._is_quiet()):
                return

    async def _is_quiet(self) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                # Set by the last visitor who leaves: somebody has come meanwhile.
                await self._left.wait()
        return self.is_idle and not self._left.is_set()


class _Rooms:
    """The one room of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._room: _Room | None = None
        self._left_behind: list[_Room | None] = []

    def mine(self) -> _Room:
        with self._lock:
            if self._room is None:
                self._room = _Room()
            return self._room

    def close(self) -> None:
        """Leave no database open when the program ends."""
        if self._room is not None:
            self._room.close()

    def after_fork(self) -> None:
        """A child has neither the thread nor, with SQLite, a use for the connections; to close them would harm ours."""
        self._left_behind.append(self._room)
        self._lock, self._room = threading.Lock(), None


_rooms = _Rooms()
os.register_at_fork(after_in_child=_rooms.after_fork)
atexit.register(_rooms.close)
