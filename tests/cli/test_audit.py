"""`hitl audit`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.cli.conftest import Hitl
from tests.cli.spec_requests import THREAD


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
