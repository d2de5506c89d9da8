"""Reminders leave the database through `hitl worker --notify`."""

from __future__ import annotations

import json
import signal

from tests.cli.conftest import Hitl
from tests.waiting import until

FLOW = """
graph: Gate
nodes:
  split: {next: [soon, late]}
  soon: {agent: approval_interaction, prompt: "Is the password hunter2?", timeout: 1h, remind: 59m59s}
  late: {agent: approval_interaction, timeout: 1}
"""


def test_two_workers_remind_once_and_let_it_time_out_once(hitl: Hitl) -> None:
    """row 71: without an inbox open; the message holds nothing that somebody wrote"""
    assert hitl.quick("run", hitl.file("gate.yaml", FLOW), "--thread-id", "t1").code == 0
    told = hitl.folder / "told"
    workers = [hitl.start("worker", "--notify", "cat >> told") for _ in range(2)]
    try:
        until(lambda: told.exists() and told.read_text().endswith("\n"), 60)
        until(lambda: "timed_out" in events(hitl))
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        ended = [worker.communicate(timeout=60) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], ended
    (request,) = hitl.quick("show", "t1", "--json").json["pending"]
    (line,) = told.read_text().splitlines()
    message = json.loads(line)
    assert (message["topic"], message["attempt"]) == ("request.reminder", 1)
    assert (message["thread_id"], message["node"]) == ("t1", "soon")
    assert (message["request_id"], message["due_at"]) == (request["request_id"], request["due_at"])
    assert "hunter2" not in line
    assert sorted(events(hitl)) == ["asked", "asked", "reminded", "started", "timed_out"]
    assert "· reminded 20" in hitl.quick("show", "t1").out


def events(hitl: Hitl) -> list[str]:
    return [entry["event"] for entry in hitl.quick("audit", "t1", "--json").json["items"]]


def test_a_command_that_fails_is_said_in_the_log(hitl: Hitl) -> None:
    hitl.quick("run", hitl.file("gate.yaml", FLOW), "--thread-id", "t1")
    worker = hitl.start("worker", "--notify", "echo no such host >&2; exit 3")
    assert worker.stderr is not None
    line = next(line for line in worker.stderr if "--notify" in line)
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=60)
    assert (
        "warning: --notify, message 1, attempt 1: it ended with exit code 3: no such host; next try in 0:00:05" in line
    )
    assert worker.returncode == 0
