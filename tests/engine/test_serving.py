"""The loop of a worker: who is served when."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hitl_tui.engine import runner
from hitl_tui.store.changes import Changes
from tests.engine.workshop import graph, node, workshop
from tests.waiting import DEADLINE_SECONDS


async def test_what_waits_for_a_place_has_it_as_soon_as_one_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No news and no tick is waited for."""
    monkeypatch.setattr(runner, "TICK_SECONDS", 3600)
    stop, ended = asyncio.Event(), []

    def hears(thread: object, event: str) -> None:
        if event == "released":
            ended.append(thread)
            if len(ended) == 4:
                stop.set()

    async with workshop(tmp_path) as shop:
        for number in range(4):
            await shop.start(graph(node("a", "echo")), f"t{number}")
        monkeypatch.setattr(Changes, "announce", lambda self: None)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await shop.runner(watcher=hears).serve(1, stop)
