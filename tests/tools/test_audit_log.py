"""The logger `hitl_audit` (row 121), and the second way to write an answer (D-15)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.errors import ActionNotAllowed, AlreadyDecided, InvalidData
from hitl_tui.model.dialect import of_decision
from hitl_tui.model.redaction import redacted_value
from tests.engine.workshop import graph, node, workshop
from tests.tools.office import MAIL, call, caller
from tests.tools.test_deciding import calling

POLICY = {"send_email": {"timeout": "1h", "on_timeout": "reject"}, "delete_file": True}


Lines = Callable[[], list[Any]]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    """What was logged."""
    caplog.set_level(logging.INFO, "hitl_audit")
    return lambda: [record.msg for record in caplog.records if record.name == "hitl_audit"]


async def test_row_121_every_decision_is_logged(tmp_path: Path, lines: Lines) -> None:
    """row 121: also an undo, and what a policy decides; a refused one is none."""
    calls = [MAIL, call("delete_file", path="a"), MAIL]
    async with calling(tmp_path, caller(POLICY), *calls) as (shop, view, _):
        first, second, _third = (request.request_id for request in view.pending)
        with pytest.raises(InvalidData):
            await shop.answer("edit", {"args": {}}, request_id=first)
        assert lines() == []
        edited = {"to": "x@y", "subject": "the password=hunter22"}
        await shop.answer("edit", {"args": edited}, request_id=first)
        await shop.answer("reject", request_id=second, hold=60)
        await shop.inbox.undo("t1", second)
        await shop.answer("approve", request_id=second)
        shop.clock.advance(hours=2)
        await shop.inbox.check_timeouts()
    edit, *others = lines()
    assert datetime.fromisoformat(edit["timestamp"]).tzinfo is not None
    assert {name: edit[name] for name in ("tool", "args", "decision", "user_id", "thread_id", "request_id")} == {
        "tool": "send_email",
        "args": {"to": "x@y", "subject": "the password=[redacted]"},
        "decision": "edit",
        "user_id": "ann",
        "thread_id": "t1",
        "request_id": first,
    }
    assert [(each["tool"], each["decision"], each["user_id"]) for each in others] == [
        ("delete_file", "reject", "ann"),
        ("delete_file", "undo", "ann"),
        ("delete_file", "approve", "ann"),
        ("send_email", "reject", "system"),
    ]


@pytest.mark.parametrize("by_hand", [False, True])
async def test_what_a_policy_decided_before_a_late_answer_is_logged(
    tmp_path: Path, lines: Lines, by_hand: bool
) -> None:
    """row 121: also where a handler had it applied; an answer to anything but a tool call has no tool."""
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("gate", "approval_interaction", context={"timeout": "1h"})))
        await shop.run()
        shop.clock.advance(hours=2)
        if by_hand:
            await shop.inbox.documents.time_out("t1")
        with pytest.raises(AlreadyDecided):
            await shop.answer("approve")
    (only,) = lines()
    assert (only["tool"], only["args"], only["decision"], only["user_id"]) == (None, None, "timeout", "system")


def test_secrets_in_arguments_are_left_out_by_their_name_and_form() -> None:
    args = {
        "api_key": 12345,
        "Password": ["a", "b"],
        "max_tokens": 100,
        "use_token": True,
        "pwd": "hunter2",
        "env": {"PWD": "/home/ann"},
        "headers": [{"Authorization": "Bearer abcdefgh1234"}, "token=abc123"],
        "note": "plain",
    }
    assert redacted_value(args) == {
        "api_key": "[redacted]",
        "Password": "[redacted]",
        "max_tokens": 100,
        "use_token": True,
        "pwd": "[redacted]",
        "env": {"PWD": "/home/ann"},
        "headers": [{"Authorization": "[redacted]"}, "token=[redacted]"],
        "note": "plain",
    }


@given(st.sampled_from(["approve", "edit", "reject"]), st.dictionaries(st.sampled_from(["args", "reason"]), st.text()))
def test_d_15_the_two_dialects_map_onto_each_other(action: str, data: dict[str, Any]) -> None:
    assert of_decision({"decision": action, **data}) == (action, data)


@pytest.mark.parametrize("payload", [None, {}, {"decision": None}, {"action": "approve"}, [1], "approve"])
def test_d_15_what_names_no_decision_decides_nothing(payload: Any) -> None:
    with pytest.raises(InvalidData, match="names neither an action nor a 'decision'"):
        of_decision(payload)


async def test_d_15_the_decision_may_stand_in_the_data(tmp_path: Path) -> None:
    """With the same checks, and never two of them."""
    async with calling(tmp_path, caller(), call("delete_file", path="a"), MAIL) as (shop, view, office):
        delete, mail = (request.request_id for request in view.pending)
        decide = shop.inbox.decide
        with pytest.raises(ActionNotAllowed):
            await decide("t1", None, {"decision": "edit", "args": {}}, request_id=delete)
        with pytest.raises(InvalidData, match="the action is approve, and the data says reject"):
            await decide("t1", "approve", {"decision": "reject"}, request_id=delete)
        args = {"to": "b@c", "subject": "S"}
        await decide("t1", None, {"decision": "edit", "args": args}, request_id=mail)
        await decide("t1", None, {"decision": "reject", "reason": "keep it"}, request_id=delete)
        view = await shop.run()
        assert [row[1] for row in view.state["results"]] == ["rejected", "done"]
        assert view.state["results"][0][2].endswith("keep it")
        assert office.calls == [("send_email", "b@c", "S", "")]
