"""The real app in a terminal: does it open and move with 100,000 paused threads as it does with 100?

Prints the time to the first frame beside that of the least Textual app; to the first painted rows, and from a key to
its repaint, with 100 and with 100,000 paused threads and in a bare list of Textual, all in the same run; their ratios
with the bounds, and the slowest inbox query at 100,000 (the best of some runs of each). Then from the last letter of a
search to its painted results, for searches that find one, many and all of the 100,000.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from figures import Figure, report
from many_threads import build
from processes import app, bare_list, drain

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import SORTS, Filter

FEW, MANY = 100, 100_000
FRAME = "Inbox"
"""What stands in our first frame."""
BARE = 0
"""Stands for the bare list among the sizes."""
FRAME_MS = 33.0
SEARCHES = {"release-099999": 1, "billing 77": 1_111, "re": MANY}
"""What is typed, and how much it finds; with one letter less it would be another number."""
SEARCH_BOUND_MS = 300.0
INDEXED = 5_000
QUERY_BOUND_MS = 20.0
QUIET_SECONDS = 0.12
"""After a key the row is repainted at once and the detail a moment later; then the app is silent."""


def main() -> None:
    """Parse the arguments, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions; ends within 60 s")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HITL_CONFIG_DIR"] = os.environ["HITL_STATE_DIR"] = folder
        databases = {size: Path(folder) / f"{size}.db" for size in (FEW, MANY)}
        for size, path in databases.items():
            build(path, size)
        figures = _first_frames(databases[MANY], 5 if options.quick else 15)
        figures += _openings(databases, 3 if options.quick else 9)
        figures += _keys(databases, 40 if options.quick else 500)
        figures.append(asyncio.run(_slowest_query(databases[MANY], 3 if options.quick else 7)))
        build(Path(folder) / "indexed.db", INDEXED)
        figures.append(asyncio.run(_indexing(Path(folder) / "indexed.db")))
        figures += _searches(databases[MANY], 3 if options.quick else 15)
    report(figures, as_json=options.json)


def _first_frames(path: Path, rounds: int) -> list[Figure]:
    ours: list[float] = []
    least: list[float] = []
    for _ in range(rounds):
        for times, opened in ((ours, partial(app, path, FRAME)), (least, bare_list)):
            start = time.perf_counter()
            with opened():
                times.append((time.perf_counter() - start) * 1000)
    return [
        Figure("first frame", statistics.median(ours), "ms"),
        Figure("first frame, the least Textual app", statistics.median(least), "ms"),
        Figure("first frame, to the least Textual app", statistics.median(ours) / statistics.median(least), "x", 1.5),
    ]


def _openings(databases: dict[int, Path], rounds: int) -> list[Figure]:
    times: dict[int, list[float]] = {size: [] for size in databases}
    for _ in range(rounds):
        for size, path in databases.items():
            start = time.perf_counter()
            with app(path):
                times[size].append((time.perf_counter() - start) * 1000)
    few, many = (statistics.median(times[size]) for size in (FEW, MANY))
    return [
        Figure(f"first rows painted, {FEW} threads", few, "ms"),
        Figure(f"first rows painted, {MANY} threads", many, "ms"),
        Figure("first rows painted, ratio", many / few, "x", 1.3),
    ]


def _keys(databases: dict[int, Path], keys: int) -> list[Figure]:
    times: dict[int, list[float]] = {size: [] for size in (*databases, BARE)}
    with app(databases[FEW]) as few, app(databases[MANY]) as many, bare_list() as bare:
        apps = {FEW: few, MANY: many, BARE: bare}
        for child in apps.values():
            drain(child, 1.0)
        for number in range(keys):
            key = "j" if number // 50 % 2 == 0 else "k"
            for size, child in apps.items():
                start = time.perf_counter()
                child.send(key)
                child.read_nonblocking(65536, timeout=5)
                times[size].append((time.perf_counter() - start) * 1000)
            for child in apps.values():
                drain(child, QUIET_SECONDS)
    medians = {size: statistics.median(times[size]) for size in times}
    worst = statistics.quantiles(times[MANY], n=20)[-1]
    return [
        Figure(f"key to repaint, median, {FEW} threads", medians[FEW], "ms"),
        Figure(f"key to repaint, median, {MANY} threads", medians[MANY], "ms"),
        Figure("key to repaint, median, bare list", medians[BARE], "ms"),
        Figure(f"key to repaint, p95, {MANY} threads", worst, "ms", FRAME_MS),
        Figure("key to repaint, ratio of medians", medians[MANY] / medians[FEW], "x", 1.5),
        Figure("key to repaint, to the bare list", medians[MANY] / medians[BARE], "x", 1.5),
    ]


async def _indexing(path: Path) -> Figure:
    """What workers do between their other work, on a database with `INDEXED` threads."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from searched")
        connection.execute("update search_mark set audit = 0")
    async with Inbox.open(path, actor="ann", via="api") as inbox:
        start = time.process_time()
        await inbox.catch_up_search()
        return Figure("indexing for search, CPU of a thread", (time.process_time() - start) / INDEXED * 1000, "ms")


def _searches(path: Path, rounds: int) -> list[Figure]:
    times: dict[str, list[float]] = {text: [] for text in SEARCHES}
    with app(path) as child:
        drain(child, 1.0)
        for _ in range(rounds):
            for text, found in SEARCHES.items():
                child.send("/" + text[:-1])
                drain(child, QUIET_SECONDS * 3)
                start = time.perf_counter()
                child.send(text[-1])
                child.expect_exact(f"{found:,} found")
                times[text].append((time.perf_counter() - start) * 1000)
                child.send("\x1b")
                drain(child, QUIET_SECONDS * 3)
    return [
        Figure(f"search to painted results, {found} found", statistics.median(times[text]), "ms", SEARCH_BOUND_MS)
        for text, found in SEARCHES.items()
    ]


async def _slowest_query(path: Path, rounds: int) -> Figure:
    slowest = ("", 0.0)
    async with Inbox.open(path, actor="ann", via="api") as inbox:
        shelves = [Filter("waiting"), Filter("all")]
        one_graph = Filter(graphs=("Release",), types=("approval",))
        deep = (await inbox.list(Filter("waiting"), limit=1, offset=MANY - 2)).items[0].key
        calls: dict[str, Callable[[], Awaitable[object]]] = {"counts": inbox.counts}
        calls["first page of one graph and type"] = partial(inbox.list, one_graph)
        for which in shelves:
            for sort in SORTS:
                name = f"{which.shelf} {sort}"
                calls[f"window {name}"] = partial(inbox.list, which, sort, 200)
                calls[f"middle window {name}"] = partial(inbox.list, which, sort, 200, MANY // 2)
                calls[f"rank {name}"] = partial(inbox.rank, which, sort, deep)
        for name, call in calls.items():
            times = []
            for _ in range(rounds):
                start = time.perf_counter()
                await call()
                times.append((time.perf_counter() - start) * 1000)
            slowest = max(slowest, (name, min(times)), key=lambda item: item[1])
    return Figure(f"slowest inbox query at {MANY}: {slowest[0]}", slowest[1], "ms", QUERY_BOUND_MS)


if __name__ == "__main__":
    main()
