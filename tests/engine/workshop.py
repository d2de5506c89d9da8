"""A database, a runner and agents of the test's own, without files: threads run in this process."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hitl_tui.agents import builtins
from hitl_tui.agents.registry import AgentSource, Registry
from hitl_tui.engine.executor import Executor
from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.runner import Runner, Watcher
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import Decided, StepView, ThreadView
from hitl_tui.model.graph import Graph, Input, Node
from hitl_tui.model.jsontext import iso
from hitl_tui.store.database import Database
from hitl_tui.store.starts import Start

_Result = TypeVar("_Result")


@dataclass
class Clock:
    """A clock that the test moves."""

    now: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


class Workshop:
    """Start graphs, run threads, answer requests."""

    def __init__(self, session: Session, registry: Registry, clock: Clock) -> None:
        self.session = session
        self.registry = registry
        self.clock = clock
        self.inbox = Inbox(session)
        self.hosts = Hosts(keep=2)
        self.trusted: tuple[str, ...] = ()

    @property
    def database(self) -> Database:
        return self.session.database

    def runner(self, owner: str = "runner-1", watcher: Watcher = lambda thread, event: None) -> Runner:
        executor = Executor(self.registry, self.hosts)
        return Runner(
            self.database, executor, owner=owner, trusted=lambda: self.trusted, clock=self.clock, watcher=watcher
        )

    async def start(self, graph: Graph, thread_id: str = "t1", *, agents: str | None = None, **state: Any) -> str:
        await self.database.write(
            Start(thread_id, graph, "test", state, agents, 0, self.session.actor, "test", iso(self.clock()))
        )
        return thread_id

    async def run(self, thread_id: str = "t1", owner: str = "runner-1") -> ThreadView:
        await self.runner(owner).drive(thread_id)
        return await self.inbox.thread(thread_id)

    async def answer(
        self, action: str, data: dict[str, Any] | None = None, thread_id: str = "t1", **which: Any
    ) -> Decided:
        self.clock.advance(seconds=1)
        return await self.inbox.decide(thread_id, action, data, **which)

    async def kept_waiting(self, seconds: float, deed: Coroutine[Any, Any, _Result]) -> _Result:
        """What comes of a deed that another program, which writes, keeps waiting for so long by the clock."""
        with closing(sqlite3.connect(self.database.path, isolation_level=None)) as other:
            other.execute("begin immediate")
            waiting = asyncio.create_task(deed)
            # Up to where it waits.
            await asyncio.sleep(0)
            self.clock.advance(seconds=seconds)
        return await waiting

    async def trace(self, thread_id: str = "t1") -> list[str]:
        return [step.node for step in await self.history(thread_id)]

    async def history(self, thread_id: str = "t1") -> list[StepView]:
        return await self.inbox.history(thread_id)


@asynccontextmanager
async def workshop(path: Path, **agents: AgentSource):  # type: ignore[no-untyped-def]
    """A workshop on a database in the folder `path`; `agents` are types of the test's own."""
    clock = Clock()
    registry = builtins.registry()
    for name, source in agents.items():
        registry.add(name, source)
    async with Database.open(path / "hitl.db") as database:
        made = Workshop(Session(database, "ann", "test", clock), registry, clock)
        try:
            yield made
        finally:
            await made.hosts.close()


def node(name: str, agent: str = "default", **fields: Any) -> Node:
    """A node; `inputs` and `outputs` as space-separated names, edges as names or tuples of names."""
    fields["inputs"] = tuple(Input(key=key, param=key) for key in fields.get("inputs", "").split())
    fields["outputs"] = tuple(fields.pop("output", "").split())
    for edge in ("on_success", "on_failure"):
        value = fields.get(edge, ())
        fields[edge] = (value,) if isinstance(value, str) else value
    return Node(name=name, agent=agent, **fields)


def graph(*nodes: Node, name: str = "Test") -> Graph:
    """A graph that starts at its first node."""
    return Graph(name=name, start=nodes[0].name, nodes={item.name: item for item in nodes})


def recorder(calls: list[str]) -> Callable[[str], AgentSource]:
    """Makes function agents that note their name in `calls` when they run."""

    def make(name: str) -> AgentSource:
        def run(inputs: dict[str, Any]) -> str:
            calls.append(name)
            return f"{name} done"

        return run

    return make
