"""A person decides while a worker writes as fast as it can: how long does the decision take?

A real `hitl worker` process runs ready threads with 50 at a time and always has more of them; this process decides
threads of the same database through the inbox, one every 20 to 80 ms. Prints the latency of a decision (from the call
to the return after its COMMIT) beside that on the same database while nothing else writes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from figures import Figure, report
from many_threads import build, copy_rows
from processes import worker

from hitl_tui.inbox import Inbox

BOUND_MS = 300.0
CONCURRENCY = 50
SHORTEST, LONGEST = 0.02, 0.08
WORK = """
graph: Work
nodes:
  one: {agent: output, prompt: "first of {number}", output: a, next: two}
  two: {agent: output, prompt: "second of {number}", output: b, next: three}
  three: {agent: output, prompt: "third of {number}", output: c}
"""


def main() -> None:
    """Parse the arguments, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer decisions; ends within 60 s")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    decisions = 100 if options.quick else 400
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HITL_CONFIG_DIR"] = os.environ["HITL_STATE_DIR"] = folder
        database = Path(folder) / "hitl.db"
        build(database, 2 * decisions)
        ids = [f"release-{number:06}" for number in range(1, 2 * decisions)]
        idle = asyncio.run(_decide(database, ids[:decisions]))
        ready = 200 * decisions
        asyncio.run(_prepare_work(database, ready))
        with worker(database, "--concurrency", str(CONCURRENCY)):
            _await_work(database)
            before, start = _left(database), time.perf_counter()
            busy = asyncio.run(_decide(database, ids[decisions:]))
            left, seconds = _left(database), time.perf_counter() - start
        assert left > CONCURRENCY, "the worker ran out of work: the decisions were not made beside a busy writer"
    figures = [
        Figure("threads that the worker ran meanwhile", (before - left) / seconds, "1/s"),
        Figure("decision, idle database, p50", statistics.median(idle), "ms"),
        Figure("decision, idle database, p95", _p95(idle), "ms"),
        Figure("decision beside a busy worker, p50", statistics.median(busy), "ms"),
        Figure("decision beside a busy worker, p95", _p95(busy), "ms", BOUND_MS),
        Figure("decision beside a busy worker, slowest", max(busy), "ms"),
    ]
    report(figures, as_json=options.json)


async def _decide(database: Path, ids: Sequence[str]) -> list[float]:
    """The milliseconds of each decision."""
    times = []
    pauses = random.Random(0)
    async with Inbox.open(database, actor="ann", via="api") as inbox:
        for thread_id in ids:
            start = time.perf_counter()
            await inbox.decide(thread_id, "approve")
            times.append((time.perf_counter() - start) * 1000)
            # At odd moments: not in step with the worker's batches.
            await asyncio.sleep(pauses.uniform(SHORTEST, LONGEST))
    return times


async def _prepare_work(database: Path, threads: int) -> None:
    """So many ready threads, copied from one that was started and not run."""
    file = database.with_name("work.yaml")
    file.write_text(WORK, encoding="utf-8")
    async with Inbox.open(database, actor="ann", via="api") as inbox:
        await inbox.start(file, inputs={"number": 1}, thread_id="work")
    with closing(sqlite3.connect(database)) as connection, connection:
        copy_rows(connection, "thread", "id", "work", threads, {"id": "'work-' || i"})


def _await_work(database: Path) -> None:
    """Return when the worker is at it."""
    first = _left(database)
    while _left(database) > first - 2 * CONCURRENCY:
        time.sleep(0.05)


def _left(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        sql = "select count(*) from thread where graph_name = 'Work' and status = 'ready'"
        return int(connection.execute(sql).fetchone()[0])


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
