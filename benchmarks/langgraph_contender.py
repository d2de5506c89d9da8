"""LangGraph with its SQLite checkpointer as `pause_resume.py` measures it: public interfaces, the same durability."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from sqlite3 import connect
from typing import Any, Literal, TypedDict

from contenders import DRAFT, DURABLE, PROMPT, STATE, THREAD, Running
from many_threads import copy_rows

os.environ["LANGSMITH_TRACING"] = "false"

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

Durability = Literal["sync", "async", "exit"]


class _State(TypedDict, total=False):
    service: str
    number: int
    draft: str
    answer: str
    result: str


async def _prepare(state: _State) -> _State:
    return {"draft": DRAFT}


async def _review(state: _State) -> _State:
    answer = interrupt({"type": "approval", "prompt": PROMPT, "context": {"draft": state["draft"]}})
    return {"answer": answer["action"]}


async def _finish(state: _State) -> _State:
    return {"result": "released"}


def _compiled(saver: Any) -> Any:
    graph = StateGraph(_State)
    graph.add_node("prepare", _prepare)
    graph.add_node("review", _review)
    graph.add_node("finish", _finish)
    for source, target in ((START, "prepare"), ("prepare", "review"), ("review", "finish"), ("finish", END)):
        graph.add_edge(source, target)
    return graph.compile(checkpointer=saver)


class _Running:
    """A compiled graph on one database."""

    def __init__(self, saver: Any, durability: Durability) -> None:
        self._saver = saver
        self._graph = _compiled(saver)
        self._durability = durability

    async def pause(self, thread_id: str) -> None:
        state = await self._graph.ainvoke(dict(STATE), _config(thread_id), durability=self._durability)
        assert state["__interrupt__"], thread_id

    async def resume(self, thread_id: str) -> None:
        command: Any = Command(resume={"action": "approve"})
        state = await self._graph.ainvoke(command, _config(thread_id), durability=self._durability)
        assert state["result"] == "released", thread_id

    async def settings(self) -> dict[str, Any]:
        found = {}
        for name in DURABLE:
            async with self._saver.conn.execute(f"pragma {name}") as cursor:
                found[name] = (await cursor.fetchone())[0]
        return found

    async def trace(self, note: Callable[[str], None]) -> None:
        await self._saver.conn.set_trace_callback(note)


def _config(thread_id: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": thread_id}}


class LangGraph:
    """A column of LangGraph. `exit` stores a thread only where it pauses or ends, and nothing of what it did before."""

    def __init__(self, durability: Durability) -> None:
        self.name = "LangGraph" if durability == "async" else f"LG {durability}"
        self._durability = durability

    @asynccontextmanager
    async def at_work(self, database: Path, at_once: int) -> AsyncIterator[Running]:
        async with _saver(database) as saver:
            yield _Running(saver, self._durability)

    async def standing(self, database: Path) -> Counter[str]:
        with closing(connect(database)) as connection:
            ids = [row[0] for row in connection.execute("select distinct thread_id from checkpoints")]
        async with _saver(database) as saver:
            graph = _compiled(saver)
            states = [await graph.aget_state(_config(thread_id)) for thread_id in ids]
        return Counter(
            "paused" if state.interrupts else "completed" if state.values.get("result") == "released" else "lost"
            for state in states
        )

    def multiply(self, database: Path, copies: int) -> None:
        with closing(connect(database)) as connection, connection:
            for table in ("checkpoints", "writes"):
                copy_rows(connection, table, "thread_id", THREAD, copies, {"thread_id": "'copy-' || i"})

    async def listed(self, database: Path) -> tuple[int, float]:
        """By the one interface that lists threads; it gives their checkpoints, newest first, with what is pending."""
        async with _saver(database) as saver:
            start = time.perf_counter()
            seen: set[str] = set()
            found = 0
            async for item in saver.alist(None):
                thread_id = item.config["configurable"]["thread_id"]
                if thread_id not in seen:
                    seen.add(thread_id)
                    found += any(
                        channel == "__interrupt__" and value[0].value["prompt"] == PROMPT
                        for _, channel, value in item.pending_writes
                    )
            return found, time.perf_counter() - start


@asynccontextmanager
async def _saver(database: Path) -> AsyncIterator[Any]:
    async with AsyncSqliteSaver.from_conn_string(str(database)) as saver:
        await saver.setup()
        await saver.conn.execute("pragma synchronous = full")
        yield saver
