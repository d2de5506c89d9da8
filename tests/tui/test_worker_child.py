"""The worker that the screen starts: a real process, watched, restarted, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox import Inbox
from hitl_tui.tui.worker_child import WorkerChild, worker_command, worker_log
from tests.tui.threads import workflow
from tests.waiting import eventually, until


async def nobody() -> bool:
    return False


@asynccontextmanager
async def watched(child: WorkerChild) -> AsyncIterator[list[str]]:
    """The child being kept alive, and what it had to tell."""
    told: list[str] = []
    task = asyncio.create_task(child.watch(told.append))
    try:
        yield told
    finally:
        await child.stop()
        await asyncio.wait_for(task, 20)
        assert child.pid is None


def script(words: str) -> list[str]:
    return [sys.executable, "-c", words]


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def test_row_171_the_child_runs_threads_and_stops_with_us(database: Path, tmp_path: Path) -> None:
    """row 171: agent work runs in the child; its output goes to a private log."""
    async with Inbox.open(database, actor="ann", via="tui") as inbox:

        async def served() -> bool:
            return (await inbox.counts()).live_worker

        child = WorkerChild(worker_command(database), worker_log(), alive=served)
        async with watched(child):
            await inbox.start(workflow(tmp_path), thread_id="one")
            view = await inbox.settled("one", 20, run=False)
            assert view.status == "paused"
            assert await served()
            pid = child.pid
            assert pid is not None
            # A session of its own: no ctrl+c of this terminal, no way to read its keys.
            assert os.getsid(pid) == pid
        assert not alive(pid)
        assert not await served()
    assert "one: paused" in worker_log().read_text()
    assert worker_log().stat().st_mode & 0o777 == 0o600


async def test_no_child_is_started_while_another_worker_is_alive(database: Path) -> None:
    async with Inbox.open(database, actor="ann", via="tui") as inbox:
        looked = 0

        async def served() -> bool:
            nonlocal looked
            looked += 1
            return (await inbox.counts()).live_worker

        stop = asyncio.Event()
        other = asyncio.create_task(inbox.work(1, stop))
        await eventually(served)
        looked = 0
        child = WorkerChild(worker_command(database), worker_log(), alive=served)
        async with watched(child):
            await eventually(lambda: looked >= 2)
            assert child.pid is None
            stop.set()
            await other
            await eventually(lambda: child.pid is not None)


async def test_a_child_that_dies_is_started_again_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitl_tui.tui.worker_child._DRAIN_SECONDS", 0.05)
    child = WorkerChild(
        script("import time; time.sleep(60)"), tmp_path / "logs" / "worker.log", alive=nobody, first_delay=0.01
    )
    async with watched(child) as told:
        await eventually(lambda: child.pid)
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: child.pid not in (None, first))
        assert "ended by signal 9" in told[0]
        assert "started again" in told[0]


async def test_a_child_that_dies_again_and_again_is_started_less_and_less_often(tmp_path: Path) -> None:
    clock = iter(range(1000))
    child = WorkerChild(
        script("raise SystemExit(7)"),
        tmp_path / "worker.log",
        alive=nobody,
        clock=lambda: next(clock),
        first_delay=0.01,
    )
    async with watched(child) as told:
        await eventually(lambda: len(told) >= 5)
    assert all("ended with exit code 7" in words for words in told)
    assert str(tmp_path / "worker.log") in told[0]


async def test_a_program_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    child = WorkerChild([str(tmp_path / "no-such-program")], tmp_path / "worker.log", alive=nobody, first_delay=0.01)
    async with watched(child) as told:
        await eventually(lambda: told)
    assert told[0].startswith("The worker cannot be started: No such file")


async def test_while_the_database_cannot_be_read_no_child_is_started(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def broken() -> bool:
        asked.set()
        raise DatabaseUnusable("the database is locked")

    child = WorkerChild(script("pass"), tmp_path / "worker.log", alive=broken)
    async with watched(child):
        await asyncio.wait_for(asked.wait(), 20)
        assert child.pid is None


async def test_where_the_database_was_removed_the_child_makes_none(database: Path, tmp_path: Path) -> None:
    child = WorkerChild(worker_command(database), tmp_path / "worker.log", alive=nobody)
    async with watched(child) as told:
        await eventually(lambda: told)
    assert told[0].startswith("The worker ended with exit code 1")
    assert f"there is no database at {database}; put the file back" in (tmp_path / "worker.log").read_text()
    assert not os.path.exists(database)  # noqa: ASYNC240, PTH110 - nothing else runs in this loop


async def test_a_child_that_does_not_listen_is_ended_by_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitl_tui.tui.worker_child._DRAIN_SECONDS", 0.05)
    monkeypatch.setattr("hitl_tui.tui.worker_child._TERMINATE_SECONDS", 0.05)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    log = tmp_path / "worker.log"
    child = WorkerChild(script(deaf), log, alive=nobody)
    async with watched(child):
        await eventually(lambda: log.exists() and "deaf" in log.read_text())
        pid = child.pid
    assert pid is not None
    assert not alive(pid)


def test_a_child_whose_parent_is_killed_ends_by_itself(database: Path, tmp_path: Path) -> None:
    """row 171: kill -9 of the screen leaves no orphan."""
    program = f"""
import asyncio
from pathlib import Path
from hitl_tui.inbox import Inbox
from hitl_tui.tui.worker_child import WorkerChild, worker_command

async def nobody():
    return False

async def main():
    async with Inbox.open(Path({str(database)!r}), actor="ann", via="tui") as inbox:
        log = Path({str(tmp_path / "worker.log")!r})
        await WorkerChild(worker_command(inbox.path), log, alive=nobody).watch(print)

asyncio.run(main())
"""
    parent = subprocess.Popen([sys.executable, "-c", program])
    log = tmp_path / "worker.log"
    try:
        until(lambda: log.exists() and "worker: pid" in log.read_text())
        pid = int(log.read_text().partition("worker: pid ")[2].split()[0])
        assert alive(pid)
    finally:
        parent.kill()
        parent.wait()
    until(lambda: not alive(pid))


def test_a_large_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitl_tui.tui.worker_child._LARGEST_LOG", 3)
    log = tmp_path / "worker.log"
    log.write_text("much")

    async def start_and_stop() -> None:
        child = WorkerChild(script("print('new', flush=True); import time; time.sleep(60)"), log, alive=nobody)
        monkeypatch.setattr("hitl_tui.tui.worker_child._DRAIN_SECONDS", 0.05)
        async with watched(child):
            await eventually(lambda: log.exists() and "new" in log.read_text())

    asyncio.run(start_and_stop())
    assert (tmp_path / "worker.old.log").read_text() == "much"
