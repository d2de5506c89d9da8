"""The writer: whose loop waits for what, and what becomes of a transaction whose caller is gone."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.store import writer
from hitl_tui.store.database import Database
from tests.waiting import DEADLINE_SECONDS


def keep(name: str) -> Callable[[sqlite3.Connection], str]:
    def transaction(connection: sqlite3.Connection) -> str:
        connection.execute("insert into document values ('c', ?, '{}', 'now')", (name,))
        return name

    return transaction


async def kept(database: Database) -> list[str]:
    return [row[0] for row in await database.rows("select id from document order by id")]


async def test_a_screen_is_painted_while_something_is_stored(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "x.db", aside=True) as database:
        loop, begun, painted = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

        def slow(connection: sqlite3.Connection) -> bool:
            loop.call_soon_threadsafe(begun.set)
            return painted.wait(DEADLINE_SECONDS)

        storing = asyncio.create_task(database.write(slow))
        await begun.wait()
        painted.set()
        assert await storing


@pytest.mark.parametrize("aside", [False, True])
async def test_while_another_process_writes_the_loop_goes_on(tmp_path: Path, aside: bool) -> None:
    path = tmp_path / "x.db"
    async with Database.open(path, aside=aside) as database:
        await database.write(keep("a"))
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("begin immediate")
            storing = [asyncio.create_task(database.write(keep(name))) for name in "bc"]
            await asyncio.wait(storing, timeout=0.02)
            assert not any(task.done() for task in storing)
            other.execute("commit")
        assert await asyncio.gather(*storing) == ["b", "c"]


async def test_each_caller_hears_that_the_file_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.db"
    monkeypatch.setattr("hitl_tui.store.patience.BUSY_SECONDS", 0.05)
    async with Database.open(path) as database:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("begin immediate")
            heard = await asyncio.gather(*(database.write(keep(name)) for name in "abc"), return_exceptions=True)
            assert [isinstance(error, DatabaseUnusable) and error.busy for error in heard] == [True] * 3
        assert await database.write(keep("a")) == "a"
        assert await kept(database) == ["a"]


@pytest.mark.parametrize("aside", [False, True])
async def test_what_was_handed_in_is_stored_though_its_caller_is_gone(tmp_path: Path, aside: bool) -> None:
    path = tmp_path / "x.db"
    async with Database.open(path, aside=aside) as database:
        storing = [asyncio.create_task(database.write(keep(name))) for name in "ab"]
        await asyncio.sleep(0)
        storing[0].cancel()
        assert await storing[1] == "b"
        assert await kept(database) == ["a", "b"]
        assert storing[0].cancelled()
        last = asyncio.create_task(database.write(keep("c")))
        await asyncio.sleep(0)
    assert await last == "c"


async def test_a_full_batch_leaves_the_rest_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "BATCH_SECONDS", -1.0)
    sizes: list[int] = []
    commit = writer._commit

    def counted(connection: sqlite3.Connection, batch: list[object]) -> None:
        sizes.append(len(batch))
        commit(connection, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(writer, "_commit", counted)
    async with Database.open(tmp_path / "x.db") as database:
        assert await asyncio.gather(*(database.write(keep(name)) for name in "abc")) == ["a", "b", "c"]
    assert sizes == [1, 1, 1]


async def test_another_loop_writes_while_the_first_is_blocked(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "x.db") as database:
        await database.write(keep("a"))
        thread = threading.Thread(target=lambda: asyncio.run(database.write(keep("b"))))
        thread.start()
        thread.join(DEADLINE_SECONDS)
        await database.write(keep("c"))
        assert await kept(database) == ["a", "b", "c"]
