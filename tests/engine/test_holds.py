"""The undo window of a decision (row 99)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.engine import clockwork
from hitl_tui.errors import AlreadyDecided, NotPossible
from hitl_tui.inbox.views import Filter
from hitl_tui.model.jsontext import iso
from tests.engine.workshop import Workshop, graph, node, workshop

FLOW = graph(
    node("gate", "approval_interaction", on_success="done", context={"timeout_seconds": 100}, output="verdict"),
    node("done", "output", prompt="done", output="end"),
)


async def tick(shop: Workshop) -> None:
    await clockwork.tick(shop.database, iso(shop.clock()))


async def test_undo_restores_the_request_and_executes_nothing(tmp_path: Path) -> None:
    """row 99: the deadline stands still while the decision is held"""
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        asked = (await shop.run()).pending[0]
        decided = await shop.answer("approve", hold=5)
        assert decided.status == "held"
        view = await shop.run()
        assert (view.status, [item.status for item in view.pending]) == ("paused", ["held"])
        assert (await shop.inbox.list(Filter("waiting"))).items == []
        shop.clock.advance(seconds=4)
        undone = await shop.inbox.undo("t1")
        assert (undone.node, undone.action, undone.status) == ("gate", "approve", "pending")
        view = await shop.run()
        assert (view.pending[0].request_id, view.pending[0].status) == (asked.request_id, "pending")
        assert asked.due_at is not None
        assert view.pending[0].due_at is not None
        assert (view.pending[0].due_at - asked.due_at).total_seconds() == 4
        assert await shop.trace() == ["gate"]
        assert (await shop.inbox.list(Filter("waiting"))).total == 1
        await shop.answer("reject")
        assert (await shop.run()).state["verdict"] == "reject"


async def test_after_the_window_it_is_released_once_and_cannot_be_undone(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        await shop.run()
        await shop.answer("approve", hold=5)
        with pytest.raises(AlreadyDecided, match="approve by ann"):
            await shop.answer("reject")
        await tick(shop)
        assert (await shop.run()).status == "paused"
        shop.clock.advance(seconds=5)
        with pytest.raises(NotPossible, match="already released: approve by ann"):
            await shop.inbox.undo("t1")
        for _ in range(2):
            await tick(shop)
        view = await shop.run()
        assert (view.status, view.state["end"]) == ("completed", "done")
        rows = await shop.database.rows("select event from audit where thread = 't1' and event = 'released'")
        assert len(rows) == 1


async def test_a_held_decision_does_not_time_out(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        await shop.run()
        shop.clock.advance(seconds=98)
        await shop.answer("approve", hold=30)
        shop.clock.advance(seconds=20)
        await tick(shop)
        assert [item.status for item in (await shop.inbox.thread("t1")).pending] == ["held"]
        shop.clock.advance(seconds=20)
        await tick(shop)
        assert (await shop.run()).status == "completed"


async def test_siblings_have_windows_of_their_own(tmp_path: Path) -> None:
    flow = graph(
        node("start", "echo", on_success=("a", "b")),
        node("a", "approval_interaction", output="a"),
        node("b", "approval_interaction", output="b"),
    )
    async with workshop(tmp_path) as shop:
        await shop.start(flow)
        first, second = (await shop.run()).pending
        await shop.answer("approve", request_id=first.request_id, hold=5)
        await shop.answer("reject", request_id=second.request_id)
        view = await shop.run()
        assert [(item.node, item.status) for item in view.pending] == [("a", "held")]
        await shop.inbox.undo("t1", first.request_id)
        with pytest.raises(NotPossible, match="already released: reject"):
            await shop.inbox.undo("t1", second.request_id)
        await shop.answer("approve")
        assert (await shop.run()).state["responses"] == {"a": {}, "b": {"reason": ""}}


async def test_nothing_to_undo(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        await shop.run()
        with pytest.raises(NotPossible, match="has no decision to undo"):
            await shop.inbox.undo("t1")


async def test_cancel_ends_a_held_thread(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        await shop.run()
        await shop.answer("approve", hold=5)
        await shop.inbox.cancel("t1")
        shop.clock.advance(seconds=9)
        await tick(shop)
        view = await shop.run()
        assert (view.status, view.pending) == ("cancelled", [])
