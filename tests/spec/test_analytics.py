"""000, Monitoring and Analytics: the figures of the document, and the class that it prints."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitl_tui import InteractionAnalytics, StorageService
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.session import utc_now
from hitl_tui.model.interaction import HumanInteractionRequest
from tests.spec.printed import analytics


class AsPrinted(analytics.InteractionAnalytics, InteractionAnalytics):  # type: ignore[misc]
    """The printed methods, with ours for what they call."""


class Past:
    """Asks and answers some days ago."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0

    async def ask(self, days: float, node: str, kind: str, answer: str | None = None, seconds: int = 60) -> None:
        self._count += 1
        thread = f"t{self._count}"
        options = ["a", "b"] if kind == "choice" else []
        asked = utc_now() - timedelta(days=days)
        request = HumanInteractionRequest(
            thread_id=thread, node_name=node, interaction_type=kind, prompt="?", options=options, timeout_seconds=3600
        )
        moment = asked
        async with Inbox.open(self._path, actor="ann", via="test", clock=lambda: moment) as inbox:
            async with inbox.running():
                await inbox.settled(await inbox.documents.post(request))
            moment = asked + timedelta(seconds=3601 if answer == "timeout" else seconds)
            if answer == "timeout":
                await inbox.check_timeouts()
            elif answer is not None:
                await inbox.decide(thread, answer, {"choice": 1} if answer == "choose" else None)


@pytest.fixture
def storage(tmp_path: Path) -> StorageService:
    return StorageService(tmp_path / "hitl.db", actor="ann")


@pytest.mark.parametrize("make", [AsPrinted, InteractionAnalytics])
async def test_the_figures(storage: StorageService, make: Any) -> None:
    """row 107, row 109, row 110: what waits has no response time, a timeout is no rejection, day 31 is not counted"""
    past = Past(storage.path)
    await past.ask(31, "old", "approval", "approve")
    for answer, seconds in (("approve", 60), ("approve", 120), ("reject", 30)):
        await past.ask(9, "gate", "approval", answer, seconds)
    await past.ask(9, "gate", "approval", "timeout")
    await past.ask(0, "pick", "choice", "choose", 90)
    await past.ask(0, "pick", "choice")
    found = make(storage)
    assert found.track_interaction_metrics() == {
        "total_interactions": 6,
        "by_type": {"approval": 4, "choice": 2},
        "avg_response_time": 75.0,
        "timeout_rate": 1 / 5,
        "approval_rate": 2 / 3,
    }
    async with Inbox.open(storage.path, actor="ann", via="test") as inbox:
        figures = await inbox.metrics()
    assert (figures.avg_response_time, figures.timeout_rate, figures.approval_rate) == (75.0, 1 / 5, 2 / 3)
    assert found.identify_bottlenecks() == []


@pytest.mark.parametrize("make", [AsPrinted, InteractionAnalytics])
def test_an_empty_store(storage: StorageService, make: Any) -> None:
    """row 108"""
    figures = make(storage).track_interaction_metrics()
    assert (figures["total_interactions"], figures["by_type"]) == (0, {})
    assert [figures[name] for name in ("avg_response_time", "timeout_rate", "approval_rate")] == [None, None, None]


async def test_bottlenecks(storage: StorageService) -> None:
    """row 109: ten are none, eleven are; what is older than seven days is not counted"""
    past = Past(storage.path)
    for number in range(11):
        await past.ask(1, "busy", "approval")
        await past.ask(1 if number else 8, "quiet", "approval")
    for make in (AsPrinted, InteractionAnalytics):
        assert make(storage).identify_bottlenecks() == [
            {"node": "busy", "interaction_count": 11, "type": "high_interaction_volume"}
        ]
