"""A database with 100,000 paused threads, and enough of every other kind that each query finds something."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from hitl_tui.inbox import Inbox

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from many_threads import build, copy_rows, index_search

__all__ = ["build_all", "copy_rows"]

PAUSED = 100_000
READY, COMPLETED, HELD, LONG = 1_000, 10_000, 20, 500
LONG_THREAD = "release-000001"
"""A paused thread with `LONG` more steps."""
ONE_NODE = """
graph: Ready
nodes:
  only: {agent: output, prompt: "number {number}"}
"""


def build_all(path: Path) -> None:
    """The database at `path`; takes some seconds."""
    build(path, PAUSED)
    file = path.with_name("ready.yaml")
    file.write_text(ONE_NODE, encoding="utf-8")
    asyncio.run(_add_originals(path, file))
    with closing(sqlite3.connect(path)) as connection, connection:
        copy_rows(connection, "thread", "id", "ready", READY - 1, {"id": "'ready-' || i"})
        done = "'done-' || printf('%06d', i)"
        request = connection.execute("select id from request where thread = 'done'").fetchone()[0]
        answered = "printf('11111111-1111-4111-8111-%012d', i)"
        copy_rows(connection, "thread", "id", "done", COMPLETED - 1, {"id": done})
        copy_rows(connection, "step", "thread", "done", COMPLETED - 1, {"thread": done})
        copy_rows(connection, "request", "thread", "done", COMPLETED - 1, {"id": answered, "thread": done})
        copy_rows(connection, "response", "request", request, COMPLETED - 1, {"request": answered})
        copy_rows(connection, "audit", "thread", "done", COMPLETED - 1, {"id": "null", "thread": done})
        long = {"thread": f"'{LONG_THREAD}'", "seq": "100 + i", "status": "'ok'"}
        copy_rows(connection, "step", "thread", "original", LONG, long)
        index_search(connection)


async def _add_originals(path: Path, file: Path) -> None:
    """One thread that ended after an answer, one that is ready, and some with held answers."""
    async with Inbox.open(path, actor="ann", via="api") as inbox:
        release = path.with_name("release.yaml")
        await inbox.start(release, inputs={"service": "billing", "number": 0}, thread_id="done")
        await inbox.settled("done")
        await inbox.decide("done", "approve")
        await inbox.settled("done")
        await inbox.start(file, inputs={"number": 1}, thread_id="ready")
        for number in range(HELD):
            await inbox.decide(f"release-{number + 2:06}", "approve", hold=86_400)
