"""The loop of a worker: whoever can go on does so at once, and waits for no news and no tick."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hitl_tui.engine import runner
from hitl_tui.store.changes import Changes
from hitl_tui.store.threads import Thread
from tests.engine.workshop import Workshop, graph, node, workshop
from tests.waiting import DEADLINE_SECONDS


@pytest.fixture(autouse=True)
def no_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "TICK_SECONDS", 3600)
    monkeypatch.setattr(Changes, "announce", lambda self: None)


async def serve(shop: Workshop, concurrency: int, threads: int) -> None:
    """Until so many threads have been released."""
    stop, released = asyncio.Event(), []

    def hears(thread: Thread, event: str) -> None:
        if event == "released":
            released.append(thread.id)
        if len(released) == threads:
            stop.set()

    async with asyncio.timeout(DEADLINE_SECONDS):
        await shop.runner(watcher=hears).serve(concurrency, stop)


async def test_what_waits_for_a_place_has_it_as_soon_as_one_is_free(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        for number in range(4):
            await shop.start(graph(node("a", "echo")), f"t{number}")
        await serve(shop, 1, threads=4)


async def test_more_is_overdue_than_one_sweep_takes(tmp_path: Path) -> None:
    """row 61, after a night without a worker."""
    gate = node("gate", "approval_interaction", context={"timeout_seconds": 100})
    async with workshop(tmp_path) as shop:
        for number in range(201):
            await shop.start(graph(gate), f"t{number}")
        await serve(shop, 50, threads=201)
        shop.clock.advance(hours=1)
        await serve(shop, 50, threads=201)
        assert {(await shop.inbox.thread(f"t{number}")).status for number in range(201)} == {"timed_out"}
