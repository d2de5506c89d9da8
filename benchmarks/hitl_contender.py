"""hitl-tui as `pause_resume.py` measures it: the runner of the workers and of `hitl run`, and the one decision path."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from contenders import DRAFT, DURABLE, PROMPT, STATE, THREAD
from many_threads import REQUEST, copy_rows

from hitl_tui.agents import builtins
from hitl_tui.engine.executor import Executor
from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.runner import Runner
from hitl_tui.inbox import deciding, listing
from hitl_tui.inbox.filters import Filter
from hitl_tui.inbox.local_runner import LocalRunner
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.trust import trust, trusted
from hitl_tui.model.graph import Graph, Input, Node
from hitl_tui.model.jsontext import iso
from hitl_tui.store.database import Database
from hitl_tui.store.starts import Start
from hitl_tui.store.threads import Thread

GRAPH = Graph(
    name="Release",
    start="prepare",
    nodes={
        "prepare": Node(name="prepare", agent="prepare", outputs=("draft",), on_success=("review",)),
        "review": Node(
            name="review",
            agent="approval_interaction",
            prompt=PROMPT,
            inputs=(Input(key="draft", param="draft"),),
            outputs=("answer",),
            on_success=("finish",),
        ),
        "finish": Node(name="finish", agent="finish", outputs=("result",)),
    },
)
AGENTS_FILE = f"""
from hitl_tui.agents import agent


@agent("prepare")
def prepare(inputs):
    return {DRAFT!r}


@agent("finish")
def finish(inputs):
    return "released"
"""
WORKER_CONCURRENCY = 8
"""The default of `hitl worker`."""


def _prepare(inputs: dict[str, Any]) -> str:
    return DRAFT


def _finish(inputs: dict[str, Any]) -> str:
    return "released"


class HitlRunning:
    """A runner on one database: for one thread after the other as in `hitl run`, or serving many as in a worker."""

    def __init__(self, database: Database, executor: Executor, *, reference: str | None, serving: bool) -> None:
        self.database = database
        self._reference = reference
        self._released: dict[str, asyncio.Future[None]] = {}
        session = Session(database, "ann", "api")
        new_runner = partial(
            Runner,
            database,
            executor,
            owner="benchmark",
            trusted=trusted,
            clock=session.clock,
            watcher=self._watch,
        )
        self.runner = new_runner()
        self._local = None if serving else LocalRunner(session, new_runner)
        self._session = replace(session, runner=self._local)

    async def pause(self, thread_id: str) -> None:
        """Store the thread as `inbox.start` does, and have it run to its question."""
        released = self._expect(thread_id)
        session = self._session
        now = iso(session.clock())
        start = Start(thread_id, GRAPH, "bench", dict(STATE), self._reference, 0, session.actor, "api", now)
        await session.wake(thread_id, start)
        await self._run(thread_id, released)

    async def resume(self, thread_id: str) -> None:
        """Decide as every surface does, and have the thread run to its end."""
        released = self._expect(thread_id)
        await deciding.decide(self._session, thread_id, "approve", None, None, None, 0)
        await self._run(thread_id, released)

    async def settings(self) -> dict[str, Any]:
        """The pragmas of the writer's connection."""
        return await self.database.write(pragmas)

    async def trace(self, note: Callable[[str], None]) -> None:
        """Hear the statements of the writer's connection."""
        await self.database.write(lambda connection: connection.set_trace_callback(note))

    async def _run(self, thread_id: str, released: asyncio.Future[None]) -> None:
        if self._local is not None:
            await self._local.run().advance(thread_id)
        await released

    def _expect(self, thread_id: str) -> asyncio.Future[None]:
        self._released[thread_id] = asyncio.get_running_loop().create_future()
        return self._released[thread_id]

    def _watch(self, thread: Thread, event: str) -> None:
        if event == "released":
            self._released.pop(thread.id).set_result(None)


class HitlTui:
    """The column of hitl-tui: the nodes are functions in the process of the runner, as with LangGraph."""

    name = "hitl-tui"

    @asynccontextmanager
    async def at_work(self, database: Path, at_once: int) -> AsyncIterator[HitlRunning]:
        registry = builtins.registry()
        registry.add("prepare", _prepare)
        registry.add("finish", _finish)
        async with Database.open(database) as opened:
            running = HitlRunning(opened, Executor(registry, Hosts(keep=0)), reference=None, serving=at_once > 1)
            if at_once == 1:
                yield running
                return
            async with _serving(running, at_once):
                yield running

    async def standing(self, database: Path) -> Counter[str]:
        return standing(database)

    def multiply(self, database: Path, copies: int) -> None:
        name = "'copy-' || i"
        with closing(sqlite3.connect(database)) as connection, connection:
            copy_rows(connection, "thread", "id", THREAD, copies, {"id": name})
            copy_rows(connection, "step", "thread", THREAD, copies, {"thread": name})
            copy_rows(connection, "request", "thread", THREAD, copies, {"id": REQUEST, "thread": name})

    async def listed(self, database: Path) -> tuple[int, float]:
        async with Database.open(database) as opened:
            start = time.perf_counter()
            page = await listing.page(Session(opened, "ann", "api"), Filter("waiting"), "due", 1_000_000, 0, None)
            found = sum(item.prompt == PROMPT for item in page.items)
            return found, time.perf_counter() - start


class HitlTuiHosted(HitlTui):
    """The same with the nodes in an agents file, which a worker runs in processes of their own; LangGraph has none.

    Threads are always served by a worker's loop with its default concurrency.
    """

    name = "own processes"

    @asynccontextmanager
    async def at_work(self, database: Path, at_once: int) -> AsyncIterator[HitlRunning]:
        file = database.with_name("agents.py")
        file.write_text(AGENTS_FILE, encoding="utf-8")
        trust(str(file))
        hosts = Hosts(keep=WORKER_CONCURRENCY)
        try:
            async with Database.open(database) as opened:
                executor = Executor(builtins.registry(), hosts)
                running = HitlRunning(opened, executor, reference=str(file), serving=True)
                async with _serving(running, WORKER_CONCURRENCY):
                    # A worker's processes are started once: not what is measured.
                    await asyncio.gather(*(running.pause(f"warm-{number}") for number in range(at_once)))
                    await asyncio.gather(*(running.resume(f"warm-{number}") for number in range(at_once)))
                    yield running
        finally:
            await hosts.close()


@asynccontextmanager
async def _serving(running: HitlRunning, concurrency: int) -> AsyncIterator[None]:
    stop = asyncio.Event()
    serving = asyncio.create_task(running.runner.serve(concurrency, stop))
    try:
        yield
    finally:
        stop.set()
        await serving


def standing(database: Path) -> Counter[str]:
    """Threads of a hitl-tui database by their status."""
    with closing(sqlite3.connect(database)) as connection:
        return Counter(dict(connection.execute("select status, count(*) from thread group by status")))


def pragmas(connection: sqlite3.Connection) -> dict[str, Any]:
    """How durably a connection writes."""
    return {name: connection.execute(f"pragma {name}").fetchone()[0] for name in DURABLE}
