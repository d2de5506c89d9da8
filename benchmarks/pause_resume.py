"""Pausing for a person and going on: hitl-tui, LangGraph with its SQLite checkpointer, and what SQLite itself allows.

All three run the same graph (start → prepare → review → finish → end, where `review` waits for a person) in this one
run, with the same durability: WAL, synchronous=FULL, every node's result on disk before the next node runs. The limit
writes the rows of hitl-tui in as many transactions, batched, and does nothing else. Prints their pauses and resumes a
second, one thread at a time and with 50 at once, CPU time and bytes for a thread, the time to list 10,000 paused
threads, the commits, and the ratios with their bounds. Medians of rounds in which all three take turns.

The databases lie in the temporary folder: where that is in memory, set TMPDIR to a folder on a disk.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bare_contender import BareSqlite, Recording, record
from contenders import THREAD, Contender
from figures import Figure, report
from hitl_contender import CountingDatabase, HitlTui
from langgraph_contender import LangGraph

AT_ONCE = 50
LISTED = 10_000
MODES = {1: "one at a time", AT_ONCE: f"{AT_ONCE} at once"}
RATE_BOUNDS = {1: 5.0, AT_ONCE: 20.0}
LIMIT_BOUNDS = {1: 0.35, AT_ONCE: 0.2}
CPU_BOUND, BYTES_BOUND, LISTING_BOUND = 0.25, 0.5, 20.0

Values = dict[tuple[str, str], list[float]]
"""What was measured, by measure and contender: one value a round."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How often, and with how many threads for each contender."""

    rounds: int
    listings: int
    threads: dict[str, int]


QUICK = Effort(rounds=3, listings=1, threads={"hitl-tui": 300, "LangGraph": 100, "limit": 500})
FULL = Effort(rounds=7, listings=3, threads={"hitl-tui": 1000, "LangGraph": 200, "limit": 2000})


def main() -> None:
    """Parse the arguments, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and threads; ends within 60 s")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    recording = asyncio.run(record())
    contenders: tuple[Contender, ...] = (HitlTui(), LangGraph(), BareSqlite(recording))
    values: Values = {}
    # What was imported is nobody's garbage: without this, each would pay for the modules of the others.
    gc.collect()
    gc.freeze()
    for number in range(effort.rounds):
        for contender in contenders:
            with tempfile.TemporaryDirectory() as folder:
                for at_once in MODES:
                    database, threads = Path(folder) / f"{at_once}.db", effort.threads[contender.name]
                    measured = asyncio.run(_paused_and_resumed(contender, database, threads, at_once))
                    if number < effort.listings and at_once == 1:
                        measured |= _listed(contender, Path(folder) / "listed.db")
                    for measure, value in measured.items():
                        values.setdefault((measure, contender.name), []).append(value)
    figures = [
        Figure(f"{measure}, {name}", statistics.median(values[measure, name]), _unit(measure))
        for measure, name in values
    ]
    commits, ratios = asyncio.run(_commits(recording)), _ratios(values)
    if not options.json:
        _print_table(values, [contender.name for contender in contenders])
    report([*figures, *commits, *ratios] if options.json else [*commits, *ratios], as_json=options.json)


async def _paused_and_resumed(contender: Contender, database: Path, threads: int, at_once: int) -> dict[str, float]:
    """The measures of one round of one contender in one mode."""
    mode, ids = MODES[at_once], [f"release-{number:06}" for number in range(threads)]
    async with contender.at_work(database, at_once) as running:
        await running.pause("warm-up")
        await running.resume("warm-up")
        gc.collect()
        size, cpu = _size(database), time.process_time()
        pausing = await _timed(running.pause, ids, at_once)
        cpu_paused, grown = time.process_time() - cpu, _size(database) - size
        cpu = time.process_time()
        resuming = await _timed(running.resume, ids, at_once)
        cpu_resumed = time.process_time() - cpu
    measured = {
        f"pauses, {mode}": threads / pausing,
        f"resumes, {mode}": threads / resuming,
        f"CPU of a pause, {mode}": cpu_paused / threads * 1000,
        f"CPU of a resume, {mode}": cpu_resumed / threads * 1000,
        f"CPU of a thread, {mode}": (cpu_paused + cpu_resumed) / threads * 1000,
    }
    return measured | ({"size of a paused thread": grown / threads} if at_once == 1 else {})


async def _timed(action: Callable[[str], Awaitable[None]], ids: Sequence[str], at_once: int) -> float:
    """Seconds to act on all threads, so many at the same time."""
    waiting = iter(ids)

    async def one_after_the_other(ids: Iterable[str]) -> None:
        for thread_id in ids:
            await action(thread_id)

    start = time.perf_counter()
    await asyncio.gather(*(one_after_the_other(waiting) for _ in range(at_once)))
    return time.perf_counter() - start


def _size(database: Path) -> int:
    """Bytes of all pages as of the last commit, those in the WAL too."""
    with closing(sqlite3.connect(database)) as connection:
        pages, size = (connection.execute(f"pragma {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * size)


def _listed(contender: Contender, database: Path) -> dict[str, float]:
    async def pause_one() -> None:
        async with contender.at_work(database, 1) as running:
            await running.pause(THREAD)

    asyncio.run(pause_one())
    contender.multiply(database, LISTED - 1)
    found, seconds = asyncio.run(contender.listed(database))
    assert found == LISTED, f"{contender.name} lists {found}"
    return {f"listing {LISTED} paused threads": seconds * 1000}


async def _commits(recording: Recording) -> list[Figure]:
    """Transactions of a thread, and how many COMMITs they shared when many threads wrote at once."""
    figures = []
    ids = [str(number) for number in range(500)]
    with tempfile.TemporaryDirectory() as folder:
        async with HitlTui(CountingDatabase).at_work(Path(folder) / "hitl.db", AT_ONCE) as running:
            for name, action, alone in (
                ("pause", running.pause, recording.pause),
                ("resume", running.resume, recording.resume),
            ):
                before = CountingDatabase.commits
                await _timed(action, ids, AT_ONCE)
                figures.append(Figure(f"commits of a {name}, {MODES[1]}", len(alone), ""))
                figures.append(
                    Figure(f"commits of a {name}, {MODES[AT_ONCE]}", (CountingDatabase.commits - before) / len(ids), "")
                )
    return figures


def _ratios(values: Values) -> list[Figure]:
    """What the issue bounds. Each ratio is the median over rounds: within a round all had the same machine."""

    def ratio(measure: str, other: str) -> float:
        pairs = zip(values[measure, "hitl-tui"], values[measure, other], strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)

    found = []
    for at_once, mode in MODES.items():
        for measure in (f"pauses, {mode}", f"resumes, {mode}"):
            found.append(
                Figure(f"{measure}, to LangGraph", ratio(measure, "LangGraph"), "x", RATE_BOUNDS[at_once], True)
            )
            found.append(Figure(f"{measure}, to the limit", ratio(measure, "limit"), "x", LIMIT_BOUNDS[at_once], True))
        cpu = f"CPU of a thread, {mode}"
        found.append(Figure(f"{cpu}, to LangGraph", ratio(cpu, "LangGraph"), "x", CPU_BOUND))
    size, listing = "size of a paused thread", f"listing {LISTED} paused threads"
    found.append(Figure(f"{size}, to LangGraph", ratio(size, "LangGraph"), "x", BYTES_BOUND))
    found.append(Figure(f"{listing}, speed to LangGraph", 1 / ratio(listing, "LangGraph"), "x", LISTING_BOUND, True))
    return found


def _unit(measure: str) -> str:
    units = {"pauses": "1/s", "resumes": "1/s", "size": "bytes"}
    return units.get(measure.split()[0].rstrip(","), "ms")


def _print_table(values: Values, names: Sequence[str]) -> None:
    print(f"{'':<40}" + "".join(f"{name:>12}" for name in names))
    for measure in dict.fromkeys(measure for measure, _ in values):
        medians = [statistics.median(values[measure, name]) for name in names]
        print(f"{measure:<40}" + "".join(f"{median:>12.2f}" for median in medians) + f" {_unit(measure)}")
    print()


if __name__ == "__main__":
    main()
