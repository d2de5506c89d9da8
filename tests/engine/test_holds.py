"""The undo window of a decision (row 99)."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents.base import BaseAgent
from hitl_tui.engine import clockwork, presence
from hitl_tui.errors import AlreadyDecided, NotPossible, RequestNotFound, UsageError
from hitl_tui.inbox.filters import Filter
from hitl_tui.model.jsontext import iso
from hitl_tui.model.kinds import InteractionType
from hitl_tui.store.holds import Undo
from tests.engine.workshop import Workshop, graph, node, recorder, workshop
from tests.waiting import DEADLINE_SECONDS, eventually

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


async def test_the_window_is_whole_when_the_decision_had_to_wait_for_the_database(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        await shop.run()
        decided = await shop.kept_waiting(8, shop.inbox.decide("t1", "approve", hold=5))
        assert decided.held_until == shop.clock() + timedelta(seconds=5)
        await tick(shop)
        assert [item.held_until for item in (await shop.run()).pending] == [decided.held_until]
        assert (await shop.inbox.undo("t1")).status == "pending"


async def test_an_undo_that_waited_gives_all_the_time_back_that_was_left(tmp_path: Path) -> None:
    """row 99: also the time that it waited for the database; it was asked for inside the window"""
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        asked = (await shop.run()).pending[0]
        await shop.answer("approve", hold=5)
        shop.clock.advance(seconds=4)
        undo = Undo("t1", None, "ann", "test", iso(shop.clock()), shop.clock)
        await shop.kept_waiting(8, shop.database.write(undo))
        [request] = (await shop.run()).pending
        assert request.due_at is not None and asked.due_at is not None
        assert (request.status, request.due_at - asked.due_at) == ("pending", timedelta(seconds=12))


async def test_an_undo_that_waited_longer_than_the_decision_leaves_the_deadline(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        asked = (await shop.run()).pending[0]
        asked_to_undo = iso(shop.clock())
        await shop.answer("approve", hold=5)
        await shop.database.write(Undo("t1", None, "ann", "test", asked_to_undo, shop.clock))
        assert (await shop.run()).pending[0].due_at == asked.due_at


async def test_a_worker_that_releases_nothing_does_not_count_as_live(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        await shop.run()
        await shop.answer("approve", hold=5)
        with presence.announced(shop.database.path):
            shop.clock.advance(seconds=34)
            assert (await shop.inbox.counts()).live_worker
            shop.clock.advance(seconds=1)
            assert not (await shop.inbox.counts()).live_worker
            await tick(shop)
            assert (await shop.inbox.counts()).live_worker


def test_a_worker_is_seen_by_every_name_of_its_database(tmp_path: Path) -> None:
    file, link, folder = tmp_path / "x.db", tmp_path / "links" / "s.db", tmp_path / "f"
    link.parent.mkdir()
    file.touch()
    link.symlink_to(file)
    folder.symlink_to(tmp_path)
    for name, other in ((file, link), (link, file), (folder / "x.db", link)):
        with presence.announced(name):
            assert presence.anyone(other)
        assert not presence.anyone(name)
    assert list(link.parent.iterdir()) == [link]


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


async def test_a_wait_for_the_answer_of_one_ends_while_that_of_another_is_held_for_long(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Only where nobody else is asked it waits for what is released in a moment, and says so once."""
    caplog.set_level("INFO", "hitl_tui.inbox.working")
    flow = graph(node("start", "echo", on_success=("a", "b")), *(node(name, "approval_interaction") for name in "ab"))
    async with workshop(tmp_path) as shop:
        await shop.start(flow)
        first, second = (await shop.inbox.settled("t1")).pending
        await shop.answer("approve", request_id=first.request_id, hold=5)
        view = await asyncio.wait_for(shop.inbox.settled("t1"), DEADLINE_SECONDS)
        assert [item.status for item in view.pending] == ["held", "pending"]
        await shop.inbox.undo("t1")
        await shop.answer("approve", request_id=first.request_id, hold=600)
        await shop.answer("approve", request_id=second.request_id)
        view = await asyncio.wait_for(shop.inbox.settled("t1"), DEADLINE_SECONDS)
        assert (view.status, [(item.node, item.status) for item in view.pending]) == ("paused", [("a", "held")])
        assert caplog.messages == []
        shop.clock.advance(seconds=594)
        waiting = asyncio.create_task(shop.inbox.settled("t1"))
        await eventually(lambda: caplog.messages)
        shop.clock.advance(seconds=5)
        assert (await waiting).status == "completed"
        until = view.pending[0].held_until
        assert until is not None
        assert caplog.messages == [f"thread 't1' waits until {iso(until)}, while its decision can be taken back"]


async def test_a_failed_thread_waits_for_no_held_answer(tmp_path: Path) -> None:
    class Fails(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            self.ask(self.request(InteractionType.APPROVAL, "Try?"))
            raise ValueError("no")

    flow = graph(node("start", on_success=("a", "b")), node("a", "approval_interaction"), node("b", "fails"))
    async with workshop(tmp_path, fails=Fails) as shop:
        await shop.start(flow)
        first, second = (await shop.run()).pending
        await shop.answer("approve", request_id=first.request_id, hold=5)
        await shop.answer("approve", request_id=second.request_id)
        assert (await shop.run()).status == "failed"
        view = await asyncio.wait_for(shop.inbox.settled("t1", run=False), DEADLINE_SECONDS)
        assert (view.status, [item.status for item in view.pending]) == ("failed", ["held"])


async def test_nothing_to_undo(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        await shop.run()
        with pytest.raises(NotPossible, match="has no decision to undo"):
            await shop.inbox.undo("t1")
        with pytest.raises(RequestNotFound, match="has no request 'nope'"):
            await shop.inbox.undo("t1", "nope")


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


HOLDS = """
import asyncio, os, signal, sys
from datetime import datetime
from pathlib import Path
from hitl_tui.inbox import Inbox

async def main():
    clock = lambda: datetime.fromisoformat(sys.argv[3])
    async with Inbox.open(Path(sys.argv[1]), actor="bea", via="api", clock=clock) as inbox:
        await inbox.decide(sys.argv[2], "approve", hold=5)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
RELEASES = """
import asyncio, sys
from pathlib import Path
from hitl_tui.engine import clockwork
from hitl_tui.store.database import Database

async def main():
    async with Database.open(Path(sys.argv[1])) as database:
        sys.stdin.readline()
        for _ in range(10):
            await clockwork.tick(database, sys.argv[2])

asyncio.run(main())
"""


async def process(script: str, *words: str, **pipes: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", script, *words, **pipes)  # type: ignore[arg-type]


async def test_a_crash_inside_the_window_neither_loses_nor_doubles(tmp_path: Path) -> None:
    """row 99: whoever held the decision is dead; any process releases what is due, once, and it can be undone before"""
    calls: list[str] = []
    flow = graph(node("gate", "approval_interaction", on_success="act", output="verdict"), node("act", "act"))
    async with workshop(tmp_path, act=recorder(calls)("act")) as shop:
        database, now = str(shop.database.path), iso(shop.clock())
        threads = ["t1", "t2", "undone"]
        for thread in threads:
            await shop.start(flow, thread)
            await shop.run(thread)
            holder = await process(HOLDS, database, thread, now)
            assert await holder.wait() == -signal.SIGKILL
        shop.clock.advance(seconds=4)
        await tick(shop)
        assert (await shop.inbox.undo("undone")).status == "pending"
        shop.clock.advance(seconds=1)
        releasers = [await process(RELEASES, database, iso(shop.clock()), stdin=subprocess.PIPE) for _ in range(3)]
        await asyncio.gather(*(releaser.communicate(b"go\n") for releaser in releasers))
        events = await shop.database.rows("select thread from audit where event = 'released' order by thread")
        assert [row["thread"] for row in events] == ["t1", "t2"]
        assert [(await shop.run(thread)).status for thread in threads] == ["completed", "completed", "paused"]
        assert calls == ["act", "act"]
        rows = await shop.database.rows("select action, actor from response")
        assert [tuple(row) for row in rows] == [("approve", "bea")] * 2


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1, 1e300])
async def test_a_window_that_is_no_time_is_refused(tmp_path: Path, seconds: float) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        await shop.run()
        with pytest.raises(UsageError, match="not a length of time"):
            await shop.answer("approve", hold=seconds)
        assert [item.status for item in (await shop.run()).pending] == ["pending"]


async def test_what_was_held_when_its_thread_was_cancelled_was_never_decided(tmp_path: Path) -> None:
    """row 99: nobody is told that it took effect"""
    async with workshop(tmp_path) as shop:
        await shop.start(FLOW)
        await shop.run()
        held = await shop.answer("approve", hold=5)
        assert [str(each) for each in (await shop.inbox.cancel("t1")).withdrawn] == ["approve at 'gate' by ann"]
        cancelled = (await shop.inbox.thread("t1")).cancelled
        assert cancelled is not None
        assert (cancelled.actor, cancelled.via, cancelled.at) == ("ann", "test", shop.clock.now)
        assert [each.request_id for each in cancelled.withdrawn] == [held.request_id]
        with pytest.raises(AlreadyDecided, match="is cancelled, without an answer"):
            await shop.answer("approve")
        with pytest.raises(NotPossible, match="no decision to undo"):
            await shop.inbox.undo("t1")


async def test_one_whose_time_is_over_does_not_stand_before_one_that_can_be_undone(tmp_path: Path) -> None:
    flow = graph(
        node("start", "echo", on_success=("a", "b")),
        node("a", "approval_interaction", output="a"),
        node("b", "approval_interaction", output="b"),
    )
    async with workshop(tmp_path) as shop:
        await shop.start(flow)
        first, second = (await shop.run()).pending
        await shop.answer("approve", request_id=first.request_id, hold=300)
        await shop.answer("approve", request_id=second.request_id, hold=1)
        shop.clock.advance(seconds=2)
        assert (await shop.inbox.undo("t1")).request_id == first.request_id
        with pytest.raises(NotPossible) as refused:
            await shop.inbox.undo("t1")
        assert refused.value.hint == "it takes effect as soon as the thread is run: `hitl wait t1`"
