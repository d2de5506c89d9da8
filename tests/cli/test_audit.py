"""`hitl audit`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.cli.conftest import Hitl
from tests.cli.spec_requests import THREAD
from tests.engine.workshop import graph, node, workshop
from tests.tools.office import call, caller


def test_a_decision_is_in_the_audit_without_its_values(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    hitl.quick("resume", THREAD, "reject", "--data", '{"reason": "hunter2"}', "--actor", "bea")
    page = hitl.quick("audit", "--json").json
    events = [(entry["event"], entry["actor"], entry["via"]) for entry in page["items"]]
    assert ("decided", "bea", "cli") in events
    assert ("asked", "system", "runner") in events
    assert page["next"] is None
    assert "hunter2" not in str(page)
    assert "data_keys" in hitl.quick("audit", THREAD).out


def test_pages(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    first = hitl.quick("audit", "--limit", "1", "--json").json
    second = hitl.quick("audit", "--limit", "1", "--before", str(first["next"]), "--json").json
    assert first["items"][0]["id"] > second["items"][0]["id"]
    assert hitl.quick("audit", "nobody", "--json").error["code"] == "thread_not_found"


def test_who_approved_which_call_is_told_without_its_arguments(hitl: Hitl, tmp_path: Path) -> None:
    """row 166: one node, two calls, two people; in history and audit, for people and for programs"""
    calls = [call("delete_file", path="/secret"), call("send_email", to="a@b", subject="x")]

    async def prepare() -> None:
        async with workshop(tmp_path, caller=caller()) as shop:
            shop.clock.now = datetime.now(UTC)
            await shop.start(graph(node("act", "caller", inputs="calls", output="results")), calls=calls)
            await shop.run()

    asyncio.run(prepare())
    deleting, sending = (each["request_id"] for each in hitl.quick("show", "t1", "--json").json["pending"])
    for request, action, actor in ((deleting, "approve", "mallory"), (sending, "reject", "ann")):
        assert hitl.quick("resume", "t1", action, "--request", request, "--no-run", "--actor", actor).code == 0
    (step,) = hitl.quick("history", "t1", "--json").json["steps"]
    told = [(each["request_id"], each["tool"], each["action"], each["actor"]) for each in step["decisions"]]
    assert told == [(deleting, "delete_file", "approve", "mallory"), (sending, "send_email", "reject", "ann")]
    assert step["decision"] == step["decisions"][-1]
    shown = hitl.quick("history", "t1").out
    assert "\n  delete_file: approve by mallory via cli\n  send_email: reject by ann via cli\n" in shown
    entries = hitl.quick("audit", "t1", "--json").json["items"]
    audited = [
        (entry["details"]["node"], entry["details"]["tool"], entry["request_id"], entry["actor"])
        for entry in entries
        if entry["event"] in ("asked", "decided")
    ]
    assert audited == [
        ("act", "send_email", sending, "ann"),
        ("act", "delete_file", deleting, "mallory"),
        ("act", "send_email", sending, "system"),
        ("act", "delete_file", deleting, "system"),
    ]
    plain = hitl.quick("audit", "t1").out
    assert "node act, tool delete_file, action approve" in plain
    assert "secret" not in plain + str(entries) + shown
