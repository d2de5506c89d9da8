"""`hitl worker`: serves until told to stop, hands back what it has, leaves with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.conftest import Hitl
from tests.waiting import until

AGENTS = """
import asyncio
import time
from pathlib import Path

from hitl_tui.agents.registry import agent


@agent("quick")
def quick(inputs):
    return "done"


@agent("slow")
async def slow(inputs):
    Path("started").touch()
    await asyncio.sleep(600)


@agent("blocking")
def blocking(inputs):
    Path("started").touch()
    time.sleep(600)
"""
GRAPHS = """graph,node,agent,next_on_success,output_field
Quick,gate,approval_interaction,work,
Quick,work,quick,,result
Slow,gate,approval_interaction,work,
Slow,work,slow,,result
Blocking,gate,approval_interaction,work,
Blocking,work,blocking,,result
"""


@contextmanager
def working(hitl: Hitl, *words: str, **named: object) -> Iterator[subprocess.Popen[str]]:
    worker = hitl.start("worker", *words, **named)
    assert worker.stderr is not None
    try:
        line = worker.stderr.readline()
        assert "worker: pid" in line, line
        yield worker
    finally:
        if worker.poll() is None:
            worker.kill()
        worker.communicate()


@pytest.fixture
def answered(hitl: Hitl) -> Hitl:
    """One thread of each graph, answered but not run."""
    hitl.file("agents.py", AGENTS)
    hitl.file("graphs.csv", GRAPHS)
    return hitl


def prepare(hitl: Hitl, graph: str) -> str:
    thread_id = graph.lower()
    assert hitl("run", f"graphs.csv::{graph}", "--agents", "agents.py", "--thread-id", thread_id).code == 0
    assert hitl("resume", thread_id, "approve", "--no-run").code == 0
    return thread_id


def status(hitl: Hitl, thread_id: str) -> str:
    return str(hitl.quick("show", thread_id, "--json").json["status"])


def test_it_runs_what_is_ready_and_says_so(answered: Hitl) -> None:
    thread_id = prepare(answered, "Quick")
    with working(answered) as worker:
        until(lambda: status(answered, thread_id) == "completed")
        worker.send_signal(signal.SIGTERM)
        out, err = worker.communicate(timeout=30)
    assert worker.returncode == 0
    assert out == ""
    assert f"{thread_id}: Quick runs gate" in err
    assert f"{thread_id}: completed (ok)" in err
    assert "worker: stopped" in err.splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.parametrize(("graph", "number"), [("Slow", signal.SIGTERM), ("Blocking", signal.SIGINT)])
def test_a_stop_hands_the_lease_back(answered: Hitl, graph: str, number: signal.Signals) -> None:
    """What does not end soon is ready for the next worker at once, also where the agent blocks its process."""
    thread_id = prepare(answered, graph)
    with working(answered) as worker:
        until(lambda: (answered.folder / "started").exists())
        assert status(answered, thread_id) == "running"
        worker.send_signal(number)
        _, err = worker.communicate(timeout=30)
    assert worker.returncode == 0
    assert status(answered, thread_id) == "ready"
    assert "Traceback" not in err


def test_told_twice_it_stops_at_once(answered: Hitl) -> None:
    thread_id = prepare(answered, "Slow")
    with working(answered) as worker:
        until(lambda: (answered.folder / "started").exists())
        worker.send_signal(signal.SIGINT)
        assert worker.stderr is not None
        until(lambda: "stopping" in worker.stderr.readline())  # type: ignore[union-attr]
        worker.send_signal(signal.SIGINT)
        _, err = worker.communicate(timeout=30)
    assert worker.returncode == 130
    assert "Traceback" not in err
    assert status(answered, thread_id) == "ready"


def test_it_leaves_with_its_parent(answered: Hitl) -> None:
    """The screen holds the other end of a pipe; when it is gone, the worker drains and ends."""
    ours, theirs = os.pipe()
    try:
        with working(answered, "--until-eof", str(ours), pass_fds=(ours,)) as worker:
            os.close(theirs)
            theirs = -1
            worker.communicate(timeout=30)
            assert worker.returncode == 0
    finally:
        os.close(ours)
        if theirs >= 0:
            os.close(theirs)


def test_run_waits_for_the_worker_that_has_the_thread(answered: Hitl) -> None:
    """The CLI claims a thread itself, or waits for who has it."""
    thread_id = prepare(answered, "Quick")
    with working(answered):
        waited = answered("wait", thread_id, "--json")
    assert (waited.code, waited.json["status"]) == (0, "completed")


def test_wait_gives_up_after_its_time(answered: Hitl) -> None:
    thread_id = prepare(answered, "Slow")
    waited = answered("wait", thread_id, "--timeout", "0.5", "--json")
    assert waited.code == 0
    assert waited.json["status"] in ("ready", "running")
    assert status(answered, thread_id) == "ready", "its lease was handed back"


def test_a_worker_without_a_database_says_why(hitl: Hitl) -> None:
    hitl.db.mkdir()
    ended = hitl("worker")
    assert ended.code == 1
    assert str(hitl.db) in ended.err
