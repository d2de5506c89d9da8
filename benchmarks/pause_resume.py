"""Pausing for a person and going on: hitl-tui, LangGraph with its SQLite checkpointer, and what SQLite itself allows.

All run the same graph (start → prepare → review → finish → end, where `review` waits for a person) in this one run,
nodes as functions in this process, one database file each, with the same durability: WAL and synchronous=FULL, read
back from the connections that write; and on disk is what a second connection finds there. A pause counts when the
question is on disk, a resume when the end is.

- hitl-tui: one at a time what `hitl run` and `hitl resume` do in their process, 50 at once what a worker does; decided
  through the path of every surface. The results before a node that may have effects are on disk before that node runs.
- LangGraph: `ainvoke` as it comes (durability `async`: a step is stored while the next one runs; `sync` is no slower).
- LG exit: LangGraph told to store nothing before the pause or the end. No bound: it keeps no step of what it did.
- limit: SQLite alone writes the rows of hitl-tui with as many COMMITs as hitl-tui takes for one thread alone, from one
  writer thread that batches what waits, and does nothing else.
- store alone: the transactions of hitl-tui, built beforehand, through its writer: what an engine that costs nothing
  could reach. No bound: where it misses one, no engine on this store can meet it.
- Workflow: `Workflow.invoke` and `resume` as a program calls them, with the state that each gives back. No bound: what
  the engine costs is in the first column, this one has what a call costs besides.
- own processes: hitl-tui with the nodes in an agents file, as a worker runs code of its users: in processes of their
  own. No bound: LangGraph has nothing like it.

Prints pauses and resumes a second one thread at a time and with 50 at once, CPU time and bytes for a thread, the time
to list 10,000 paused threads (LangGraph: `alist`, its only interface that lists threads), the COMMITs, and the ratios
with their bounds: medians of rounds in which all take turns. Each has a warm-up, and garbage is collected before it.

The databases lie in the temporary folder: where that is in memory, set TMPDIR to a folder on a disk.
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
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bare_contender import BareSqlite
from contenders import DURABLE, THREAD, Contender
from figures import Figure, report
from hitl_contender import HitlTui, HitlTuiHosted
from langgraph_contender import LangGraph
from recording import record
from store_contender import StoreAlone
from workflow_contender import Called

AT_ONCE = 50
LISTED = 10_000
COUNTED = 50
WARM_UP = "warm-up"
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
    costly_rounds: int
    """In so many of them also the listing, and the processes, which take long to start."""
    threads: dict[str, int]


QUICK = Effort(
    5,
    1,
    {
        "hitl-tui": 200,
        "LangGraph": 50,
        "LG exit": 50,
        "limit": 300,
        "store alone": 200,
        "Workflow": 100,
        "own processes": 60,
    },
)
FULL = Effort(
    9,
    3,
    {
        "hitl-tui": 600,
        "LangGraph": 120,
        "LG exit": 120,
        "limit": 1000,
        "store alone": 600,
        "Workflow": 300,
        "own processes": 200,
    },
)


def _ids(threads: int) -> list[str]:
    return [f"release-{number:06}" for number in range(threads)]


def main() -> None:
    """Parse the arguments, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and threads; ends within 60 s")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HITL_CONFIG_DIR"] = os.environ["HITL_STATE_DIR"] = folder
        effort = QUICK if options.quick else FULL
        recording = asyncio.run(record())
        contenders: tuple[Contender, ...] = (
            HitlTui(),
            LangGraph("async"),
            LangGraph("exit"),
            BareSqlite(recording),
            StoreAlone([WARM_UP, THREAD, *_ids(effort.threads[StoreAlone.name])]),
            Called(),
            HitlTuiHosted(),
        )
        values = _measure(contenders, effort)
        # The limit takes as many as hitl-tui by its making, and so does hitl-tui with processes.
        commits = asyncio.run(_commits(contenders[:3]))
    figures = [
        Figure(f"{measure}, {name}", statistics.median(values[measure, name]), _unit(measure))
        for measure, name in values
    ]
    if not options.json:
        _print_table(values, [contender.name for contender in contenders])
    report([*(figures if options.json else []), *commits, *_ratios(values)], as_json=options.json)


def _measure(contenders: Sequence[Contender], effort: Effort) -> Values:
    values: Values = {}
    # What was imported is nobody's garbage: without this, each would pay for the modules of the others.
    gc.collect()
    gc.freeze()
    for number in range(effort.rounds):
        turn = number % len(contenders)
        for contender in (*contenders[turn:], *contenders[:turn]):
            with tempfile.TemporaryDirectory() as folder:
                for at_once in MODES:
                    database, threads = Path(folder) / f"{at_once}.db", effort.threads[contender.name]
                    measured = asyncio.run(_paused_and_resumed(contender, database, threads, at_once))
                    if isinstance(contender, HitlTuiHosted):
                        # Most of its work is in other processes, whose time is not in ours.
                        measured = {key: value for key, value in measured.items() if _unit(key) == "1/s"}
                    elif number < effort.costly_rounds and at_once == 1:
                        measured |= _listed(contender, Path(folder) / "listed.db")
                    for measure, value in measured.items():
                        values.setdefault((measure, contender.name), []).append(value)
    return values


async def _paused_and_resumed(contender: Contender, database: Path, threads: int, at_once: int) -> dict[str, float]:
    """The measures of one round of one contender in one mode."""
    mode, ids = MODES[at_once], _ids(threads)
    async with contender.at_work(database, at_once) as running:
        settings = await running.settings()
        assert settings == DURABLE, f"{contender.name} writes with {settings}"
        await running.pause(WARM_UP)
        before = await contender.standing(database)
        assert before["paused"] == 1, f"{contender.name}: a pause is not on disk when it is told"
        await running.resume(WARM_UP)
        gc.collect()
        size, cpu = _size(database), time.process_time()
        pausing = await _timed(running.pause, ids, at_once)
        cpu_paused, grown = time.process_time() - cpu, _size(database) - size
        standing = await contender.standing(database)
        assert standing["paused"] == threads, f"{contender.name}: {standing} of {threads} paused"
        gc.collect()
        cpu = time.process_time()
        resuming = await _timed(running.resume, ids, at_once)
        cpu_resumed = time.process_time() - cpu
        standing = await contender.standing(database)
        assert standing["completed"] == before["completed"] + threads + 1, f"{contender.name}: {standing} completed"
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
    gc.collect()
    found, seconds = asyncio.run(contender.listed(database))
    assert found == LISTED, f"{contender.name} lists {found}"
    return {f"listing {LISTED} paused threads": seconds * 1000}


async def _commits(contenders: Sequence[Contender]) -> list[Figure]:
    """COMMITs for a thread, in a run that is not timed: hearing of every statement costs time."""
    figures = []
    count = 0

    def note(statement: str) -> None:
        nonlocal count
        count += statement.lower().startswith("commit")

    ids = [f"counted-{number}" for number in range(COUNTED)]
    for contender in contenders:
        for at_once, mode in MODES.items():
            with tempfile.TemporaryDirectory() as folder:
                async with contender.at_work(Path(folder) / "counted.db", at_once) as running:
                    await running.pause(WARM_UP)
                    await running.resume(WARM_UP)
                    await running.trace(note)
                    for name, action in (("pause", running.pause), ("resume", running.resume)):
                        before = count
                        await _timed(action, ids, at_once)
                        label = f"COMMITs of a {name}, {mode}, {contender.name}"
                        figures.append(Figure(label, (count - before) / COUNTED, ""))
    return figures


def _ratios(values: Values) -> list[Figure]:
    """What is bounded. Each ratio is the median over rounds: within a round all had the same machine."""

    def ratio(measure: str, other: str, ours: str = "hitl-tui") -> float:
        pairs = zip(values[measure, ours], values[measure, other], strict=True)
        return statistics.median(our / their for our, their in pairs)

    found = []
    for at_once, mode in MODES.items():
        for measure in (f"pauses, {mode}", f"resumes, {mode}"):
            found.append(
                Figure(f"{measure}, to LangGraph", ratio(measure, "LangGraph"), "x", RATE_BOUNDS[at_once], True)
            )
            found.append(Figure(f"{measure}, to LG exit", ratio(measure, "LG exit"), "x"))
            found.append(
                Figure(f"{measure}, store alone to LangGraph", ratio(measure, "LangGraph", "store alone"), "x")
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
    print(f"{'':<33}" + "".join(f"{name:>14}" for name in names))
    for measure in dict.fromkeys(measure for measure, _ in values):
        medians = [statistics.median(values.get((measure, name), [float("nan")])) for name in names]
        cells = "".join(f"{'-' if median != median else f'{median:.2f}':>14}" for median in medians)
        print(f"{measure:<33}{cells} {_unit(measure)}")
    print()


if __name__ == "__main__":
    main()
