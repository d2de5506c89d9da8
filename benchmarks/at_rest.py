"""What 100,000 paused threads cost while nobody answers: next to nothing.

A real idle `hitl worker` on a database with 100,000 paused threads beside one on a database with 10, and the real app
in a terminal on the large one: memory (resident), and CPU time over 10 seconds. Then, with the same threads paused, the
time to find and claim one that is ready, to the return after its COMMIT.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from pathlib import Path

import pexpect

sys.path.insert(0, str(Path(__file__).parent))

from figures import Figure, report
from many_threads import build, copy_rows
from processes import app, cost, drain, worker

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.session import utc_now
from hitl_tui.model.jsontext import iso
from hitl_tui.store.database import Database
from hitl_tui.store.leases import Claimant, ClaimNext, claimable

FEW, MANY = 10, 100_000
GROWTH_BOUND_MB, CPU_BOUND_PERCENT, CLAIM_BOUND_MS = 20.0, 1.0, 5.0
SETTLING_SECONDS = 2.0
READY = """
graph: Ready
nodes:
  only: {agent: output, prompt: "number {number}"}
"""


def main() -> None:
    """Parse the arguments, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer claims; ends within 60 s")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HITL_CONFIG_DIR"] = os.environ["HITL_STATE_DIR"] = folder
        few, many = Path(folder, "few.db"), Path(folder, "many.db")
        build(few, FEW)
        build(many, MANY)
        figures = _idle(few, many, 10 if options.quick else 30)
        claims = 100 if options.quick else 500
        asyncio.run(_start_one(many))
        with closing(sqlite3.connect(many)) as connection, connection:
            copy_rows(connection, "thread", "id", "ready", 2 * claims, {"id": "'ready-' || i"})
        figures.append(
            Figure("claim of a ready thread, median", asyncio.run(_claim(many, claims)), "ms", CLAIM_BOUND_MS)
        )
    report(figures, as_json=options.json)


def _idle(few: Path, many: Path, seconds: float) -> list[Figure]:
    """Memory and CPU of both workers and the app, all idle in the same seconds."""
    with ExitStack() as stack:
        small, large = (stack.enter_context(worker(path)) for path in (few, many))
        screen = stack.enter_context(app(many))
        drain(screen, SETTLING_SECONDS)
        pids = {"worker": large, "app": screen.pid}
        before = {name: cost(pid).cpu_seconds for name, pid in pids.items()}
        start = time.perf_counter()
        while (left := seconds - (time.perf_counter() - start)) > 0:
            # Not until it is silent for so long: its times are drawn anew before that.
            with suppress(pexpect.TIMEOUT):
                screen.read_nonblocking(65536, timeout=left)
        spent = time.perf_counter() - start
        percent = {name: (cost(pid).cpu_seconds - before[name]) / spent * 100 for name, pid in pids.items()}
        megabytes = {pid: cost(pid).memory_mb for pid in (small, large)}
    return [
        Figure(f"memory of an idle worker, {FEW} paused threads", megabytes[small], "MB"),
        Figure(f"memory of an idle worker, {MANY} paused threads", megabytes[large], "MB"),
        Figure("memory of an idle worker, growth", megabytes[large] - megabytes[small], "MB", GROWTH_BOUND_MB),
        Figure(f"CPU of an idle worker, {MANY} paused threads", percent["worker"], "%", CPU_BOUND_PERCENT),
        Figure(f"CPU of the idle app, {MANY} paused threads", percent["app"], "%", CPU_BOUND_PERCENT),
    ]


async def _start_one(database: Path) -> None:
    file = database.with_name("ready.yaml")
    file.write_text(READY, encoding="utf-8")
    async with Inbox.open(database, actor="ann", via="api") as inbox:
        await inbox.start(file, inputs={"number": 1}, thread_id="ready")


async def _claim(path: Path, claims: int) -> float:
    """Milliseconds to look whether there is something to claim, and to claim one thread."""
    times = []
    gc.collect()
    async with Database.open(path) as database:
        for number in range(claims):
            claimant = Claimant("benchmark", (), utc_now, timedelta(minutes=10))
            start = time.perf_counter()
            assert await claimable(database, iso(utc_now()), claimant.trusted), number
            claimed = await database.write(ClaimNext(claimant, 1))
            times.append((time.perf_counter() - start) * 1000)
            assert len(claimed) == 1, number
    return statistics.median(times)


if __name__ == "__main__":
    main()
