"""000, Batch Interactions: one node asks about several batches, as the document prints it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.errors import AlreadyDecided, RequestNotFound, ThreadNotFound
from hitl_tui.inbox.filters import Filter
from hitl_tui.inbox.local_runner import OwnCode
from hitl_tui.model import batch
from tests.engine.workshop import Workshop, graph, node, workshop
from tests.spec.printed.batch import BatchInteractionAgent

FLOW = graph(
    node("review", "batches", inputs="items", output="started", on_success="told"),
    node("told", "output", output="told", prompt="{responses.review_batch_0.choice}{responses.review_batch_2.choice}"),
)
ITEMS = [f"item {number}" for number in range(12)]


async def start(shop: Workshop, items: list[Any]) -> Any:
    await shop.start(FLOW, items=items)
    return await shop.run()


async def test_twelve_items_are_three_batches(tmp_path: Path) -> None:
    """row 86, row 87, row 88, row 89, row 90, row 91, row 94

    Each can be answered by its own name, and the thread waits for all.
    """
    async with workshop(tmp_path, batches=BatchInteractionAgent) as shop:
        view = await start(shop, ITEMS)
        assert [len(pending.context["batch_items"]) for pending in view.pending] == [5, 5, 2]
        assert [pending.node for pending in view.pending] == [f"review_batch_{number}" for number in range(3)]
        assert [pending.prompt for pending in view.pending] == [
            f"Please review batch {number} of 3:" for number in (1, 2, 3)
        ]
        assert all(tuple(pending.options) == batch.OPTIONS and pending.type == "choice" for pending in view.pending)
        assert view.pending[2].context == {
            "batch_number": 3,
            "total_batches": 3,
            "batch_items": ITEMS[10:],
            "items_count": 2,
        }
        ids = [pending.request_id for pending in view.pending]
        listed = (await shop.inbox.list(Filter("waiting"))).items
        assert {item.node for item in listed} == {pending.node for pending in view.pending}
        documents = shop.inbox.documents
        assert [(await documents.read("threads", f"t1_batch_{n}"))["pending_interaction_id"] for n in range(3)] == ids
        assert (await documents.read("interactions", ids[1]))["thread_id"] == "t1_batch_1"
        with pytest.raises(RequestNotFound):
            await shop.answer("choose", {"choice": 1}, thread_id="t1_batch_0", request_id=ids[1])
        for number, choice in ((2, 3), (0, 1)):
            taken = await shop.answer("choose", {"choice": choice}, thread_id=f"t1_batch_{number}")
            assert (taken.thread_id, taken.request_id) == ("t1", ids[number])
            assert (await shop.run()).status == "paused"
        with pytest.raises(AlreadyDecided, match="review_batch_0' was already decided: choose by ann"):
            await shop.answer("choose", {"choice": 1}, thread_id="t1_batch_0")
        await shop.answer("choose", {"choice": 1}, thread_id="t1_batch_1", hold=60)
        with pytest.raises(RequestNotFound):
            await shop.inbox.undo("t1_batch_1", ids[0])
        await shop.inbox.undo("t1_batch_1")
        assert (await shop.inbox.thread("t1_batch_1")).thread_id == "t1"
        await shop.answer("choose", {"choice": 1}, thread_id="t1_batch_1")
        view = await shop.run()
        assert (view.status, view.state["told"]) == ("completed", "13")
        assert view.state["started"] == {
            "batch_processing": "initiated",
            "total_batches": 3,
            "batch_results": [
                {"batch_id": number, "status": "pending_review", "interaction_id": ids[number]} for number in range(3)
            ],
        }
        with pytest.raises(ThreadNotFound, match="(?m)^Thread 't1_batch_3' not found$"):
            await shop.answer("choose", {"choice": 1}, thread_id="t1_batch_3")


async def test_no_items_are_no_batches(tmp_path: Path) -> None:
    """row 86"""
    async with workshop(tmp_path, batches=BatchInteractionAgent) as shop:
        view = await start(shop, [])
    assert view.status == "completed"
    assert view.state["started"] == {"batch_processing": "initiated", "total_batches": 0, "batch_results": []}


async def test_a_batch_keeps_its_answer_when_another_is_undone_or_late(tmp_path: Path) -> None:
    """row 94: what is answered stays, whatever happens to the others"""
    async with workshop(tmp_path, batches=BatchInteractionAgent) as shop:
        await start(shop, ITEMS[:6])
        await shop.answer("choose", {"choice": 1}, thread_id="t1_batch_0")
        await shop.run(owner="another")
        view = await shop.run()
        assert [pending.node for pending in view.pending] == ["review_batch_1"]


async def test_who_waits_by_the_name_of_a_batch_runs_its_thread(tmp_path: Path) -> None:
    """row 87: there is no thread of that name, and it would wait for ever"""
    async with workshop(tmp_path, batches=BatchInteractionAgent) as shop:
        await start(shop, ITEMS[:1])
        await shop.answer("choose", {"choice": 1}, thread_id="t1_batch_0")
        async with asyncio.timeout(20), shop.inbox.running(OwnCode("test", {"batches": BatchInteractionAgent})):
            view = await shop.inbox.settled("t1_batch_0")
        assert (view.thread_id, view.status) == ("t1", "completed")
