"""A program's visits to its inbox share one open database, which is closed when nobody visits it any more."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox import Inbox, visits
from hitl_tui.inbox.visits import visit, visit_at_once
from hitl_tui.store.database import Database
from tests.inbox.workflow import APPROVAL, write
from tests.waiting import until

ENDS = """
import sys
from pathlib import Path
from hitl_tui import StorageService

StorageService(Path(sys.argv[1])).write("notes", {"text": "kept"}, "n1")
assert Path(sys.argv[1] + "-wal").exists(), "it is still open"
raise SystemExit(3)
"""
FORKS = """
import os, sys
from pathlib import Path
from hitl_tui import StorageService

storage = StorageService(Path(sys.argv[1]))
storage.write("notes", {"text": "before"}, "n1")
child = os.fork()
if child == 0:
    storage.write("notes", {"text": "child"}, "n2")
    sys.exit(0)
storage.write("notes", {"text": "parent"}, "n3")
assert os.waitpid(child, 0)[1] == 0
print(sorted(note["text"] for note in storage.list("notes")))
"""
INTERRUPTED = """
import asyncio, os, signal, sys, threading
from pathlib import Path
from hitl_tui.inbox.visits import visit_at_once

async def deed(inbox):
    try:
        threading.Timer(0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0.1)
        print("cleaned up", flush=True)

try:
    visit_at_once(Path(sys.argv[1]), "ann", deed)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


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


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        pytest.param(ENDS, 3, "", id="a program that ends leaves no log behind"),
        pytest.param(FORKS, 0, "['before', 'child', 'parent']\n", id="a fork has visits of its own"),
        pytest.param(INTERRUPTED, 0, "cleaned up\ninterrupted\n", id="Ctrl+C waits for what cleans up"),
    ],
)
def test_programs(tmp_path: Path, script: str, code: int, said: str) -> None:
    path = tmp_path / "hitl.db"
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=60, env=dict(os.environ)
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, said, "")
    assert not log_of(path).exists()
