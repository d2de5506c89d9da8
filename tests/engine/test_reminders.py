"""Reminders: once before a deadline, whoever sweeps, and never of what waits for nobody."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents import BaseAgent
from hitl_tui.engine import clockwork
from hitl_tui.engine.node_run import NodeResult
from hitl_tui.engine.wire import decode_message, encode_result
from hitl_tui.model.graph import Graph
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import iso
from hitl_tui.model.kinds import InteractionType, StepStatus
from hitl_tui.store import outbox, queries
from hitl_tui.store.outbox import Message
from hitl_tui.store.reminders import Remind
from tests.engine.workshop import Workshop, graph, node, workshop


def flow(**context: Any) -> Graph:
    settings = {"timeout": "10m", "remind": ["5m", "1m"], **context}
    return graph(node("gate", "approval_interaction", prompt="Pay?", context=settings, output="verdict"))


async def asked(shop: Workshop, thread_id: str = "t1", **context: Any) -> str:
    await shop.start(flow(**context), thread_id)
    return (await shop.run(thread_id)).pending[0].request_id


async def after(shop: Workshop, **amount: float) -> int:
    """Let so much time pass and sweep; how many reminders there were until now."""
    shop.clock.advance(**amount)
    await clockwork.tick(shop.database, iso(shop.clock()))
    events = await shop.database.rows("select actor, via from audit where event = 'reminded'")
    messages = await shop.database.rows("select payload from outbox")
    assert len(events) == len(messages), "one message for each reminder"
    assert {tuple(event) for event in events} <= {("system", "runner")}
    return len(events)


async def taken(shop: Workshop) -> Message | None:
    """The message that is delivered now, if there is one; it is forgotten after ten seconds."""
    now = shop.clock()
    return await shop.database.write(outbox.Take(iso(now), iso(now + timedelta(seconds=10))))


async def taken_of(shop: Workshop) -> tuple[str, int] | None:
    """The request of which somebody is reminded now, and how often that was tried."""
    message = await taken(shop)
    return None if message is None else (message.payload["request_id"], message.attempt)


async def test_once_for_each_reminder(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        request = await asked(shop)
        assert (await shop.inbox.thread("t1")).pending[0].reminded_at is None
        assert await after(shop, seconds=299) == 0
        assert await after(shop, seconds=1) == 1
        assert await after(shop, seconds=0) == 1
        first = shop.clock()
        assert (await shop.inbox.thread("t1")).pending[0].reminded_at == first
        assert (await shop.inbox.list()).items[0].reminded_at == first
        assert await after(shop, seconds=239) == 1
        assert await after(shop, seconds=1) == 2
        assert await after(shop, seconds=60) == 2
        row = await shop.database.row("select * from outbox order by id")
        assert row is not None
        assert (row["topic"], row["attempts"], row["sent_at"]) == ("request.reminder", 0, None)
        assert json.loads(row["payload"]) == {
            "thread_id": "t1",
            "graph": "Test",
            "request_id": request,
            "node": "gate",
            "type": "approval",
            "assignee": None,
            "due_at": "2026-01-01T00:10:00.000000Z",
        }


async def test_after_a_downtime_one_reminder_makes_up_for_all(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await asked(shop)
        assert await after(shop, seconds=599) == 1
        assert await after(shop, seconds=0.5) == 1


async def test_a_reminder_that_was_not_delivered_yet_is_given_up_with_what_it_is_about(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        requests = {name: await asked(shop, name) for name in ("answered", "held", "cancelled", "open")}
        assert await after(shop, seconds=300) == 4
        await shop.answer("approve", thread_id="answered")
        await shop.answer("approve", thread_id="held", hold=60)
        await shop.inbox.cancel("cancelled")
        assert (await taken_of(shop), await taken(shop)) == ((requests["open"], 1), None)
        shop.clock.advance(seconds=301)
        assert await taken(shop) is None
        assert not await outbox.any_due(shop.database, iso(shop.clock()))


async def test_what_is_held_or_put_aside_before_its_reminder_was_delivered_is_reminded_of_afterwards(
    tmp_path: Path,
) -> None:
    async with workshop(tmp_path) as shop:
        requests = {name: await asked(shop, name) for name in ("held", "snoozed")}
        extended = await asked(shop, "extended", on_timeout="extend:20m", remind="5m")
        assert await after(shop, seconds=300) == 3
        await shop.answer("approve", thread_id="held", hold=120)
        await shop.inbox.snooze("snoozed", shop.clock() + timedelta(seconds=240))
        assert (await taken_of(shop), await taken(shop)) == ((extended, 1), None)
        await shop.inbox.undo("held")
        shop.clock.advance(seconds=10)
        assert {await taken_of(shop), await taken_of(shop)} == {(requests["held"], 1), (extended, 2)}
        assert await taken(shop) is None
        shop.clock.advance(seconds=230)
        assert (requests["snoozed"], 1) in {await taken_of(shop), await taken_of(shop), await taken_of(shop)}
        await after(shop, seconds=70)
        assert await taken(shop) is None, "a new deadline has reminders of its own"


async def test_a_reminder_that_waited_names_the_deadline_and_the_assignee_as_they_are(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await asked(shop)
        assert await after(shop, seconds=300) == 1
        await shop.answer("approve", hold=1000)
        shop.clock.advance(seconds=400)
        assert await taken(shop) is None
        await shop.inbox.undo("t1")
        await shop.inbox.assign("t1", "bob")
        shop.clock.advance(seconds=10)
        message = await taken(shop)
        assert message is not None
        assert (message.payload["due_at"], message.payload["assignee"]) == ("2026-01-01T00:16:40.000000Z", "bob")


async def test_a_reminder_that_waited_comes_when_its_request_is_taken_back_from_where_it_was_put(
    tmp_path: Path,
) -> None:
    async with workshop(tmp_path) as shop:
        request = await asked(shop)
        assert await after(shop, seconds=300) == 1
        await shop.inbox.snooze("t1", shop.clock() + timedelta(seconds=200))
        assert await taken(shop) is None
        await shop.inbox.snooze("t1", None)
        shop.clock.advance(seconds=10)
        assert await taken_of(shop) == (request, 1)


async def test_of_two_reminders_that_waited_the_later_is_delivered(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await asked(shop)
        assert await after(shop, seconds=300) == 1
        assert await after(shop, seconds=240) == 2
        message = await taken(shop)
        assert message is not None and message.created_at == iso(shop.clock())
        assert await taken(shop) is None


async def test_nobody_is_reminded_of_what_is_over(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await asked(shop, "overdue")
        await asked(shop, "answered")
        await shop.answer("approve", thread_id="answered")
        await asked(shop, "cancelled")
        await shop.inbox.cancel("cancelled")
        assert await after(shop, seconds=700) == 0


async def test_what_is_overdue_is_left_to_the_sweep(tmp_path: Path) -> None:
    """Where more is overdue than one sweep closes; a new deadline brings its reminders all the same."""
    async with workshop(tmp_path) as shop:
        await asked(shop, on_timeout="extend:10m", remind="5m")
        shop.clock.advance(minutes=11)
        await shop.database.write(Remind(iso(shop.clock())))
        assert await after(shop, minutes=0) == 0
        assert await after(shop, minutes=6) == 1


async def test_it_stands_still_while_a_decision_is_held(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await asked(shop)
        shop.clock.advance(seconds=249)
        await shop.answer("approve", hold=500)
        assert await after(shop, seconds=100) == 0
        await shop.inbox.undo("t1")
        assert await after(shop, seconds=49) == 0
        assert await after(shop, seconds=1) == 1
        await shop.answer("approve", hold=500)
        shop.clock.advance(seconds=10)
        await shop.inbox.undo("t1")
        assert await after(shop, seconds=1) == 1, "the same reminder does not come twice"


async def test_a_snoozed_request_is_reminded_of_when_it_is_back(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await asked(shop)
        until = "2026-01-01T00:06:00.000000Z"
        sql = f"update request set snoozed_until = '{until}'"
        await shop.database.write(lambda connection: connection.execute(sql).rowcount)
        await asked(shop, "another")
        assert await after(shop, seconds=359) == 1
        assert await after(shop, seconds=1) == 2


@pytest.mark.parametrize("policy", ["extend:20m", "escalate:lead"])
async def test_a_new_deadline_brings_new_reminders(tmp_path: Path, policy: str) -> None:
    async with workshop(tmp_path) as shop:
        await asked(shop, on_timeout=policy, remind="5m")
        assert await after(shop, minutes=5) == 1
        assert await after(shop, minutes=5.1) == 1
        (again,) = (await shop.inbox.thread("t1")).pending
        assert again.reminded_at is None, "it is not marked as soon due"
        due = again.due_at
        assert due is not None
        shop.clock.now = due
        assert await after(shop, seconds=-301) == 1
        assert await after(shop, seconds=1) == 2
        row = await shop.database.row("select payload from outbox order by id desc")
        assert row is not None
        assert json.loads(row["payload"])["assignee"] == ("lead" if "lead" in policy else None)


async def test_an_extension_that_is_shorter_than_the_reminder(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await asked(shop, on_timeout="extend:2m", remind="5m")
        assert await after(shop, minutes=10.1) == 0
        assert await after(shop, minutes=1.9) == 0


async def test_an_agent_may_ask_for_reminders(tmp_path: Path) -> None:
    class Asks(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            return self.ask(self.request("approval", "?", timeout_seconds=600, remind="5m")).action

    async with workshop(tmp_path, asks=Asks) as shop:
        await shop.start(graph(node("gate", "asks")))
        await shop.run()
        assert await after(shop, seconds=301) == 1
        assert (await shop.run()).pending[0].reminded_at is not None, "it runs again, and is the same question"


def test_it_is_no_part_of_what_is_approved() -> None:
    """The digest is that of the question without reminders; the way from an agent's process keeps them."""
    fields: dict[str, Any] = {"thread_id": "t", "node_name": "n", "prompt": "?", "timeout_seconds": 90}
    plain, reminding = (
        HumanInteractionRequest(interaction_type=InteractionType.APPROVAL, **fields, **more)
        for more in ({}, {"remind": ["30s", 60, "1m"]})
    )
    assert reminding.remind == [60, 30]
    assert reminding.digest() == plain.digest()
    sent = decode_message(encode_result(NodeResult(StepStatus.PAUSED, asked=[reminding])))
    assert isinstance(sent, NodeResult)
    assert sent.asked == [reminding]


SWEEP = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from hitl_tui.engine import clockwork
from hitl_tui.model.jsontext import iso
from hitl_tui.store.database import Database

async def main():
    async with Database.open(Path(sys.argv[1])) as database:
        sys.stdin.readline()
        for _ in range(20):
            await clockwork.tick(database, sys.argv[2])

asyncio.run(main())
"""


async def test_once_with_many_processes(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        for number in range(20):
            await asked(shop, f"t{number}")
        shop.clock.advance(minutes=6)
        sweepers = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", SWEEP, str(shop.database.path), iso(shop.clock()), stdin=asyncio.subprocess.PIPE
            )
            for _ in range(3)
        ]
        await asyncio.gather(*(sweeper.communicate(b"go\n") for sweeper in sweepers))
        assert [sweeper.returncode for sweeper in sweepers] == [0, 0, 0]
        assert await after(shop, seconds=0) == 20
        rows = await shop.database.rows("select distinct json_extract(payload, '$.thread_id') from outbox")
        assert len(rows) == 20


async def test_without_delivery_the_outbox_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "KEPT", 3)
    async with workshop(tmp_path) as shop:
        for number in range(5):
            await asked(shop, f"t{number}")
        shop.clock.advance(minutes=6)
        await clockwork.tick(shop.database, iso(shop.clock()))
        rows = await shop.database.rows("select json_extract(payload, '$.thread_id') from outbox order by id")
        assert [row[0] for row in rows] == ["t2", "t3", "t4"]


@pytest.mark.parametrize(("file", "name"), [("reminders", "any_due"), ("reminders", "due"), ("outbox", "any_due")])
async def test_a_look_at_what_is_due_reads_an_index(tmp_path: Path, file: str, name: str) -> None:
    """So that the sweep costs nothing, however many threads are paused."""
    async with workshop(tmp_path) as shop:
        names = {"now": "2026", "since": "2025"}
        plan = await shop.database.rows(f"explain query plan {queries.load(file)[name]}", names)
        assert "USING INDEX" in plan[0]["detail"] or "USING COVERING INDEX" in plan[0]["detail"]
        assert ("request_remind" if file == "reminders" else "outbox_unsent") in plan[0]["detail"]
