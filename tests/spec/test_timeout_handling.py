"""000, Implementation Guide 3: the timeout handler as the document prints it, whose clock is the machine's."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hitl_tui import StorageService
from hitl_tui.errors import NotPossible
from hitl_tui.inbox import Inbox
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.kinds import InteractionType
from tests.spec.printed.timeout_handler import TimeoutInteractionHandler

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


async def post(path: Path, thread: str, seconds: int | None, ago: timedelta, on_timeout: str | None = None) -> str:
    """A paused thread that asked so long ago; returns the request's id."""
    request = HumanInteractionRequest(
        thread_id=thread,
        node_name="gate",
        interaction_type=InteractionType.APPROVAL,
        prompt="?",
        timeout_seconds=seconds,
        on_timeout=on_timeout,
    )

    async with Inbox.open(path, actor="ann", via="test", clock=lambda: datetime.now(UTC) - ago) as inbox:
        async with inbox.running():
            await inbox.settled(await inbox.documents.post(request))
        if thread == "ended":
            await inbox.cancel(thread)
    return str(request.id)


async def test_what_is_overdue_times_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """row 60, row 61, row 63, row 64, row 65, row 66, row 67

    In any time zone; what is not paused, or has no limit, or has time left is left alone.
    """
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    path = tmp_path / "hitl.db"
    overdue = await post(path, "late", 60, timedelta(seconds=61))
    await post(path, "ended", 60, timedelta(seconds=61))
    await post(path, "endless", None, timedelta(days=9))
    await post(path, "early", 3600, timedelta(seconds=61))
    handler = TimeoutInteractionHandler(StorageService(path, actor="ann"))
    with caplog.at_level(logging.WARNING, logger="hitl_tui"):
        assert handler.check_timeouts() == [
            {"thread_id": "late", "request_id": overdue, "timeout_duration": 60},
        ]
    assert caplog.messages.count(f"Interaction {overdue} for thread late timed out") == 1
    thread = handler.storage_service.read("threads", "late") or {}
    assert (thread["status"], thread["pending_interaction_id"]) == ("timed_out", None)
    assert thread["timeout_response_id"] == overdue
    response = handler.storage_service.read("responses", overdue) or {}
    assert (response["action"], response["data"]) == ("timeout", {"reason": "Interaction timed out"})
    assert response["actor"] == "system"
    assert handler.check_timeouts() == []
    assert {one["id"] for one in handler.storage_service.list("threads", {"status": "paused"})} == {"endless", "early"}
    assert handler.storage_service.list("threads", {"status": ["paused"]}) == []


async def test_all_that_is_overdue_times_out_in_one_call(tmp_path: Path) -> None:
    """row 61, row 63, row 71: also what another sweep comes before; each thread has gone on when it returns."""
    path = tmp_path / "hitl.db"
    asked = {name: await post(path, name, 60, timedelta(seconds=61)) for name in ("t0", "t1", "t2")}
    await post(path, "moved", 60, timedelta(seconds=61), on_timeout="escalate:bob")
    handler = TimeoutInteractionHandler(StorageService(path, actor="ann"))
    found = {one["thread_id"]: one["request_id"] for one in handler.check_timeouts()}
    assert found == asked
    statuses = {one["id"]: one["status"] for one in handler.storage_service.list("threads")}
    assert statuses == {"t0": "timed_out", "t1": "timed_out", "t2": "timed_out", "moved": "paused"}
    assert handler.check_timeouts() == []
    with pytest.raises(NotPossible, match="nothing that is overdue"):
        handler.storage_service.write("threads", {"status": "timed_out"}, "moved", mode="update")


async def test_what_is_not_overdue_cannot_be_timed_out(tmp_path: Path) -> None:
    """row 62: a handler that is mistaken changes nothing"""
    await post(tmp_path / "hitl.db", "early", 3600, timedelta(0))
    storage = StorageService(tmp_path / "hitl.db", actor="ann")
    with pytest.raises(NotPossible, match="nothing that is overdue"):
        storage.write("threads", {"status": "timed_out"}, "early", mode="update")
    assert (storage.read("threads", "early") or {})["status"] == "paused"
