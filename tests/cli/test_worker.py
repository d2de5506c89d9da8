"""`hitl worker`: serves until told to stop, hands back what it has, leaves with its parent."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pexpect
import pyte
import pytest

from hitl_tui.cli import logs
from hitl_tui.cli.settings import Settings
from hitl_tui.cli.worker import _Worker
from tests.cli.conftest import Hitl
from tests.waiting import until

AGENTS = """
import asyncio
import os
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


@agent("patient")
def patient(inputs):
    Path("started").touch()
    while not Path("go").exists():
        time.sleep(0.01)
    return "done"


@agent("crashing")
def crashing(inputs):
    print("token=hunter2", "\\x1b[2J", flush=True)
    os._exit(9)
"""
GRAPHS = """graph,node,agent,next_on_success,output_field
Quick,gate,approval_interaction,work,
Quick,work,quick,,result
Slow,gate,approval_interaction,work,
Slow,work,slow,,result
Blocking,gate,approval_interaction,work,
Blocking,work,blocking,,result
Patient,gate,approval_interaction,work,
Patient,work,patient,quick,result
Patient,quick,quick,,result
Crashing,gate,approval_interaction,work,
Crashing,work,crashing,,result
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


def prepare(hitl: Hitl, graph: str, thread_id: str = "") -> str:
    thread_id = thread_id or graph.lower()
    assert hitl.quick("run", f"graphs.csv::{graph}", "--agents", "agents.py", "--thread-id", thread_id).code == 0
    assert hitl.quick("resume", thread_id, "approve", "--no-run").code == 0
    return thread_id


def test_a_lock_file_that_cannot_be_opened_is_named(answered: Hitl) -> None:
    prepare(answered, "Quick")
    lock = answered.db.with_name(answered.db.name + "-worker.lock")
    lock.mkdir()
    refused = answered("worker")
    assert refused.code == 1
    assert f"no worker can run: its lock file {lock} cannot be opened: Is a directory" in refused.err
    (found,) = [one for one in answered.quick("doctor", "--json").json["checks"] if one["check"] == "worker"]
    assert (found["level"], str(lock) in found["message"]) == ("problem", True)
    assert "remove it" in found["remedy"]
    lock.rmdir()
    (found,) = [one for one in answered.quick("doctor", "--json").json["checks"] if one["check"] == "worker"]
    assert "1 thread" in found["message"]


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
    assert err.splitlines()[-1].endswith("worker: stopped: 1 done, 0 failed, 0 paused, 0 handed back")
    assert "Traceback" not in err


def test_row_171_slow_and_crashing_graphs_harm_nobody_else(answered: Hitl) -> None:
    """Row 171: one agent blocks, one crashes again and again, and all the others run as if they were alone."""
    blocking = prepare(answered, "Blocking")
    crashed = [prepare(answered, "Crashing", f"crash-{number}") for number in range(2)]
    quick = [prepare(answered, "Quick", f"quick-{number}") for number in range(4)]
    with working(answered, "--concurrency", "2", "--json") as worker:
        until(lambda: all(status(answered, thread_id) == "completed" for thread_id in quick))
        until(lambda: all(status(answered, thread_id) == "failed" for thread_id in crashed))
        assert status(answered, blocking) == "running"
        worker.send_signal(signal.SIGTERM)
        out, err = worker.communicate(timeout=30)
    assert json.loads(out) == {"done": 4, "failed": 2, "paused": 0, "handed_back": 1}
    assert "Traceback" not in err
    assert status(answered, blocking) == "ready"
    # What it printed before it crashed: without secrets, and nothing that a terminal would obey.
    _, work = answered.quick("history", crashed[0], "--json").json["steps"]
    assert work["logs"] == "token=[redacted] \x1b[2J\n"
    assert "      token=[redacted] ␛[2J" in answered.quick("history", crashed[0]).out.splitlines()
    assert "hunter2" not in err


@pytest.mark.parametrize(
    ("graph", "number"), [("Slow", signal.SIGTERM), ("Blocking", signal.SIGINT), ("Slow", signal.SIGHUP)]
)
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
        worker.send_signal(signal.SIGTERM)
        _, err = worker.communicate(timeout=30)
    assert worker.returncode == 143
    assert "Traceback" not in err
    assert status(answered, thread_id) == "ready"


async def test_a_signal_that_comes_twice_at_once_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As from `timeout 60 hitl worker`: it signals its child, and then their whole group."""
    now = 100.0
    monkeypatch.setattr("hitl_tui.cli.worker.time", SimpleNamespace(monotonic=lambda: now))
    told = _Worker(Settings(), 1, None, None, None, None)
    serving = asyncio.create_task(asyncio.Event().wait())
    for passed, counts in ((0, False), (0.1, False), (1, True)):
        now += passed
        told._hear(signal.SIGTERM, serving)
        assert bool(serving.cancelling()) == counts


def test_it_leaves_with_its_parent(answered: Hitl) -> None:
    """The screen holds the other end of a pipe; when it is gone, the worker drains and ends."""
    prepare(answered, "Quick")
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
    """What it began by then is let end; nothing more is begun. Only the status says so, as help tells."""
    thread_id = prepare(answered, "Patient")
    waiting = answered.start("wait", thread_id, "--timeout", "0.2", "--json")
    until(lambda: (answered.folder / "started").exists())
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(0.5)
    (answered.folder / "go").touch()
    out, _ = waiting.communicate(timeout=30)
    assert (waiting.returncode, json.loads(out)["status"]) == (0, "ready")
    assert "the status in the output" in " ".join(answered.quick("wait", "--help").out.split())
    steps = answered.quick("history", thread_id, "--json").json["steps"]
    assert [step["status"] for step in steps if step["node"] != "gate"] == ["ok"]


def test_a_worker_without_a_database_says_why(hitl: Hitl) -> None:
    hitl.db.mkdir()
    ended = hitl("worker")
    assert ended.code == 1
    assert str(hitl.db) in ended.err


@pytest.mark.parametrize("replaced", [False, True])
def test_a_database_that_vanishes_ends_its_worker(answered: Hitl, replaced: bool) -> None:
    """It says which file, and what to do; nothing is told to be stored that is not."""
    thread_id = prepare(answered, "Blocking")
    with working(answered) as worker:
        until(lambda: (answered.folder / "started").exists())
        answered.db.rename(answered.folder / "moved.db")
        if replaced:
            answered.db.write_bytes((answered.folder / "moved.db").read_bytes())
        _, err = worker.communicate(timeout=30)
    assert worker.returncode == 1
    last = err.splitlines()[-1]
    assert f"the database {answered.db} was removed, emptied or replaced while it was open" in last
    assert "put the file back" in last
    assert "Traceback" not in err
    (answered.folder / "moved.db").replace(answered.db)
    assert status(answered, thread_id) == "running", "its lease runs out by itself"


def test_on_a_terminal_it_shows_one_line_and_logs_to_a_file(answered: Hitl, own_places: Path) -> None:
    """The line is rewritten in place; what is done is in a private log."""
    thread_id = prepare(answered, "Quick")
    crashing = prepare(answered, "Crashing")
    words = ["-m", "hitl_tui", "worker"]
    environment = {**answered.environment, "TERM": "xterm"}
    worker = pexpect.spawn(
        sys.executable, words, cwd=str(answered.folder), env=environment, dimensions=(24, 80), encoding="utf-8"
    )
    worker.expect("running 0 · done 1 · failed 1 · waiting 0 · since [0-9]{2}:[0-9]{2}", timeout=30)
    assert status(answered, thread_id) == "completed"
    worker.sendintr()
    worker.expect(pexpect.EOF, timeout=30)
    worker.close()
    assert worker.exitstatus == 0
    log = own_places / "state" / "logs" / "worker.log"
    assert log.stat().st_mode & 0o777 == 0o600
    lines = log.read_text(encoding="utf-8")
    assert f"{thread_id}: completed (ok)" in lines
    assert f"{crashing} work | token=[redacted]" in lines


def test_the_status_line_leaves_whole_lines_behind(answered: Hitl) -> None:
    """What a terminal shows at the end: the lines that stay, each by itself, and no status."""
    environment = {**answered.environment, "TERM": "xterm"}
    worker = pexpect.spawn(
        sys.executable, ["-m", "hitl_tui", "worker"], cwd=str(answered.folder), env=environment, dimensions=(24, 400)
    )
    worker.expect(b"since", timeout=30)
    shown = worker.before + worker.after
    worker.sendintr()
    worker.expect(pexpect.EOF, timeout=30)
    screen = pyte.Screen(400, 24)
    pyte.ByteStream(screen).feed(shown + worker.before)
    rows = [row.rstrip() for row in screen.display if row.strip()]
    assert re.match(r"worker: pid \d+ serves .*hitl\.db, 8 threads at a time; its log: .*worker\.log", rows[0])
    assert rows[-2].endswith("stopping; what does not end now is handed back (once more: at once)")
    assert rows[-1] == "worker: stopped: 0 done, 0 failed, 0 paused, 0 handed back"
    assert len(rows) == 3


def test_a_log_file_of_its_own(answered: Hitl) -> None:
    with working(answered, "--log", "own/worker.log") as worker:
        worker.send_signal(signal.SIGTERM)
        _, err = worker.communicate(timeout=30)
    assert (answered.folder / "own" / "worker.log").read_text().splitlines()[1:] == err.splitlines()
    (answered.folder / "file").touch()
    refused = answered("worker", "--log", "file/worker.log")
    assert refused.code == 2
    assert "cannot write the log file/worker.log" in refused.err
    assert "--log" in refused.err


def test_the_error_that_a_line_of_the_log_gives_is_without_secrets(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "basicConfig", lambda **named: handlers.extend(named["handlers"]))
    handlers: list[logging.Handler] = []
    logs.log_of_worker(None, None)
    error = ValueError("no such user: ann, password=hunter2")
    handlers[0].handle(logging.makeLogRecord({"msg": "failed", "exc_info": (ValueError, error, None)}))
    assert capsys.readouterr().err.endswith("failed (ValueError: no such user: ann, password=[redacted])\n")


def test_a_large_log_is_put_aside_also_by_two_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_FILE_BYTES", 2000)
    file = tmp_path / "logs" / "worker.log"
    workers = []
    for _ in range(2):
        monkeypatch.setattr(logging, "basicConfig", lambda **named: workers.append(named["handlers"][1]))
        logs.log_of_worker(None, file)
    for number in range(60):
        for worker in workers:
            worker.handle(logging.makeLogRecord({"msg": f"line {number} " + "x" * 50, "levelno": logging.INFO}))
    for worker in workers:
        worker.close()
    files = sorted(file.parent.iterdir())
    assert [path.name for path in files] == ["worker.log", "worker.log.1", "worker.log.2", "worker.log.3"]
    assert all(path.stat().st_mode & 0o777 == 0o600 and path.stat().st_size <= 2000 for path in files)
    assert "line 59" in file.read_text()
