"""Deadlines and their policies (rows 33, 61 to 73)."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitl_tui.agents.base import BaseAgent
from hitl_tui.engine import clockwork
from hitl_tui.errors import AlreadyDecided
from hitl_tui.model import policy as policies
from hitl_tui.model.graph import Graph
from hitl_tui.model.jsontext import iso
from tests.engine.workshop import Workshop, graph, node, workshop


def flow(kind: str = "approval", *, edge: bool = True, **context: Any) -> Graph:
    gate = node(
        "gate",
        f"{kind}_interaction",
        on_success="yes",
        on_failure="no" if edge else (),
        context={"timeout_seconds": 60, **context},
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
    """row 62, row 63, row 65, row 66, row 73"""
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
    """rows 64 and 65 (D-5): the response is stored under the request that the thread names"""
    async with workshop(tmp_path) as shop:
        request = await paused(shop, flow(edge=False))
        shop.clock.advance(minutes=5)
        await shop.inbox.check_timeouts()
        view = await shop.run()
        assert (view.status, view.outcome) == ("timed_out", "timed_out")
        assert (view.pending_interaction_id, view.timeout_response_id) == (None, request)
        rows = await shop.database.rows("select request, action, actor from response")
        assert [tuple(row) for row in rows] == [(request, "timeout", "system")]


async def test_only_open_requests_with_a_limit_are_looked_at(tmp_path: Path) -> None:
    """rows 33 and 61: a conversation has no limit by itself; the rest waits for nobody, or lost its request"""
    async with workshop(tmp_path) as shop:
        talk = graph(node("talk", "conversation_interaction"))
        await paused(shop, talk, "talks")
        await shop.start(graph(node("bad", "failure", prompt="no")), "failed")
        assert (await shop.run("failed")).status == "failed"
        await paused(shop, flow(), "completed")
        await shop.answer("approve", thread_id="completed")
        assert (await shop.run("completed")).status == "completed"
        await paused(shop, flow(), "answered")
        await shop.answer("approve", thread_id="answered")
        await paused(shop, flow(), "cancelled")
        await shop.inbox.cancel("cancelled")
        await shop.start(flow(), "ready")
        lost = await paused(shop, flow(), "its request is gone")
        await shop.database.write(lambda connection: connection.execute("delete from request where id = ?", (lost,)))
        shop.clock.advance(days=3650)
        assert await shop.inbox.check_timeouts() == []
        for thread_id in ("talks", "its request is gone"):
            assert (await shop.inbox.thread(thread_id)).status == "paused"


async def test_reject_policy(tmp_path: Path) -> None:
    """row 69, row 70, row 73"""
    async with workshop(tmp_path) as shop:
        await paused(shop, flow(timeout_seconds=300, on_timeout="reject"))
        shop.clock.advance(seconds=300)
        assert await shop.inbox.check_timeouts() == []
        shop.clock.advance(seconds=1)
        await shop.inbox.check_timeouts()
        rows = await shop.database.rows("select action, data, actor from response")
        assert [tuple(row) for row in rows] == [("reject", '{"reason":"Approval timeout"}', "system")]
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


@pytest.mark.parametrize(
    ("kind", "context"),
    [
        ("approval", {"on_timeout": "default:approve"}),
        ("choice", {"on_timeout": "default:choose:1", "options": ["approve", "no"]}),
    ],
)
async def test_silence_never_consents_to_a_high_risk(tmp_path: Path, kind: str, context: dict[str, Any]) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(flow(kind, risk="high", **context))
        view = await shop.run()
        assert view.pending == []
        history = await shop.history()
        assert "silence is never consent" in str(history[0].error)


async def test_what_an_older_version_let_silence_choose_goes_on_and_times_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A thread finishes on the definition it started with; what people answered counts, and silence is no consent."""
    chooses = flow("choice", risk="high", on_timeout="default:choose:1", options=["approve", "no"])
    async with workshop(tmp_path) as shop:
        with monkeypatch.context() as older:
            older.setattr(policies, "consent_problem", lambda *fits: None)
            await paused(shop, chooses, "answered")
            await paused(shop, chooses, "silent")
        await shop.answer("choose", {"choice": 2}, thread_id="answered")
        assert (await shop.run("answered")).state["verdict"] == "no"
        shop.clock.advance(seconds=61)
        ((_, request, _),) = [tuple(each.values()) for each in await shop.inbox.check_timeouts()]
        assert f"Interaction {request} for thread silent timed out" in caplog.messages
        view = await shop.run("silent")
        assert (view.state["end"], view.state["responses"]["gate"]) == ("no", {"reason": "Interaction timed out"})


@pytest.mark.parametrize(("policy", "assignee"), [("escalate:lead", "lead"), ("extend:2m", None), ("extend", None)])
async def test_rearmed_once(tmp_path: Path, policy: str, assignee: str | None) -> None:
    """row 70; row 100: escalated on its timeout, and the audit shows from whom to whom"""
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
        ((actor, details),) = await audit(shop, "escalated" if assignee else "extended")
        assert actor == "system"
        if assignee:
            assert json.loads(details).items() >= {"from": None, "to": assignee}.items()


async def test_deciding_after_expiry_is_refused_and_just_before_wins(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """row 66, row 72: no sweep ran before"""
    async with workshop(tmp_path) as shop:
        overdue = await paused(shop, flow(), "late")
        await paused(shop, flow(), "in time")
        shop.clock.advance(seconds=59)
        await shop.answer("approve", thread_id="in time")
        shop.clock.advance(seconds=1)
        with pytest.raises(AlreadyDecided, match="timeout by system"):
            await shop.answer("approve", thread_id="late")
        assert caplog.messages.count(f"Interaction {overdue} for thread late timed out") == 1
        assert (await shop.run("in time")).state["end"] == "yes"
        assert (await shop.run("late")).state["end"] == "no"


async def test_a_deadline_that_passes_while_the_decision_waits_for_the_database_has_passed(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await paused(shop, flow())
        shop.clock.advance(seconds=59)
        with pytest.raises(AlreadyDecided, match="timeout by system"):
            await shop.kept_waiting(2, shop.inbox.decide("t1", "approve"))
        assert (await shop.run()).state["end"] == "no"


LAST_INSTANT = """
import asyncio, sys
from datetime import datetime, timedelta
from pathlib import Path
from hitl_tui.store.due import Sweep
from hitl_tui.errors import AlreadyDecided
from hitl_tui.inbox import Inbox
from hitl_tui.model.jsontext import iso

async def main():
    due = datetime.fromisoformat(sys.argv[3])
    clock = lambda: due if sys.argv[2] == "decide" else due + timedelta(microseconds=1)
    async with Inbox.open(Path(sys.argv[1]), actor="ann", via="api", clock=clock) as inbox:
        await inbox.counts()
        for line in sys.stdin:
            thread = line.strip()
            if sys.argv[2] == "decide":
                try:
                    await inbox.decide(thread, "approve")
                    print("taken", flush=True)
                except AlreadyDecided as error:
                    print("refused:", error.details["action"], error.details["actor"], flush=True)
            else:
                print(len(await inbox._session.database.write(Sweep(iso(clock()), thread))), flush=True)

asyncio.run(main())
"""


async def test_at_the_last_instant_an_answer_wins_or_is_refused(tmp_path: Path) -> None:
    """rows 71 and 72: one process decides at the deadline while another sweeps just after it, over and over"""
    rounds = 60
    async with workshop(tmp_path) as shop:
        for number in range(rounds):
            await paused(shop, flow(), f"t{number}")
        due = iso(shop.clock() + timedelta(seconds=60))
        racers = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", LAST_INSTANT, str(shop.database.path), role, due,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )
            for role in ("decide", "sweep")
        ]  # fmt: skip
        outcomes: Counter[tuple[str, str]] = Counter()
        for number in range(rounds):
            told = {}
            for racer in racers[:: 1 if number % 2 else -1]:
                assert racer.stdin is not None and racer.stdout is not None
                racer.stdin.write(f"t{number}\n".encode())
                if number < 2:  # no race: each of them is first once
                    told[racer] = await racer.stdout.readline()
            for racer in racers:
                assert racer.stdout is not None
                told[racer] = told.get(racer) or await racer.stdout.readline()
            decided, swept = (told[racer].decode().strip() for racer in racers)
            outcomes[decided, swept] += 1
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.close()
            assert await racer.wait() == 0
        assert set(outcomes) == {("taken", "0"), ("refused: timeout system", "1")}
        rows = await shop.database.rows("select action, actor, count(*) from response group by action, actor")
        taken = outcomes["taken", "0"]
        assert {tuple(row) for row in rows} == {("approve", "ann", taken), ("timeout", "system", rounds - taken)}
        for number in range(rounds):
            view = await shop.run(f"t{number}")
            assert (view.state.get("verdict") == "approve") is (view.state["end"] == "yes")


LATE_OR_NOT = st.lists(
    st.sampled_from(["sweep", "decide", "tick"]) | st.sampled_from([-2, -1, 0, 1, 2, 30_000_000]), max_size=8
)


@settings(max_examples=40)
@given(LATE_OR_NOT)
def test_every_order_of_answers_and_sweeps(deeds: list[str | int]) -> None:
    """row 72: a decision counts up to the deadline, the policy after it, and whoever is second is told so"""
    with TemporaryDirectory() as folder:
        asyncio.run(_in_order(Path(folder), deeds))


async def _in_order(folder: Path, deeds: list[str | int]) -> None:
    """A number is a time: so many microseconds after the deadline. Times never go back."""
    async with workshop(folder) as shop:
        await paused(shop, flow())
        due = shop.clock() + timedelta(seconds=60)
        winner = None
        for deed in deeds:
            late = shop.clock() > due
            if isinstance(deed, int):
                shop.clock.now = max(shop.clock(), due + timedelta(microseconds=deed))
            elif deed == "decide":
                if winner is None and not late:
                    await shop.inbox.decide("t1", "approve")
                    winner = "ann"
                else:
                    winner = winner or "system"
                    with pytest.raises(AlreadyDecided, match=f"by {winner} at"):
                        await shop.inbox.decide("t1", "approve")
            else:
                winner = winner or ("system" if late else None)
                await (shop.inbox.check_timeouts() if deed == "sweep" else tick(shop))
        rows = await shop.database.rows("select actor from response")
        assert [row["actor"] for row in rows] == ([winner] if winner else [])


async def tick(shop: Workshop) -> None:
    await clockwork.tick(shop.database, iso(shop.clock()))


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


ZONES = """
import asyncio, sys
from datetime import datetime, timedelta
from pathlib import Path
from hitl_tui.inbox import Inbox

async def main():
    # What a process in that zone takes for now, with and without saying so.
    now = datetime.now() if sys.argv[2] == "naive" else datetime.now().astimezone()
    clock = lambda: now + timedelta(seconds=float(sys.argv[3]))
    async with Inbox.open(Path(sys.argv[1]), actor="ann", via="api", clock=clock) as inbox:
        if sys.argv[3] == "0":
            await inbox.start(Path(sys.argv[4]), thread_id="t1")
            view = await inbox.settled("t1")
            print((view.pending[0].due_at - clock().astimezone()).total_seconds())
        else:
            print(len(await inbox.check_timeouts()))

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("zones", "kind"),
    [(("Pacific/Auckland", "America/Los_Angeles"), "aware"), (("America/Los_Angeles", "Pacific/Auckland"), "naive")],
)
async def test_times_are_safe_in_any_zone(tmp_path: Path, zones: tuple[str, str], kind: str) -> None:
    """row 67: one process asks in one zone, another sweeps in another one"""
    file = tmp_path / "flow.yaml"
    file.write_text("graph: G\nnodes:\n  gate: {agent: approval_interaction, timeout: 600}\n", encoding="utf-8")

    async def told(zone: str, seconds: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ZONES, str(tmp_path / "hitl.db"), kind, seconds, str(file),
            env={**os.environ, "TZ": zone}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return (await process.communicate())[0].decode().strip()

    assert await told(zones[0], "0") == "600.0"
    assert await told(zones[1], "500") == "0"
    assert await told(zones[1], "700") == "1"


async def test_of_any_number_that_are_overdue_none_is_answered_late(tmp_path: Path) -> None:
    """row 62, row 72: also the last of so many that a sweep of all threads takes several turns"""

    class Many(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            asked = [self.request("approval", f"item {number}?", timeout_seconds=60) for number in range(205)]
            return [response.action for response in self.ask_all(asked)]

    async with workshop(tmp_path, many=Many) as shop:
        for thread_id in ("t1", "t2"):
            await shop.start(graph(node("ask", "many")), thread_id)
        last = (await shop.run("t1")).pending[-1].request_id
        await shop.run("t2")
        shop.clock.advance(seconds=61)
        with pytest.raises(AlreadyDecided, match="timeout by system"):
            await shop.answer("approve", request_id=last)
        assert len(await shop.inbox.check_timeouts()) == 205
        assert await shop.inbox.check_timeouts() == []
