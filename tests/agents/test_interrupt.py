"""The interrupt: an approval that leaves its record in the state (rows 166 and 167)."""

from __future__ import annotations

from typing import Any

import pytest

from hitl_tui.agents.base import Failure
from hitl_tui.agents.update import Update
from tests.agents.node import Node


def record(node: Node, action: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a decision writes, without its time."""
    output = node.run((action, data))
    assert isinstance(output, Update)
    return {name: value for name, value in output.writes.items() if not name.endswith(("_at", "_time"))}


def test_an_approval_is_recorded_row_166() -> None:
    """row 166"""
    node = Node("interrupt", state={"amount": 5})
    assert node.question().context == {"amount": 5}, "without inputs the whole state is shown"
    written = record(node, "approve", {"notes": "seen", "ip": "10.0.0.7"})
    assert written == {"approved": True, "approved_by": "", "approval_notes": "seen", "approval_ip": "10.0.0.7"}
    assert record(node, "approve") == {"approved": True, "approved_by": ""}


def test_a_rejection_is_recorded_row_167() -> None:
    """row 167"""
    node = Node("interrupt", state={"approved": True, "approved_by": "bob", "approval_notes": "hm"})
    written = record(node, "reject", {"reason": "too late"})
    assert written | {"approved": False, "rejected": True, "rejection_reason": "too late"} == written
    assert (written["approved_by"], written["approval_notes"]) == (None, None), "an earlier approval is gone"
    output = node.run(("reject", {"reason": "too late"}))
    assert isinstance(output.output, Failure)
    assert output.output.kind == "rejected"


def test_an_approval_takes_an_earlier_rejection_back() -> None:
    node = Node("interrupt", state={"rejected": True, "rejection_reason": "too dear"})
    written = record(node, "approve")
    assert (written["approved"], written["rejected"], written["rejection_reason"]) == (True, False, None)


def test_only_the_fields_of_the_record_are_written_and_it_is_not_shown() -> None:
    node = Node("interrupt", context={"record": ["approved"], "policy": "two people"})
    assert node.question().context == {"policy": "two people"}
    assert record(node, "approve") == {"approved": True}


def test_silence_records_nothing() -> None:
    output = Node("interrupt").run(("timeout", {"reason": "Interaction timed out"}))
    assert isinstance(output, Update) and isinstance(output.output, Failure)
    assert (output.writes, output.output.kind) == ({}, "timed_out")


def test_a_program_that_resumes_records_nothing_itself() -> None:
    assert Node("interrupt", state={"n": 1}).run(("approve", {"resumed": True})) == Update({}, "approve")


EARLIER = {"approved": True, "approved_by": "ann", "approval_notes": "seen", "rejected": True}


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ([], {"approved": False, "approved_by": None, "approval_notes": None}),
        (["approved"], {"approved_by": None, "approval_notes": None}),
        (["approved_by"], {"approved": False, "approval_notes": None}),
    ],
)
def test_what_was_approved_before_the_pause_does_not_stand(said: list[str], gone: dict[str, Any]) -> None:
    """What the program has said of it during the pause does, and so does an earlier no."""
    node = Node("interrupt", state=EARLIER)
    for action in ("approve", "reject"):
        assert record(node, action, {"resumed": True, "said": said}) == gone


def test_silence_withdraws_an_earlier_approval() -> None:
    gone = {"approved": False, "approved_by": None, "approval_notes": None}
    assert record(Node("interrupt", state=EARLIER), "timeout") == gone
    assert record(Node("interrupt", state=EARLIER, context={"record": ["approved"]}), "timeout") == {"approved": False}
