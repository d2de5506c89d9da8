"""`python -m tests.crash`, which is `make crash`: the whole harness, its counts, and how many violations it found."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.crash import campaigns
from tests.crash.crowd import crowd
from tests.crash.invariants import Findings

KILLS_OF_A_SITE = 50
RACES_OF_A_SITE = 250
SECONDS_OF_A_CROWD = 60.0

Job = tuple[str, Callable[[Path, int], Findings]]


def failpoint_jobs() -> list[Job]:
    """Every failpoint on a database of its own, at the first and at the third time that it is reached."""
    jobs: list[Job] = []
    for point in campaigns.every_failpoint():
        if point.split(":")[1] in campaigns.STOP_POINTS:
            jobs.append((f"at {point}", partial(campaigns.failpoints_at_a_stop, points=[point])))
        else:
            named = [f"{point}:{count}" for count in (1, 3)]
            jobs += [(f"at {one}", partial(campaigns.failpoints, points=[one])) for one in named]
    return jobs


def take_over_jobs() -> list[Job]:
    """A worker that is stopped past its lease, at several moments."""
    jobs: list[Job] = [
        (f"take-over, stopped at {moment}", partial(campaigns.take_over, moment=moment)) for moment in campaigns.MOMENTS
    ]
    return [*jobs, ("take-over, woken beside another", campaigns.wake_beside_another)]


def storm_jobs(kills: int) -> list[Job]:
    """Random kills, on a new database for every 50; in every second one workers are stopped past their lease too."""
    return [
        (
            f"{size} kills" + (", with stops" if number % 2 else ""),
            partial(campaigns.storm, kills=size, stops=bool(number % 2)),
        )
        for number, size in enumerate(_shares(kills, KILLS_OF_A_SITE))
    ]


def race_jobs(races: int) -> list[Job]:
    """Races, on a new database for every 250."""
    return [(f"{size} races", partial(campaigns.races, count=size)) for size in _shares(races, RACES_OF_A_SITE)]


def _shares(total: int, most: int) -> list[int]:
    return [min(most, total - done) for done in range(0, total, most)]


def main() -> int:
    """Run it all; 1 when anything was violated."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--races", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=174)
    parser.add_argument("--jobs", type=int, default=2, help="how many databases at a time")
    parser.add_argument("--crowd", type=float, default=SECONDS_OF_A_CROWD, help="seconds of a worker, a TUI and shells")
    parser.add_argument("--no-failpoints", action="store_true")
    words = parser.parse_args()
    jobs = [] if words.no_failpoints else failpoint_jobs()
    jobs += take_over_jobs() + storm_jobs(words.kills) + race_jobs(words.races)
    jobs.append(("a crowd", partial(crowd, seconds=words.crowd)))
    began, total, home = time.monotonic(), Findings(), Path(tempfile.mkdtemp(prefix="hitl-crash-"))
    with ThreadPoolExecutor(words.jobs) as pool:
        futures = [pool.submit(_run, home / f"{number}", words.seed + number, job) for number, job in enumerate(jobs)]
        for number, ((name, _), future) in enumerate(zip(jobs, futures, strict=True)):
            findings = future.result()
            total.add(findings)
            print(f"{name}: {len(findings.violations)} violations", flush=True)
            for violation in findings.violations:
                print(f"  {violation}", flush=True)
            if not findings.violations:
                shutil.rmtree(home / f"{number}")
    _summary(total, time.monotonic() - began)
    if total.violations:
        print(f"the databases with violations are in {home}")
        return 1
    home.rmdir()
    return 0


def _run(folder: Path, seed: int, job: Job) -> Findings:
    try:
        return job[1](folder, seed)
    except Exception as error:
        return Findings([f"{folder.name}: {type(error).__name__}: {error}"])


def _summary(total: Findings, seconds: float) -> None:
    counts: Counter[str] = total.counts
    kills = sum(count for name, count in counts.items() if name.startswith("killed: "))
    print()
    for name in sorted(counts):
        print(f"{name:24} {counts[name]:>9,}")
    print()
    print(f"failpoints {counts['failpoints']}, random kills {kills}, take-overs {counts['take-overs']}")
    print(f"races {counts['races']:,} of 8 deciders over 4 processes, winners {counts['winners']:,}")
    print(f"{counts['checks']:,} checks in {seconds:.0f} s: {len(total.violations)} violations")


if __name__ == "__main__":
    sys.exit(main())
