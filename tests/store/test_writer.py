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
from hitl_tui.store.patience import Patience
from hitl_tui.store.writer_thread import WriterThread
from tests.calm import grow_calm
from tests.waiting import DEADLINE_SECONDS, eventually


def keep(name: str) -> Callable[[sqlite3.Connection], str]:
    def transaction(connection: sqlite3.Connection) -> str:
        connection.execute("insert into document values ('c', ?, '{}', 'now')", (name,))
        return name

    return transaction


async def kept(database: Database) -> list[str]:
    return [row[0] for row in await database.rows("select id from document order by id")]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many transactions each COMMIT from now on has."""
    sizes: list[int] = []
    commit = writer._commit

    def counting(connection: sqlite3.Connection, batch: list[object]) -> None:
        sizes.append(len(batch))
        commit(connection, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(writer, "_commit", counting)
    return sizes


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


async def test_nobody_gives_up_before_those_that_came_sooner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each looks at the clock for itself; who hears that the file is locked, nothing of that one is stored."""
    made: list[Uneven] = []
    tries: list[Uneven] = []

    class Uneven:
        def __init__(self) -> None:
            made.append(self)

        def is_over(self) -> bool:
            tries.append(self)
            return self is made[1]

    monkeypatch.setattr(writer, "Patience", Uneven)
    path = tmp_path / "x.db"
    async with Database.open(path) as database:
        await database.write(keep("a"))
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("begin immediate")
            storing = [asyncio.create_task(database.write(keep(name))) for name in "bc"]
            await eventually(lambda: len(tries) > 3)
            other.execute("commit")
        assert await asyncio.gather(*storing) == ["b", "c"]
        assert await kept(database) == ["a", "b", "c"]


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


async def test_a_batch_that_has_to_begin_anew_waits_for_the_lock_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    loop = asyncio.get_running_loop()
    async with Database.open(path) as database:
        await database.write(keep("a"))
        with closing(sqlite3.connect(path, isolation_level=None)) as other:

            def taken(connection: sqlite3.Connection) -> str:
                if not other.in_transaction:
                    # Just when this one gives up the lock.
                    loop.call_soon(other.execute, "begin immediate")
                return keep("a")(connection)

            storing = [asyncio.create_task(database.write(each)) for each in (keep("b"), taken, keep("c"))]
            await asyncio.wait(storing, timeout=0.02)
            assert other.in_transaction
            assert not any(task.done() for task in storing)
            other.execute("commit")
            other.execute("begin")
            heard = await asyncio.gather(*storing, return_exceptions=True)
        assert [type(one) for one in heard] == [str, sqlite3.IntegrityError, str]
        assert await kept(database) == ["a", "b", "c"]


@pytest.mark.parametrize("aside", [False, True])
async def test_nobody_hears_of_what_the_disk_did_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aside: bool
) -> None:
    commit = writer._commit

    def full(connection: sqlite3.Connection, batch: list[object]) -> None:
        monkeypatch.setattr(writer, "_commit", commit)
        raise OSError("no space")

    async with Database.open(tmp_path / "x.db", aside=aside) as database:
        await database.write(keep("a"))
        monkeypatch.setattr(writer, "_commit", full)
        heard = [
            heard
            for heard in await asyncio.gather(*(database.write(keep(name)) for name in "bc"), return_exceptions=True)
            if isinstance(heard, OSError)
        ]
        assert len(heard) == 3 - len(await kept(database)) > 0
        assert await database.write(keep("d")) == "d"


@pytest.mark.parametrize("calm", [False, True])
def test_ctrl_c_in_a_transaction_ends_the_program_and_loses_nothing(tmp_path: Path, calm: bool) -> None:
    path, tries = tmp_path / "x.db", []

    def interrupted(connection: sqlite3.Connection) -> None:
        keep("a")(connection)
        tries.append("a")
        if len(tries) == 1:
            raise KeyboardInterrupt

    async def work() -> None:
        async with Database.open(path) as database:
            if calm:
                await grow_calm(database)
                await database.write(interrupted)
            await asyncio.gather(database.write(interrupted), database.write(keep("b")))

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(work())
    with closing(sqlite3.connect(path)) as connection:
        assert [row[0] for row in connection.execute("select id from document order by id")] == (
            ["a"] if calm else ["a", "b"]
        )


@pytest.mark.parametrize("calm", [False, True])
def test_ctrl_c_after_the_commit_stores_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calm: bool
) -> None:
    path, ran = tmp_path / "x.db", []
    commit = writer._commit

    def interrupted(connection: sqlite3.Connection, batch: list[object]) -> None:
        commit(connection, batch)  # type: ignore[arg-type]
        monkeypatch.setattr(writer, "_commit", commit)
        raise KeyboardInterrupt

    def noted(connection: sqlite3.Connection) -> None:
        ran.append("a")
        keep("a")(connection)

    async def work() -> None:
        async with Database.open(path) as database:
            if calm:
                await grow_calm(database)
            monkeypatch.setattr(writer, "_commit", interrupted)
            await database.write(noted)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(work())
    assert ran == ["a"]


async def test_a_close_that_is_cancelled_still_closes(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    async with Database.open(path) as database:
        loop, begun, cancelled = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
        writing = WriterThread(path, lambda connection: None)

        def slow(connection: sqlite3.Connection) -> str:
            loop.call_soon_threadsafe(begun.set)
            assert cancelled.wait(DEADLINE_SECONDS)
            return keep("a")(connection)

        storing = asyncio.create_task(writing.run(slow))
        await begun.wait()
        ending = asyncio.create_task(writing.close())
        await asyncio.sleep(0)
        ending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ending
        cancelled.set()
        assert await storing == "a"
        assert await kept(database) == ["a"]
    writing._thread.join(DEADLINE_SECONDS)
    assert not writing._thread.is_alive()


def test_patience_outlasts_a_sleep() -> None:
    patience = Patience(until=0.0)
    assert [patience.is_over() for _ in range(25)].index(True) > 10


async def test_a_full_batch_leaves_the_rest_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "BATCH_SECONDS", -1.0)
    sizes = counted(monkeypatch)
    async with Database.open(tmp_path / "x.db") as database:
        assert await asyncio.gather(*(database.write(keep(name)) for name in "abc")) == ["a", "b", "c"]
    assert sizes == [1, 1, 1]


async def test_what_comes_alone_waits_for_no_company(tmp_path: Path) -> None:
    turns: list[int] = []
    async with Database.open(tmp_path / "x.db") as database:
        await grow_calm(database)
        asyncio.get_running_loop().call_soon(turns.append, 1)
        assert await database.write(keep("a")) == "a"
        assert turns == []
        assert await kept(database) == ["a"]


async def test_a_crowd_after_a_calm_shares_its_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Database.open(tmp_path / "x.db") as database:
        await grow_calm(database)
        sizes = counted(monkeypatch)
        for wave in "ab":
            await asyncio.gather(*(database.write(keep(f"{wave}{number}")) for number in range(50)))
        assert sizes == [1, 49, 50]


async def test_who_writes_without_end_lets_others_in(tmp_path: Path) -> None:
    turns: list[int] = []

    async def others() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async with Database.open(tmp_path / "x.db") as database:
        await grow_calm(database)
        other = asyncio.create_task(others())
        for number in range(100):
            await database.write(keep(f"{number}"))
        other.cancel()
        assert len(turns) > 40


@pytest.mark.parametrize("aside", [False, True])
async def test_who_is_cancelled_is_told_first_of_what_was_stored_and_so_are_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aside: bool
) -> None:
    told: list[str] = []
    async with Database.open(tmp_path / "x.db", aside=aside) as database:
        storing = asyncio.create_task(database.write(keep("a"), told.append))
        await asyncio.sleep(0)
        storing.cancel()
        announced = 0

        def announce() -> None:
            nonlocal announced
            announced += 1

        monkeypatch.setattr(database.changes, "announce", announce)
        with pytest.raises(asyncio.CancelledError):
            await storing
        assert announced == 1
        assert told == await kept(database) == ["a"]


async def test_another_loop_writes_while_the_first_is_blocked(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "x.db") as database:
        await database.write(keep("a"))
        thread = threading.Thread(target=lambda: asyncio.run(database.write(keep("b"))))
        thread.start()
        thread.join(DEADLINE_SECONDS)
        await database.write(keep("c"))
        assert await kept(database) == ["a", "b", "c"]
