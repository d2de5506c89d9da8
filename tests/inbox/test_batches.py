"""A batch through the real inbox: one decision an item in the state and in the audit, in one transaction (row 93)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.errors import InvalidData
from hitl_tui.inbox import Inbox
from tests.engine.workshop import Clock
from tests.inbox.workflow import write

PAY = """
graph: Pay
nodes:
  gate:
    agent: approval_interaction
    prompt: "Pay the invoices of {month}?"
    inputs: [items, month]
    schema: {batch: true}
    timeout: 1h
    on_timeout: default:reject
    output: verdict
    next: paid
    on_failure: refused
  paid: {agent: output, prompt: "paid", output: result}
  refused: {agent: output, prompt: "refused", output: result}
"""
ITEMS = [{"invoice": 1, "iban": "secret"}, {"invoice": 2}, {"invoice": 3}]


@pytest.fixture
async def inbox(tmp_path: Path, clock: Clock) -> AsyncIterator[Inbox]:
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api", clock=clock) as made:
        await made.start(write(tmp_path, PAY), inputs={"items": ITEMS, "month": "March"}, thread_id="t1")
        await made.settled("t1")
        yield made


async def on_items(inbox: Inbox) -> list[tuple[dict[str, Any], str]]:
    """The audit of the items, the first one first."""
    entries = await inbox.audit("t1", limit=100)
    return [(entry.details, entry.actor) for entry in reversed(entries) if entry.event == "item_decided"]


async def test_row_93_each_item_has_its_own_decision_and_audit_row(inbox: Inbox) -> None:
    """row 93: and the node gets the decisions; values of the items are not in the audit (row 59)"""
    await inbox.decide("t1", "approve", {"except": [2], "reason": "paid already"})
    view = await inbox.settled("t1")
    assert view.state["result"] == "paid"
    assert view.state["verdict"] == "approve"
    decided = [
        {"item": 1, "decision": "approve"},
        {"item": 2, "decision": "reject"},
        {"item": 3, "decision": "approve"},
    ]
    assert view.state["responses"]["gate"] == {"reason": "paid already", "decisions": decided}
    assert await on_items(inbox) == [
        ({"node": "gate", "item": n, "of": 3, "decision": word}, "ann")
        for n, word in enumerate(("approve", "reject", "approve"), 1)
    ]
    assert "secret" not in str(await inbox.audit("t1", limit=100))


async def test_nothing_is_stored_of_a_batch_that_does_not_fit(inbox: Inbox) -> None:
    """row 6"""
    with pytest.raises(InvalidData, match="from 1 to 3"):
        await inbox.decide("t1", "approve", {"except": [9]})
    assert await on_items(inbox) == []
    assert (await inbox.thread("t1")).status == "paused"


async def test_a_held_batch_can_be_taken_back_as_a_whole(inbox: Inbox) -> None:
    """row 99"""
    await inbox.decide("t1", "approve", hold=60)
    assert len(await on_items(inbox)) == 3
    await inbox.undo("t1")
    await inbox.decide("t1", "reject", {"reason": "no"})
    view = await inbox.settled("t1")
    assert view.state["result"] == "refused"
    assert [details["decision"] for details, _ in await on_items(inbox)] == ["approve"] * 3 + ["reject"] * 3


async def test_silence_decides_every_item_alike(inbox: Inbox, clock: Clock) -> None:
    """rows 63 and 93: a policy's answer has the decisions too"""
    clock.now += timedelta(hours=2)
    await inbox.check_timeouts()
    view = await inbox.settled("t1")
    assert [each["decision"] for each in view.state["responses"]["gate"]["decisions"]] == ["reject"] * 3
    assert [(details["decision"], actor) for details, actor in await on_items(inbox)] == [("reject", "system")] * 3


async def test_putting_a_batch_aside_keeps_it_pending(inbox: Inbox, clock: Clock) -> None:
    """row 92"""
    await inbox.snooze("t1", clock.now + timedelta(minutes=20))
    (pending,) = (await inbox.thread("t1")).pending
    assert (pending.status, pending.snoozed_until) == ("pending", clock.now + timedelta(minutes=20))
    assert await on_items(inbox) == []
