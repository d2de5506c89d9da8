"""A thousand threads that wait for a person occupy nobody."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from hitl_tui.engine import presence
from hitl_tui.inbox import Inbox
from tests.scale.database import copy_rows
from tests.waiting import until

THREADS = 1_000
CONCURRENCY = 4
AGENTS = """
import os
from pathlib import Path

from hitl_tui.agents import BaseAgent, agent

Path(__file__).with_name(f"{os.getpid()}.pid").touch()


@agent("ask")
class Ask(BaseAgent):
    def process(self, inputs):
        return self.ask(self.request("approval", "May it go on?")).action
"""
GRAPH = """
graph: Waiting
agents: agents.py
nodes:
  gate: {agent: ask, output: answer}
"""


def counted(database: Path, condition: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(f"select count(*) from thread where {condition}").fetchone()[0])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def hosts(folder: Path) -> list[int]:
    """The processes that loaded the agents code and are still there."""
    return [pid for pid in (int(path.stem) for path in folder.glob("*.pid")) if alive(pid)]


async def start_one(database: Path, file: Path) -> None:
    async with Inbox.open(database, actor="ann", via="cli") as inbox:
        await inbox.start(file, thread_id="first")


async def answer_one(database: Path) -> str:
    async with Inbox.open(database, actor="ann", via="cli") as inbox:
        await inbox.decide("t500", "approve")
        return (await inbox.settled("t500")).status


def test_a_thousand_paused_threads_use_no_worker(tmp_path: Path) -> None:
    """row 142: no lease, no running thread; no process but those that a worker keeps warm, which leave with it."""
    database = tmp_path / "hitl.db"
    (tmp_path / "agents.py").write_text(AGENTS, encoding="utf-8")
    (tmp_path / "waiting.yaml").write_text(GRAPH, encoding="utf-8")
    asyncio.run(start_one(database, tmp_path / "waiting.yaml"))
    with closing(sqlite3.connect(database)) as connection, connection:
        copy_rows(connection, "thread", "id", "first", THREADS - 1, {"id": "'t' || i"})
    command = [sys.executable, "-m", "hitl_tui", "worker", "--db", str(database), "--concurrency", str(CONCURRENCY)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ) as worker:
        try:
            until(lambda: counted(database, "status = 'paused'") == THREADS or worker.poll() is not None, seconds=60)
            assert worker.poll() is None, "the worker ended before they were paused"
            assert counted(database, "lease_owner is not null or lease_until is not null") == 0
            assert len(hosts(tmp_path)) <= CONCURRENCY
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(20) == 0
        finally:
            worker.kill()
    assert not presence.anyone(database)
    assert until(lambda: hosts(tmp_path) == [])
    assert counted(database, "status = 'paused' and open_requests = 1 and lease_owner is null") == THREADS
    assert asyncio.run(answer_one(database)) == "completed"
