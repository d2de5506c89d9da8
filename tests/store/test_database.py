"""The file: private, migrated once, refused when unusable; one writer; news of other processes' commits."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing, closing, contextmanager
from pathlib import Path
from typing import get_args

import pytest

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.store import drafts, listing, queries
from hitl_tui.store.database import APPLICATION_ID, Database
from tests.waiting import DEADLINE_SECONDS


def insert_document(name: str, data: str = "{}"):  # type: ignore[no-untyped-def]
    def transaction(connection: sqlite3.Connection) -> str:
        connection.execute("insert into document values ('c', ?, ?, 'now')", (name, data))
        return name

    return transaction


def names(folder: Path) -> list[str]:
    """Of the files there."""
    return sorted(file.name for file in folder.iterdir())


@contextmanager
def older(path: Path, version: int) -> Iterator[sqlite3.Connection]:
    """A connection to a new database as that version of the schema left it; what is put into it is stored."""
    with closing(sqlite3.connect(path)) as connection:
        for script in queries.migrations()[:version]:
            connection.executescript(script)
        connection.execute(f"pragma user_version = {version}")
        connection.execute(f"pragma application_id = {APPLICATION_ID}")
        yield connection
        connection.commit()


async def test_created_private(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path = tmp_path / "new" / "hitl.db"
        async with Database.open(path) as database:
            await database.write(insert_document("a"))
            for file in path.parent.iterdir():
                assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(old)


async def test_what_cannot_be_opened_leaves_no_thread_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would die with a traceback when the loop is gone before it."""
    path = tmp_path / "x.db"
    path.symlink_to(path)
    started: list[threading.Thread] = []
    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: (started.append(thread), start(thread)))
    with pytest.raises(DatabaseUnusable, match="cannot be opened"):
        async with Database.open(path):
            pass
    assert started == []


async def test_a_second_name_is_refused_and_what_is_open_goes_on(tmp_path: Path) -> None:
    """SQLite keeps a log for each name: one request could be answered under both."""
    path, second = tmp_path / "x.db", tmp_path / "second.db"
    async with Database.open(path) as database:
        await database.write(insert_document("before"))
        second.hardlink_to(path)
        for name in (second, path):
            with pytest.raises(DatabaseUnusable, match="has a second name") as refused:
                async with Database.open(name):
                    pass
            assert f"-samefile {name}`" in refused.value.hint
        await database.write(insert_document("after"))
        second.unlink()
        second.symlink_to(path)
        async with Database.open(second) as other:
            assert len(await other.rows("select 1 from document")) == 2


@pytest.mark.parametrize("comes_back", [False, True])
async def test_a_log_that_is_removed_while_it_is_looked_at_bars_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comes_back: bool
) -> None:
    """Another program closed the database, and maybe opened it again."""
    path, log = tmp_path / "x.db", tmp_path / "x.db-wal"
    async with Database.open(path):
        pass
    log.touch()
    access, removed = os.access, []

    def removed_meanwhile(file: Path, mode: int) -> bool:
        if Path(file) != log or removed:
            return access(file, mode)
        removed.append(log)
        if not comes_back:
            log.unlink()
        return False

    monkeypatch.setattr(os, "access", removed_meanwhile)
    async with Database.open(path) as database:
        await database.write(insert_document("a"))
    assert removed


@pytest.mark.parametrize("aside", [False, True])
async def test_what_is_closed_neither_reads_nor_writes(tmp_path: Path, *, aside: bool) -> None:
    path = tmp_path / "hitl.db"
    async with Database.open(path, aside=aside) as database:
        await database.write(insert_document("a"))
    for use in (database.rows("select 1"), database.read(lambda connection: 1), database.write(insert_document("b"))):
        with pytest.raises(DatabaseUnusable, match="is closed"):
            await use
    assert names(tmp_path) == ["hitl.db"]


async def test_a_program_may_go_to_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with Database.open(Path("x.db")) as database:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        monkeypatch.chdir(elsewhere)
        await database.write(insert_document("after"))
    assert list(elsewhere.iterdir()) == []


def test_a_database_in_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def open_it(path: Path) -> None:
        async with Database.open(path):
            pass

    monkeypatch.chdir(tmp_path)
    for path in (Path(":memory:"), Path(":memory:").absolute()):
        with pytest.raises(DatabaseUnusable, match="in memory"):
            asyncio.run(open_it(path))
    assert list(tmp_path.iterdir()) == []


async def test_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 999")
    connection.execute(f"pragma application_id = {APPLICATION_ID}")
    connection.close()
    with pytest.raises(DatabaseUnusable, match="has schema 999") as caught:
        async with Database.open(path):
            pass
    assert "upgrade" in caught.value.hint


@pytest.mark.parametrize("aside", [False, True])
async def test_what_a_newer_version_has_made_its_own_takes_nothing_from_an_older_one(
    tmp_path: Path, *, aside: bool
) -> None:
    async def listen(database: Database) -> None:
        async for _ in database.changes.listen():
            heard.set()

    path, heard = tmp_path / "x.db", asyncio.Event()
    async with Database.open(path, aside=aside) as database:
        listening = asyncio.create_task(listen(database))
        await heard.wait()
        await database.write(insert_document("before"))
        with closing(sqlite3.connect(path)) as newer:
            newer.execute("pragma user_version = 999")
        with pytest.raises(DatabaseUnusable, match="has schema 999 since a newer"):
            await database.write(insert_document("after"))
        with pytest.raises(DatabaseUnusable, match="has schema 999 since a newer"):
            await asyncio.wait_for(listening, 10)
        assert not database.is_well
        assert await database.row("select 1 from document where id = 'after'") is None


async def test_a_file_that_is_emptied_takes_nothing_and_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    async with Database.open(path) as database:
        await database.write(insert_document("a"))
        os.truncate(path, 0)
        with pytest.raises(DatabaseUnusable, match="removed, emptied or replaced while it was open"):
            await database.write(insert_document("b"))
        with pytest.raises(DatabaseUnusable, match="only its log is left"):
            async with Database.open(path):
                pass


@pytest.mark.parametrize("content", [b"this is no database, by far, and longer than a header" * 50, b"\0" * 5000])
async def test_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseUnusable, match="is not a database|is damaged"):
        async with Database.open(path):
            pass
    assert path.read_bytes() == content


async def test_a_disk_without_room_for_the_index_of_the_log_is_full(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    async with Database.open(path):
        pass
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(DatabaseUnusable, match="the disk is full"):
            async with Database.open(path):
                pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_corrupt_page(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    async with Database.open(path) as database:
        await database.write(insert_document("a", "x" * 20_000))
    with sqlite3.connect(path) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(bytes(content))
    with pytest.raises(DatabaseUnusable):
        async with Database.open(path) as database:
            await database.rows("select * from thread")


async def test_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.db"
    monkeypatch.setattr("hitl_tui.store.patience.BUSY_SECONDS", 0.05)
    async with Database.open(path) as database:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("begin immediate")
        with pytest.raises(DatabaseUnusable, match="is locked by another process"):
            await database.write(insert_document("a"))
        holder.execute("rollback")
        assert await database.write(insert_document("a")) == "a"
        holder.close()


async def test_migrated_once_by_many(tmp_path: Path) -> None:
    async def open_and_read() -> int:
        async with Database.open(tmp_path / "x.db") as database:
            row = await database.row("pragma user_version")
            return int(row[0]) if row else 0

    assert set(await asyncio.gather(*(open_and_read() for _ in range(5)))) == {len(queries.migrations())}


async def test_transactions_of_one_batch_fail_alone(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "x.db") as database:
        await database.write(insert_document("taken"))
        names = [f"d{number}" for number in range(30)]
        names[7] = names[21] = "taken"
        results = await asyncio.gather(
            *(database.write(insert_document(name)) for name in names), return_exceptions=True
        )
        assert [result for result in results if isinstance(result, Exception)] == [results[7], results[21]]
        assert isinstance(results[7], sqlite3.IntegrityError)
        row = await database.row("select count(*) from document")
        assert row is not None
        assert row[0] == 29


async def test_other_process_is_heard_within_400_ms(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    async with Database.open(path) as database, aclosing(database.changes.listen()) as changes:
        await anext(changes)
        script = (
            "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1]);"
            "c.execute(\"insert into document values ('c', 'other', '{}', 'now')\"); c.commit(); print(time.time())"
        )
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(path), stdout=subprocess.PIPE)
        async with asyncio.timeout(10):
            while await database.row("select 1 from document where id = 'other'") is None:
                await anext(changes)
            heard = time.time()
            output, _ = await process.communicate()
        assert heard - float(output) < 0.4


@pytest.mark.parametrize("every", [None, 60.0])
async def test_changes_end_when_the_database_is_closed(tmp_path: Path, every: float | None) -> None:
    async with Database.open(tmp_path / "x.db") as database:
        changes = database.changes.listen(every)
        # The second tells what the poll saw first.
        await anext(changes)
        await anext(changes)
        waiting = asyncio.create_task(anext(changes, "ended"))
        # Up to where it waits.
        await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE_SECONDS):
        assert await waiting == "ended"
        assert [change async for change in database.changes.listen()] == []


async def test_audit_is_append_only(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "x.db") as database:
        await database.write(
            lambda c: c.execute("insert into audit (at, thread, event, actor, via) values ('n', 't', 'e', 'a', 'v')")
        )
        for sql in ("update audit set actor = 'b'", "delete from audit"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                await database.write(lambda c, sql=sql: c.execute(sql))  # type: ignore[misc]


async def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    for version in (0, 1, 999):
        path = tmp_path / f"photos-{version}.db"
        with sqlite3.connect(path) as connection:
            connection.execute("create table photo (id)")
            connection.execute(f"pragma user_version = {version}")
        connection.close()
        before = path.read_bytes()
        with pytest.raises(DatabaseUnusable, match="is the database of another program"):
            async with Database.open(path):
                pass
        assert path.read_bytes() == before


async def test_a_released_database_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with older(path, 1) as connection:
        connection.execute("insert into document values ('c', 'kept', '{}', 'now')")
    async with Database.open(path) as database:
        assert await database.row("select 1 from document where id = 'kept'") is not None
        version = await database.row("pragma user_version")
    assert version is not None
    assert version[0] == len(queries.migrations()) > 1


async def test_a_draft_from_before_drafts_had_owners_is_found_by_whoever_has_none(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with older(path, 7) as connection:
        connection.execute("insert into draft values ('r', '\"old\"', 'then')")
    async with Database.open(path) as database:
        assert [await drafts.find(database, "r", who) for who in ("ann", "bob")] == ['"old"', '"old"']
        await database.write(drafts.SaveDraft("r", "ann", '"new"', "now"))
        assert [await drafts.find(database, "r", who) for who in ("ann", "bob")] == ['"new"', '"old"']
        await database.write(drafts.SaveDraft("r", "ann", None, "now"))
        assert [await drafts.find(database, "r", who) for who in ("ann", "bob")] == [None, None]


async def test_a_database_of_the_first_three_versions_has_every_order_of_the_list(tmp_path: Path) -> None:
    """What is in the hands of people is never edited: what their databases need beside it is a migration of its own."""
    path = tmp_path / "x.db"
    with older(path, 3) as connection:
        indexes = {row[0] for row in connection.execute("select name from sqlite_master where type = 'index'")}
    assert "request_type" not in indexes, "edited after it was in use"
    everything = listing.Selection(requests=True, threads=True)
    async with Database.open(path) as database:
        for order in get_args(listing.Order):
            assert await database.read(lambda c, order=order: listing.window(c, everything, order, 5)) == []  # type: ignore[misc]


@pytest.mark.parametrize("aside", [False, True])
async def test_what_is_stored_survives_a_loss_of_power(tmp_path: Path, aside: bool) -> None:
    """The connection that writes keeps a write-ahead log, and waits for the disk at each COMMIT: FULL, which is 2."""

    def settings(connection: sqlite3.Connection) -> list[object]:
        return [connection.execute(f"pragma {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]

    async with Database.open(tmp_path / "hitl.db", aside=aside) as database:
        assert await database.write(settings) == ["wal", 2]
