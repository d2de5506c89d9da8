"""What is said of the database as a file."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox.checkup import Level, database_file
from hitl_tui.store import examine
from hitl_tui.store.database import Database


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A database that nobody has open."""
    async with Database.open(tmp_path / "x.db") as database:
        return database.path


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_an_index_that_does_not_fit_its_table_is_damage(path: Path) -> None:
    """So it is after a backup was put beside the log of another file."""
    assert database_file.integrity(path).level is Level.OK
    change(
        path,
        "create table hidden as select * from sqlite_schema where name = 'thread_status'",
        "pragma writable_schema = 1",
        "delete from sqlite_schema where name = 'thread_status'",
    )
    change(
        path,
        "insert into graph values ('g', 'G', '{}', null, 'now')",
        "insert into thread (id, graph, graph_name, status, state, frontier, created_at, updated_at)"
        " values ('t', 'g', 'G', 'ready', '{}', '[]', '2026-01-01', 'now')",
        "pragma writable_schema = 1",
        "insert into sqlite_schema select * from hidden",
    )
    found = database_file.integrity(path)
    assert found.level is Level.PROBLEM
    assert "index thread_status" in found.words
    assert "remove FILE-wal and FILE-shm" in found.remedy


async def test_a_read_only_file_system_is_no_matter_of_permissions(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _file, mode: not mode & os.W_OK)
    assert "chmod u+w" in database_file.existence(path, named=True).remedy
    monkeypatch.setattr(os, "statvfs", lambda _file: SimpleNamespace(f_flag=os.ST_RDONLY))
    found = database_file.existence(path, named=True)
    assert (found.level, "read-only file system" in found.words) == (Level.PROBLEM, True)
    assert "chmod" not in found.remedy
    with pytest.raises(DatabaseUnusable, match="Read-only file system"):
        async with Database.open(path):
            pass


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
async def test_a_log_of_another_user_is_named(path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    beside, link = path.with_name(path.name + ending), path.with_name("link.db")
    beside.touch()
    link.symlink_to(path)
    assert database_file.existence(path, named=True).level is Level.OK
    monkeypatch.setattr(os, "access", lambda file, _mode: not str(file).endswith(ending))
    for name in (path, link):
        found = database_file.existence(name, named=True)
        assert (found.level, str(beside) in found.words) == (Level.PROBLEM, True)
        with pytest.raises(DatabaseUnusable, match="Permission denied") as caught:
            async with Database.open(name):
                pass
        assert f"make {beside} and its folder" in caught.value.hint


def test_a_database_in_memory_is_a_problem(tmp_path: Path) -> None:
    found = database_file.existence(tmp_path / ":memory:", named=True)
    assert (found.level, "in memory" in found.words, "run FILE" in found.remedy) == (Level.PROBLEM, True, False)


def test_a_second_name_is_a_problem(path: Path) -> None:
    assert database_file.existence(path, named=True).level is Level.OK
    second = path.with_name("second.db")
    second.hardlink_to(path)
    for name in (path, second):
        found = database_file.existence(name, named=True)
        assert (found.level, "has a second name" in found.words) == (Level.PROBLEM, True)


def test_a_log_that_goes_while_it_is_looked_at_hides_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program closes the database just then; its tables are checked all the same."""
    monkeypatch.setattr(Path, "exists", lambda _: True)
    assert database_file.log(path).words == "empty"
    monkeypatch.undo()
    beside, copied = examine.beside(path, "-wal"), shutil.copyfile
    beside.write_bytes(b"log")

    def closes(file: Path, to: Path) -> None:
        beside.unlink(missing_ok=True)
        copied(file, to)

    monkeypatch.setattr(shutil, "copyfile", closes)
    found = database_file.integrity(path)
    assert (found.level, found.words) == (Level.OK, "nothing damaged")
    assert not beside.exists()


async def test_the_log_is_looked_for_where_links_lead_to(path: Path, tmp_path: Path) -> None:
    """Beside the link there is none: what is not in the file itself yet would not be seen."""
    link = tmp_path / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(path)
    async with Database.open(path) as database:
        await database.write(
            lambda connection: connection.execute("insert into document values ('c', 'i', '{}', 'now')")
        )
        with examine.examining(link) as connection:
            assert connection.execute("select count(*) from document").fetchone()[0] == 1
