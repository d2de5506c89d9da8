"""What belongs together is read at one moment."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.store.database import Database
from tests.engine.workshop import graph, node, workshop


async def test_a_commit_comes_before_or_after_all_of_it(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "x.db") as database:
        with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None, check_same_thread=False)) as other:

            def read(connection: sqlite3.Connection) -> list[int]:
                counts = []
                for number in range(3):
                    counts.append(connection.execute("select count(*) from outbox").fetchone()[0])
                    other.execute("insert into outbox (topic, payload, created_at) values ('t', ?, '')", [number])
                return counts

            assert await database.read(read) == [0, 0, 0]
            assert await database.read(read) == [3, 3, 3]


async def test_what_fails_or_is_cancelled_leaves_the_reader_as_it_was(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "x.db") as database:

        def fail(connection: sqlite3.Connection) -> None:
            connection.execute("select 1")
            raise KeyError("a defect")

        with pytest.raises(KeyError):
            await database.read(fail)
        task = asyncio.create_task(database.read(lambda connection: connection.execute("select 1").fetchone()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        await database.write(lambda connection: connection.execute("update thread set status = status").rowcount)
        assert (await database.read(lambda connection: connection.execute("select 2").fetchone()))[0] == 2


async def test_an_error_of_the_disk_is_told_though_sqlite_has_ended_the_transaction(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "x.db") as database:

        def break_off(connection: sqlite3.Connection) -> None:
            connection.execute("rollback")
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
            raise error

        with pytest.raises(DatabaseUnusable, match="input/output error"):
            await database.read(break_off)
        assert (await database.read(lambda connection: connection.execute("select 2").fetchone()))[0] == 2


async def test_a_thread_and_a_page_of_the_list_are_never_torn(tmp_path: Path) -> None:
    """While another connection answers and cancels: a paused thread has its request, a page as many as it says."""
    flow = graph(node("gate", "approval_interaction"))
    names = [f"t{number}" for number in range(40)]
    async with (
        workshop(tmp_path) as shop,
        Inbox.open(tmp_path / "hitl.db", actor="bea", via="api", clock=shop.clock) as other,
    ):
        for name in names:
            await shop.start(flow, name)
            await shop.run(name)

        async def answer() -> None:
            for name in names:
                await (other.decide(name, "approve") if int(name[1:]) % 2 else other.cancel(name))

        async def look() -> list[Any]:
            torn: list[Any] = []
            while not answering.done():
                views = [await shop.inbox.thread(name) for name in names]
                torn += [view for view in views if (view.status == "paused") != bool(view.pending)]
                page = await shop.inbox.list(Filter("waiting"), limit=100)
                torn += [page.total] if page.total != len(page.items) else []
            return torn

        answering = asyncio.create_task(answer())
        assert await look() == []
        await answering
