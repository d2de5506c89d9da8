"""A program's visits to its inbox share one open database, which is closed when nobody visits it any more."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest

from hitl_tui.errors import AlreadyDecided, DatabaseUnusable
from hitl_tui.inbox import Inbox, visits
from hitl_tui.inbox.views import Decided
from hitl_tui.inbox.visits import visit, visit_at_once
from hitl_tui.store.database import Database
from tests.inbox.workflow import APPROVAL, write
from tests.waiting import DEADLINE_SECONDS, until


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The paths of the databases that are opened."""
    opened: list[Path] = []
    real = Database.open

    @asynccontextmanager
    async def noting(path: Path) -> AsyncIterator[Database]:
        opened.append(path)
        async with real(path) as database:
            yield database

    monkeypatch.setattr("hitl_tui.inbox.visits.Database.open", noting)
    return opened


async def where(inbox: Inbox) -> int:
    return threading.get_ident()


async def started(inbox: Inbox, file: Path, name: str) -> str:
    async with inbox.running():
        await inbox.start(file, inputs={"amount": 1, "payee": "x"}, thread_id=name)
        return (await inbox.settled(name)).status


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def test_visits_from_many_threads_and_loops_share_one_open_database(tmp_path: Path, paths: list[Path]) -> None:
    path, file = tmp_path / "hitl.db", write(tmp_path, APPROVAL)

    async def some(number: int) -> list[str]:
        names = [f"t{number}-{index}" for index in range(10)]
        return await asyncio.gather(*(visit(path, "ann", lambda inbox, n=n: started(inbox, file, n)) for n in names))

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(asyncio.run, [some(number) for number in range(4)]))
    assert found == [["paused"] * 10] * 4
    assert paths == [path]
    assert visit_at_once(path, "ann", lambda inbox: inbox.counts()).waiting == 40


def test_the_names_of_one_file_are_one_database(tmp_path: Path, paths: list[Path]) -> None:
    """It is opened, and named in errors, as it was given."""
    path, link, loop = (tmp_path / name for name in ("hitl.db", "link.db", "loop.db"))
    link.symlink_to(path)
    loop.symlink_to(loop)
    write_one(link)
    write_one(path)
    with pytest.raises(DatabaseUnusable, match=str(loop)):
        write_one(loop)
    assert paths == [link, loop]


async def test_a_visit_at_once_works_where_a_loop_runs_and_beside_it(tmp_path: Path) -> None:
    there = visit_at_once(tmp_path / "hitl.db", "ann", where)
    assert there == await visit(tmp_path / "hitl.db", "ann", where) != threading.get_ident()


def test_it_closes_when_nobody_has_visited_it_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: list[Path]
) -> None:
    monkeypatch.setattr(visits, "LINGER_SECONDS", 0.05)
    path = tmp_path / "hitl.db"
    write_one(path)
    until(lambda: not log_of(path).exists())
    write_one(path)
    assert paths == [path, path]


def write_one(path: Path) -> None:
    visit_at_once(path, "ann", lambda inbox: inbox.documents.write("notes", {"text": "x"}, "n"))


def test_a_file_that_was_replaced_is_opened_anew(tmp_path: Path, paths: list[Path]) -> None:
    path = tmp_path / "hitl.db"
    write_one(path)
    for name in (path, log_of(path), path.with_name("hitl.db-shm")):
        name.rename(tmp_path / f"old{name.suffix}")
    assert visit_at_once(path, "ann", lambda inbox: inbox.documents.list("notes", {})) == []
    assert paths == [path, path]


def test_what_kept_a_database_from_being_opened_is_told_to_each_and_may_end(tmp_path: Path) -> None:
    path = tmp_path / "hitl.db"
    path.write_text("no database, but long enough to be looked at " * 30, encoding="utf-8")
    for _ in range(2):
        with pytest.raises(DatabaseUnusable, match=str(path)):
            write_one(path)
    path.unlink()
    write_one(path)


def test_a_database_that_fails_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: list[Path]
) -> None:
    path = tmp_path / "hitl.db"
    write_one(path)
    monkeypatch.setattr("hitl_tui.store.patience.BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("begin immediate")
    with pytest.raises(DatabaseUnusable, match="locked"):
        write_one(path)
    holder.execute("rollback")
    holder.close()
    write_one(path)
    assert paths == [path, path]


async def test_a_visit_that_is_cancelled_has_cleaned_up_when_it_ends(tmp_path: Path) -> None:
    here, begun, done = asyncio.get_running_loop(), asyncio.Event(), []

    async def deed(inbox: Inbox) -> None:
        here.call_soon_threadsafe(begun.set)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            done.append(await inbox.counts())

    visiting = asyncio.create_task(visit(tmp_path / "hitl.db", "ann", deed))
    await begun.wait()
    visiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await visiting
    assert [counts.waiting for counts in done] == [0]


async def test_a_visit_that_is_cancelled_at_any_moment_hands_its_thread_back(tmp_path: Path) -> None:
    """A claim of which nobody hears would hold the thread for the whole time of its lease."""
    path, file = tmp_path / "hitl.db", write(tmp_path, APPROVAL)
    for number in range(30):
        visiting = asyncio.create_task(visit(path, "ann", lambda inbox, n=number: started(inbox, file, f"t{n}")))
        await asyncio.wait({visiting}, timeout=number / 5000)
        visiting.cancel()
        with suppress(asyncio.CancelledError):
            await visiting
    threads = await visit(path, "ann", lambda inbox: inbox.documents.list("threads", {}))
    assert {thread["status"] for thread in threads} <= {"ready", "paused"}


def test_a_file_that_was_away_for_a_while_is_opened_anew(tmp_path: Path, paths: list[Path]) -> None:
    """The poll has noticed: what it tells is over."""
    path, away = tmp_path / "hitl.db", tmp_path / "away.db"
    write_one(path)

    async def until_noticed(inbox: Inbox) -> None:
        path.rename(away)
        with pytest.raises(DatabaseUnusable, match="removed, emptied or replaced"):
            async for _ in inbox.changes():
                pass
        away.rename(path)

    visit_at_once(path, "ann", until_noticed)
    write_one(path)
    assert paths == [path, path]


def test_only_so_many_databases_stay_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "_OPEN_AT_MOST", 3)
    for number in range(10):
        write_one(tmp_path / f"{number}.db")
    until(lambda: sum(log_of(tmp_path / f"{number}.db").exists() for number in range(10)) <= 3)


def test_of_deciders_in_many_threads_one_wins(tmp_path: Path) -> None:
    """row 72, row 173: the others are told who, what and when; each of them opens an inbox of its own"""
    path, names = tmp_path / "hitl.db", [f"reviewer {number}" for number in range(8)]
    visit_at_once(path, "ann", lambda inbox: started(inbox, write(tmp_path, APPROVAL), "t1"))
    barrier = threading.Barrier(len(names), timeout=DEADLINE_SECONDS)

    async def decided(name: str) -> Decided | AlreadyDecided:
        async with Inbox.open(path, actor=name, via="api") as inbox:
            barrier.wait()
            try:
                return await inbox.decide("t1", "reject" if name.endswith("0") else "approve")
            except AlreadyDecided as error:
                return error

    with ThreadPoolExecutor(len(names)) as pool:
        found = list(pool.map(lambda name: asyncio.run(decided(name)), names))
    ((winner, won),) = [(name, one) for name, one in zip(names, found, strict=True) if isinstance(one, Decided)]
    with closing(sqlite3.connect(path)) as connection:
        ((actor, action, at),) = connection.execute("select actor, action, at from response").fetchall()
        audit = connection.execute("select actor, at from audit where event = 'decided'").fetchall()
    assert (actor, action, audit) == (winner, won.action, [(winner, at)])
    for one in found:
        if isinstance(one, AlreadyDecided):
            assert one.details.items() >= {"actor": actor, "action": action, "at": at}.items()
            assert one.message.endswith(f"{action} by {actor} at {at}")
