"""hitl-tui as `pause_resume.py` measures it: the real runner and the real decision path, agents in this process."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from contenders import DRAFT, PROMPT, STATE, THREAD, Running
from many_threads import copy_rows

from hitl_tui.agents import builtins
from hitl_tui.engine.executor import Executor
from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.runner import Runner
from hitl_tui.inbox import deciding, listing
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import Filter
from hitl_tui.model.graph import Graph, Input, Node
from hitl_tui.model.jsontext import iso
from hitl_tui.store.database import Database
from hitl_tui.store.threads import Start, Thread

_Result = TypeVar("_Result")

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


def _prepare(inputs: dict[str, Any]) -> str:
    return DRAFT


def _finish(inputs: dict[str, Any]) -> str:
    return "released"


class CountingDatabase(Database):
    """Counts the COMMITs of its writer, whose one connection every transaction gets."""

    commits: ClassVar[int] = 0
    _seen = False

    async def write(self, transaction: Callable[[sqlite3.Connection], _Result]) -> _Result:
        if not self._seen:
            self._seen = True
            await super().write(lambda connection: connection.set_trace_callback(self._note))
        return await super().write(transaction)

    def _note(self, statement: str) -> None:
        if statement == "commit":
            CountingDatabase.commits += 1


class _Running:
    """A runner on one database: driven thread by thread, or serving many at once."""

    def __init__(self, database: Database, *, serving: bool) -> None:
        self._session = Session(database, "ann", "api")
        self._serving = serving
        self._released: dict[str, asyncio.Future[None]] = {}
        registry = builtins.registry()
        registry.add("prepare", _prepare)
        registry.add("finish", _finish)
        self.runner = Runner(
            database,
            Executor(registry, Hosts(keep=0)),
            owner="benchmark",
            trusted=tuple,
            clock=self._session.clock,
            watcher=self._watch,
        )

    async def pause(self, thread_id: str) -> None:
        released = self._expect(thread_id)
        session = self._session
        now = iso(session.clock())
        await session.database.write(Start(thread_id, GRAPH, "bench", dict(STATE), None, 0, session.actor, "api", now))
        await self._run(thread_id, released)

    async def resume(self, thread_id: str) -> None:
        released = self._expect(thread_id)
        await deciding.decide(self._session, thread_id, "approve", None, None, None, 0)
        await self._run(thread_id, released)

    async def _run(self, thread_id: str, released: asyncio.Future[None]) -> None:
        if not self._serving:
            await self.runner.drive(thread_id)
        await released

    def _expect(self, thread_id: str) -> asyncio.Future[None]:
        self._released[thread_id] = asyncio.get_running_loop().create_future()
        return self._released[thread_id]

    def _watch(self, thread: Thread, event: str) -> None:
        if event == "released":
            self._released.pop(thread.id).set_result(None)


class HitlTui:
    """The column of hitl-tui."""

    name = "hitl-tui"

    def __init__(self, kind: type[Database] = Database) -> None:
        self._kind = kind

    @asynccontextmanager
    async def at_work(self, database: Path, at_once: int) -> AsyncIterator[Running]:
        async with self._kind.open(database) as opened:
            running = _Running(opened, serving=at_once > 1)
            if at_once == 1:
                yield running
                return
            stop = asyncio.Event()
            serving = asyncio.create_task(running.runner.serve(at_once, stop))
            try:
                yield running
            finally:
                stop.set()
                await serving

    def multiply(self, database: Path, copies: int) -> None:
        name = "'copy-' || i"
        with sqlite3.connect(database) as connection:
            copy_rows(connection, "thread", "id", THREAD, copies, {"id": name})
            copy_rows(connection, "step", "thread", THREAD, copies, {"thread": name})
            copy_rows(connection, "request", "thread", THREAD, copies, {"id": "'r-' || i", "thread": name})
        connection.close()

    async def listed(self, database: Path) -> tuple[int, float]:
        async with Database.open(database) as opened:
            start = time.perf_counter()
            page = await listing.page(Session(opened, "ann", "api"), Filter("waiting"), "due", 1_000_000, 0, None)
            found = sum(item.prompt == PROMPT for item in page.items)
            return found, time.perf_counter() - start
