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
import queue
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
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
_OPEN_AT_MOST: Final = 8
_VIA: Final = "api"
_Result = TypeVar("_Result")


async def visit(path: Path, actor: str, deed: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
    """What the deed comes to, in the database at `path`; cancelled, it lets the deed clean up first."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[_Result] = loop.create_future()

    def tell(task: asyncio.Task[_Result]) -> None:
        # A loop that was closed has nobody who could be told.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, ended, task)

    with _rooms.mine() as room:
        cancel = room.begin(path, actor, deed, tell)
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        if not ended.done():
            cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await asyncio.shield(ended)
        raise


def visit_at_once(path: Path, actor: str, deed: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
    """As `visit`, for a caller that does not await it: it blocks, also where a loop runs, which waits with it."""
    if _rooms.are_here:
        # What the program does with our log may ask, in the midst of our work, which waits with it.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, _alone(path, actor, deed)).result()
    # A signal's handler may come in between and visit, too: this queue needs no lock that it would find taken.
    ended: queue.SimpleQueue[asyncio.Task[_Result]] = queue.SimpleQueue()
    with _rooms.mine() as room:
        cancel = room.begin(path, actor, deed, ended.put)
    try:
        task = ended.get()
    except BaseException:
        cancel()
        ended.get()
        raise
    return task.result()


def _settle(ended: asyncio.Future[_Result], task: asyncio.Task[_Result]) -> None:
    error = None if task.cancelled() else task.exception()
    if isinstance(error, Exception):
        ended.set_exception(error)
    elif task.cancelled() or error is not None:
        # What is no Exception has interrupted the program, which knows it already.
        ended.cancel()
    else:
        ended.set_result(task.result())


async def _alone(path: Path, actor: str, deed: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
    async with Inbox.open(path, actor=actor, via=_VIA) as inbox:
        return await deed(inbox)


class _Room:
    """A loop in a thread of its own, and the databases that are open in it."""

    def __init__(self, lost: Collection[Path]) -> None:
        # In a context of its own: what a caller keeps in its own one is neither seen here, nor kept for long.
        self._loop = Context().run(asyncio.new_event_loop)
        self._open: dict[Path, _Opened] = {}
        self._replaced: list[tuple[Path, _Opened]] = []
        self._lost = lost
        self._thread = threading.Thread(target=self._loop.run_forever, name="hitl-inbox", daemon=True)
        self._thread.start()

    @property
    def is_here(self) -> bool:
        """Whether this code runs in it."""
        return threading.current_thread() is self._thread

    @property
    def open(self) -> Collection[Path]:
        """The files of the databases that are open."""
        return [file for file, opened in self._all() if not opened.is_closed]

    def _all(self) -> list[tuple[Path, _Opened]]:
        """Also those that were opened anew: the old one stays open as long as somebody visits it."""
        return [*self._open.items(), *self._replaced]

    def begin(
        self,
        path: Path,
        actor: str,
        deed: Callable[[Inbox], Awaitable[_Result]],
        tell: Callable[[asyncio.Task[_Result]], None],
    ) -> Callable[[], None]:
        """Begin a visit that tells its end; what is returned cancels it. Raises `DatabaseUnusable` after a fork."""
        place = path.absolute()
        # One file may have many names, by links for example. Unlike Path.resolve() this raises nothing.
        file = Path(os.path.realpath(place))
        if file in self._lost:
            raise DatabaseUnusable(
                f"the database {place} was in use when this process was forked, so it cannot be used here",
                hint="fork before the first call, or let no call run meanwhile, or start processes by 'spawn'",
                path=str(place),
            )
        tasks: list[asyncio.Task[_Result]] = []

        def begin() -> None:
            tasks.append(self._loop.create_task(self._visit(file, place, actor, deed)))
            tasks[0].add_done_callback(tell)

        def cancel() -> None:
            self._loop.call_soon_threadsafe(lambda: tasks[0].cancel())

        self._loop.call_soon_threadsafe(begin, context=Context())
        return cancel

    async def _visit(self, file: Path, path: Path, actor: str, deed: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
        opened = self._open.get(file)
        if opened is None or not opened.takes_visitors:
            if opened is not None:
                opened.end()
                self._replaced.append((file, opened))
            self._tidy()
            opened = self._open[file] = _Opened(path)
        async with opened as (database, hosts):
            return await deed(Inbox(Session(database, actor, _VIA), hosts))

    def _tidy(self) -> None:
        """Forget what is closed, and have the oldest of many that nobody visits closed."""
        self._open = {file: opened for file, opened in self._open.items() if not opened.is_closed}
        self._replaced = [(file, opened) for file, opened in self._replaced if not opened.is_closed]
        idle = [opened for opened in self._open.values() if opened.is_idle]
        for opened in idle[: max(0, len(self._open) - _OPEN_AT_MOST + 1)]:
            opened.end()

    def close(self) -> bool:
        """Close the databases that nobody visits; whether nothing is left, and the thread has ended."""
        if self.is_here or not asyncio.run_coroutine_threadsafe(self._close(), self._loop).result():
            return False
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        return True

    async def _close(self) -> bool:
        # All of them end before the loop's next turn, which may bring a visitor, for whom nobody here waits.
        closing = [opened.end() for _, opened in self._all() if opened.is_idle]
        if closing:
            await asyncio.wait(closing)
        if asyncio.all_tasks() != {asyncio.current_task()}:
            return False
        await self._loop.shutdown_default_executor()
        return True


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
        """Not when it closes, and not when its file is not there any more."""
        return not self._is_over and (self._database is None or self._database.is_well)

    @property
    def is_closed(self) -> bool:
        """Whether nothing of it is left."""
        return self._task.done()

    @property
    def is_idle(self) -> bool:
        """Whether nobody visits it now."""
        return self._visitors == 0

    def end(self) -> asyncio.Task[None]:
        """Take no more visitors; what is returned ends when it is closed, after the last one has left."""
        self._is_over = True
        self._left.set()
        return self._task

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
            self.end()
        self._leave()

    def _leave(self) -> None:
        self._visitors -= 1
        if self._visitors == 0:
            self._left.set()

    async def _keep(self, path: Path) -> None:
        try:
            async with Database.open(path) as self._database:
                hosts = Hosts(keep=_HOSTS_KEPT)
                self._ready.set_result((self._database, hosts))
                try:
                    await self._unused()
                finally:
                    self.end()
                    await hosts.close()
        except Exception as error:
            self.end()
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
        # A signal's handler may visit while its program begins to.
        self._lock = threading.RLock()
        self._room: _Room | None = None
        self._left_behind: list[_Room] = []

    @property
    def are_here(self) -> bool:
        """Whether this code runs in it."""
        return self._room is not None and self._room.is_here

    @contextlib.contextmanager
    def mine(self) -> Iterator[_Room]:
        """The room, which stays while it is held: nobody forks, or closes it, meanwhile."""
        with self._lock:
            if self._room is None:
                self._room = _Room({path for room in self._left_behind for path in room.open})
            yield self._room

    def close(self) -> None:
        """Leave no database open, and no thread behind, when the program ends."""
        with self._lock:
            if self._room is not None and self._room.close():
                self._room = None

    def before_fork(self) -> None:
        """The same: in a child, SQLite would take its parent's locks for its own, and both write over each other."""
        self._lock.acquire()
        self.close()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """A child has no such thread. Where a visit went on it may neither use nor close the connections."""
        if self._room is not None:
            self._left_behind.append(self._room)
        self._lock, self._room = threading.RLock(), None


_rooms = _Rooms()
os.register_at_fork(
    before=_rooms.before_fork,
    after_in_parent=_rooms.after_fork_in_parent,
    after_in_child=_rooms.after_fork_in_child,
)
atexit.register(_rooms.close)
