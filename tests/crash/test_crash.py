"""Nothing is lost and nothing done twice, whatever is killed and when (rows 5, 7, 71 to 73, 173, 174).

`make crash` is the long form.
"""

from __future__ import annotations

import importlib
import pkgutil
import sqlite3
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hitl_tui import store
from hitl_tui.store import activity, failpoints, metrics, writer
from hitl_tui.store.commits import RunCommit
from hitl_tui.store.together import Together
from hitl_tui.store.waking import WakeAndClaim, Waking
from tests.crash import campaigns
from tests.crash.crowd import crowd
from tests.crash.invariants import Findings

SEED = 174


def whole(findings: Findings) -> Counter[str]:
    """The counts, after a look at the violations."""
    assert not findings.violations, "\n".join(findings.violations)
    return findings.counts


@pytest.mark.parametrize(
    "names",
    [campaigns.WORKER_POINTS, campaigns.EFFECT_POINTS, tuple(campaigns.ACTOR_POINTS)],
    ids=["worker", "effects", "actor"],
)
def test_a_death_at_every_failpoint(tmp_path: Path, names: tuple[str, ...]) -> None:
    """row 5, row 7, row 71, row 174"""
    points = [f"{when}:{name}" for name in names for when in campaigns.WHENS]
    assert whole(campaigns.failpoints(tmp_path, SEED, points))["failpoints"] == len(points)


def test_random_deaths_under_load(tmp_path: Path) -> None:
    """row 174"""
    counts = whole(campaigns.storm(tmp_path, SEED, 6))
    assert sum(count for name, count in counts.items() if name.startswith("killed: ")) == 6


def test_workers_that_are_told_to_stop_or_stopped(tmp_path: Path) -> None:
    """row 174: a death while leases are handed back; a worker that slept past its lease can commit nothing.

    All of these mostly wait, so they wait together.
    """
    points = [f"{when}:{name}" for name in campaigns.STOP_POINTS for when in campaigns.WHENS]
    with ThreadPoolExecutor() as pool:
        deaths = pool.submit(campaigns.failpoints_at_a_stop, tmp_path / "deaths", SEED, points)
        moments = ("after:claim:stop", "after:superstep:25:stop", campaigns.IN_A_NODE)
        sleeps = [pool.submit(campaigns.take_over, tmp_path / moment, SEED, moment) for moment in moments]
    assert whole(deaths.result())["failpoints"] == len(points)
    assert sum(whole(sleep.result())["take-overs"] for sleep in sleeps) == len(moments)


def test_workers_that_wake_while_another_runs_their_nodes(tmp_path: Path) -> None:
    """row 174: the thread is `running`, so that only owner and epoch of the lease keep them from it"""
    assert whole(campaigns.wake_beside_another(tmp_path, SEED))["woken beside another"] == 2


def test_of_racing_deciders_one_wins(tmp_path: Path) -> None:
    """rows 72 and 173: the others are told who, what and when"""
    counts = whole(campaigns.races(tmp_path, SEED, 40))
    assert (counts["races"], counts["winners"], counts["losers"]) == (40, 40, 280)


def test_a_crowd(tmp_path: Path) -> None:
    """rows 172 and 173: worker, inbox and shells on one database meet no failure, and no decision is lost or doubled"""
    counts = whole(crowd(tmp_path, SEED, 8))
    assert counts["keys"] > 10
    assert counts["told: decide"] > 0


def test_every_transaction_has_its_failpoint_in_the_harness() -> None:
    modules = [
        importlib.import_module(f"hitl_tui.store.{found.name}") for found in pkgutil.iter_modules(store.__path__)
    ]
    kinds = {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type)
        and kind.__module__ == module.__name__
        and ("__call__" in vars(kind) or issubclass(kind, Waking))
    }
    # These read, on a connection of their own.
    kinds -= {activity.Look, metrics.Collect, metrics.CollectEach}
    # What these two are called depends on what they hold.
    of_the_runner = {kind for kind in kinds if isinstance(vars(kind).get("point"), property)}
    assert {kind.__name__ for kind in of_the_runner} == {"NodeCommit", "ThreadCommit"}
    several = {Waking, Together, RunCommit, WakeAndClaim}
    names = {failpoints.name_of(object.__new__(kind)) for kind in kinds - of_the_runner - several}
    assert names == set(campaigns.POINTS) - {"superstep", "node", "pause", "sleep", "finish"}


def test_without_the_variable_a_commit_is_a_commit() -> None:
    assert writer._commit.__module__ == "hitl_tui.store.writer"

    def commit(connection: sqlite3.Connection, units: object) -> None:
        raise NotImplementedError

    assert failpoints.around(commit) is commit


@pytest.mark.parametrize(
    "text", ["claim", "before:", "during:claim", "after:claim:0", "after:claim:stop:3", "after:claim:sleep"]
)
def test_a_misspelt_failpoint_is_refused(text: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import hitl_tui.store.writer"],
        env={"HITL_FAILPOINT": text, "PYTHONPATH": str(Path(store.__path__[0]).parents[1])},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "before|after:NAME[:COUNT][:kill|stop]" in ended.stderr
