"""Deadlines and their policies (rows 33, 61 to 73)."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.errors import AlreadyDecided
from hitl_tui.model.graph import Graph
from tests.engine.workshop import Workshop, graph, node, workshop


def flow(kind: str = "approval", *, edge: bool = True, **context: Any) -> Graph:
    settings = {"timeout_seconds": 60, **context}
    gate = node(
        "gate",
        f"{kind}_interaction",
        on_success="yes",
        on_failure="no" if edge else (),
        context=settings,
        output="verdict",
    )
    return graph(gate, *(node(name, "output", prompt=name, output="end") for name in ("yes", "no")))


async def paused(shop: Workshop, definition: Graph, thread_id: str = "t1") -> str:
    await shop.start(definition, thread_id)
    return (await shop.run(thread_id)).pending[0].request_id


async def audit(shop: Workshop, event: str) -> list[tuple[str, str]]:
    rows = await shop.database.rows("select actor, details from audit where event = :event", {"event": event})
    return [(row["actor"], row["details"]) for row in rows]


async def test_strictly_later_than_the_limit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """rows 62, 63, 65, 66 and 73"""
    async with workshop(tmp_path) as shop:
        request = await paused(shop, flow())
        shop.clock.advance(seconds=60)
        assert await shop.inbox.check_timeouts() == []
        shop.clock.advance(seconds=1)
        with caplog.at_level(logging.WARNING):
            expired = await shop.inbox.check_timeouts()
        assert expired == [{"thread_id": "t1", "request_id": request, "timeout_duration": 60}]
        assert f"Interaction {request} for thread t1 timed out" in caplog.messages
        rows = await shop.database.rows("select action, data, actor from response")
        assert [tuple(row) for row in rows] == [("timeout", '{"reason":"Interaction timed out"}', "system")]
        assert await shop.inbox.check_timeouts() == []
        view = await shop.run()
        assert (view.status, view.outcome, view.state["end"]) == ("completed", "ok", "no")
        assert [actor for actor, _ in await audit(shop, "timed_out")] == ["system"]


async def test_without_a_failure_edge_the_thread_times_out(tmp_path: Path) -> None:
    """row 64"""
    async with workshop(tmp_path) as shop:
        await paused(shop, flow(edge=False))
        shop.clock.advance(minutes=5)
        await shop.inbox.check_timeouts()
        view = await shop.run()
        assert (view.status, view.outcome, view.pending_interaction_id) == ("timed_out", "timed_out", None)


async def test_only_open_requests_with_a_limit_are_looked_at(tmp_path: Path) -> None:
    """rows 33 and 61: a conversation has no limit by itself; an answered one and a cancelled thread are left alone"""
    async with workshop(tmp_path) as shop:
        talk = graph(node("talk", "conversation_interaction"))
        await paused(shop, talk, "talks")
        await paused(shop, flow(), "answered")
        await shop.answer("approve", thread_id="answered")
        await paused(shop, flow(), "cancelled")
        await shop.inbox.cancel("cancelled")
        await shop.start(flow(), "ready")
        shop.clock.advance(days=3650)
        assert await shop.inbox.check_timeouts() == []
        assert (await shop.inbox.thread("talks")).status == "paused"


async def test_reject_policy(tmp_path: Path) -> None:
    """rows 69 and 70"""
    async with workshop(tmp_path) as shop:
        await paused(shop, flow(timeout_seconds=300, on_timeout="reject"))
        shop.clock.advance(seconds=301)
        await shop.inbox.check_timeouts()
        view = await shop.run()
        assert view.state["verdict"] == "reject"
        assert view.state["responses"]["gate"] == {"reason": "Approval timeout"}


@pytest.mark.parametrize(
    ("kind", "context", "verdict"),
    [
        ("approval", {"on_timeout": "default:approve"}, "approve"),
        ("choice", {"on_timeout": "default:choose:2", "options": ["a", "b"]}, "b"),
    ],
)
async def test_default_policy(tmp_path: Path, kind: str, context: dict[str, Any], verdict: str) -> None:
    async with workshop(tmp_path) as shop:
        await paused(shop, flow(kind, **context))
        shop.clock.advance(seconds=61)
        await shop.inbox.check_timeouts()
        view = await shop.run()
        assert (view.state["verdict"], view.state["end"]) == (verdict, "yes")
        step = (await shop.history())[0]
        assert step.decision is not None
        assert (step.decision.actor, step.decision.via) == ("system", "policy")


async def test_silence_never_approves_a_high_risk(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(flow(risk="high", on_timeout="default:approve"))
        view = await shop.run()
        assert view.pending == []
        history = await shop.history()
        assert "silence is never consent" in str(history[0].error)


@pytest.mark.parametrize(("policy", "assignee"), [("escalate:lead", "lead"), ("extend:2m", None)])
async def test_rearmed_once(tmp_path: Path, policy: str, assignee: str | None) -> None:
    """row 70"""
    async with workshop(tmp_path) as shop:
        await paused(shop, flow(on_timeout=policy))
        shop.clock.advance(seconds=61)
        await shop.inbox.check_timeouts()
        item = (await shop.inbox.list()).items[0]
        assert (item.status, item.assignee) == ("paused", assignee)
        assert item.due_at is not None
        assert item.due_at > shop.clock()
        shop.clock.advance(minutes=3)
        await shop.inbox.check_timeouts()
        assert (await shop.run()).state["end"] == "no"
        event = await audit(shop, "escalated" if assignee else "extended")
        assert len(event) == 1


async def test_deciding_after_expiry_is_refused_and_just_before_wins(tmp_path: Path) -> None:
    """row 72: no sweep ran before"""
    async with workshop(tmp_path) as shop:
        await paused(shop, flow(), "late")
        await paused(shop, flow(), "in time")
        shop.clock.advance(seconds=59)
        await shop.answer("approve", thread_id="in time")
        shop.clock.advance(seconds=1)
        with pytest.raises(AlreadyDecided, match="timeout by system"):
            await shop.answer("approve", thread_id="late")
        assert (await shop.run("in time")).state["end"] == "yes"
        assert (await shop.run("late")).state["end"] == "no"


SWEEP = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from hitl_tui.inbox import Inbox

async def main():
    later = lambda: datetime.now(UTC) + timedelta(days=9)
    async with Inbox.open(Path(sys.argv[1]), actor="ann", via="api", clock=later) as inbox:
        sys.stdin.readline()
        print(len(await inbox.check_timeouts()))

asyncio.run(main())
"""


async def test_once_per_expiry_with_many_processes(tmp_path: Path) -> None:
    """row 71"""
    async with workshop(tmp_path) as shop:
        for number in range(5):
            await paused(shop, flow(), f"t{number}")
        sweepers = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", SWEEP, str(shop.database.path),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )
            for _ in range(3)
        ]  # fmt: skip
        outputs = await asyncio.gather(*(sweeper.communicate(b"go\n") for sweeper in sweepers))
        assert sum(int(output) for output, _ in outputs) == 5
        assert len(await audit(shop, "timed_out")) == 5


async def test_times_are_safe_in_any_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """row 67"""
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    async with workshop(tmp_path) as shop:
        await paused(shop, flow())
        view = await shop.inbox.thread("t1")
        assert view.pending[0].due_at is not None
        assert (view.pending[0].due_at - shop.clock()).total_seconds() == 60
