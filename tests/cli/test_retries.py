"""What a person sees of nodes that are tried again, run too long, or raise (row 171)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Hitl

AGENTS = """
import os, time
from pathlib import Path
from hitl_tui.agents import agent

@agent("flaky")
def flaky(inputs):
    calls = Path(__file__).with_name("calls")
    calls.write_text(calls.read_text() + "x" if calls.exists() else "x")
    if len(calls.read_text()) < 3:
        raise ConnectionResetError("no line")
    return len(calls.read_text())

@agent("blocks")
def blocks(inputs):
    Path(__file__).with_name("pid").write_text(str(os.getpid()))
    time.sleep(600)

@agent("leaks")
def leaks(inputs):
    connect("postgres://ann:hunter2@db/x", api_key="hunter3")

def connect(address, api_key):
    raise ValueError(f"cannot connect to {address} \\x1b[31mwith api_key='{api_key}'")
"""
GRAPHS = """
agents: agents.py
graphs:
  Flaky: {nodes: {fetch: {agent: flaky, output: x, retry: {attempts: 3, backoff: 1s, jitter: 0, on: [OSError]}}}}
  Blocks:
    nodes:
      wait: {agent: blocks, run_timeout: 1s, on_failure: late}
      late: {agent: output, prompt: late, output: x}
  Leaks: {nodes: {open: {agent: leaks}}}
"""


@pytest.fixture
def files(hitl: Hitl) -> Path:
    (hitl.folder / "agents.py").write_text(AGENTS, encoding="utf-8")
    (hitl.folder / "graphs.yaml").write_text(GRAPHS, encoding="utf-8")
    return hitl.folder / "graphs.yaml"


def test_attempts_are_counted_on_though_the_process_was_killed(hitl: Hitl, files: Path) -> None:
    """kill -9 right after the first attempt is on disk; `hitl wait` sees the other two through."""
    killed = hitl("run", f"{files}::Flaky", "--thread-id", "t", env={"HITL_FAILPOINT": "after:sleep"})
    assert killed.code == -9
    asleep = hitl.quick("show", "t", "--json").json
    assert (asleep["status"], asleep["pending"], asleep["error"]) == ("ready", [], None)
    assert asleep["wake_at"] > hitl.quick("history", "t", "--json").json["steps"][0]["ended_at"]
    assert "next try" in hitl.quick("show", "t").out
    assert hitl.quick("wait", "t", "--json").json["state"] == {"x": 3}
    steps = hitl.quick("history", "t", "--json").json["steps"]
    assert [(step["status"], step["visit"], step["attempt"]) for step in steps] == [
        ("failed", 1, 1), ("failed", 1, 2), ("ok", 1, 3)
    ]  # fmt: skip
    plain = hitl.quick("history", "t").out
    assert "failed (attempt 2)" in plain
    assert "x = 3" in plain
    assert "in flaky" not in plain, "what was tried again is told in one line"


def test_a_node_that_blocks_is_ended_with_its_process(hitl: Hitl, files: Path) -> None:
    found = hitl.quick("run", f"{files}::Blocks", "--thread-id", "t", "--json")
    assert (found.code, found.json["state"]) == (0, {"x": "late"})
    assert hitl.quick("history", "t", "--json").json["steps"][0]["error"] == "node 'wait' ran longer than 1s"
    assert not Path(f"/proc/{(hitl.folder / 'pid').read_text()}").exists()


def test_the_traceback_of_a_failed_thread_has_the_place_and_no_secret(hitl: Hitl, files: Path) -> None:
    shown = hitl.quick("run", f"{files}::Leaks", "--thread-id", "t")
    assert shown.code == 1
    history = hitl.quick("history", "t")
    for text in (shown.out, hitl.quick("show", "t").out, history.out):
        assert 'agents.py", line' in text
        assert "in connect" in text
        assert "node_run.py" not in text
        assert "\x1b" not in text
    stored = hitl.db.read_bytes() + b"".join(path.read_bytes() for path in hitl.folder.glob("hitl.db-wal"))
    assert b"hunter" not in stored
    [step] = hitl.quick("history", "t", "--json").json["steps"]
    assert step["traceback"].splitlines()[-1] == f"ValueError: {step['error']}"
    assert step["error"].startswith("cannot connect to postgres://ann:[redacted]@db/x")
