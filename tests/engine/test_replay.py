"""Every superstep's state can be computed again, and a thread begun anew from it (row 146)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents import BaseAgent
from hitl_tui.engine import replay
from hitl_tui.errors import EffectsAgain, NotPossible, StepNotFound, ThreadExists
from hitl_tui.inbox import Inbox
from hitl_tui.model.graph import Route
from hitl_tui.model.jsontext import iso
from hitl_tui.store.checkpoints import recorded
from hitl_tui.store.commits import NodeCommit
from hitl_tui.store.database import Database
from hitl_tui.store.prune import Prune
from hitl_tui.store.threads import graph_of
from hitl_tui.store.together import Together
from hitl_tui.store.turns import Advance
from tests.engine.workshop import Workshop, graph, node, workshop

FLOW = graph(
    node("draft", "count", output="draft", on_success=("gate", "side")),
    node("gate", "approval_interaction", output="verdict", on_success="again"),
    node("side", "count", output="side", on_success="again"),
    node("again", "count", output="draft", routes=(Route(to=("gate",), when="draft < 4"),), on_success="end"),
    node("end", "echo", inputs="draft", output="result"),
)


class Count(BaseAgent):
    """Counts up what is in the state."""

    def process(self, inputs: dict[str, Any]) -> int:
        return int(self.state.get("draft", 0)) + 1


async def states(shop: Workshop, thread_id: str = "t1") -> list[dict[str, Any]]:
    found = await shop.database.read(lambda connection: recorded(connection, thread_id))
    workflow = await graph_of(shop.database, found.thread.graph)
    return [checkpoint.state for checkpoint in replay.checkpoints(workflow, found)]


def advances(transaction: object) -> list[Advance]:
    """The supersteps that a transaction completes."""
    parts = transaction.parts if isinstance(transaction, Together) else [transaction]
    follows = [part.then for part in parts if isinstance(part, NodeCommit)]
    return [follow for then in follows if isinstance(follow := getattr(then, "advance", then), Advance)]


async def test_the_states_are_those_that_the_run_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parallel branches, a loop and answers."""
    seen: list[Advance] = []
    async with workshop(tmp_path, count=Count) as shop:
        write = shop.database.write

        async def noting(transaction: Any, *note: Any) -> Any:
            seen.extend(advances(transaction))
            return await write(transaction, *note)

        monkeypatch.setattr(shop.database, "write", noting)
        await shop.start(FLOW, topic="rain")
        while (await shop.run()).status == "paused":
            await shop.answer("approve")
        found = await shop.database.read(lambda connection: recorded(connection, "t1"))
        replayed = list(replay.checkpoints(FLOW, found))
        assert replayed[0].state == {"topic": "rain"}
        assert [(point.state, point.frontier, point.visits) for point in replayed[1:]] == [
            (advance.state, advance.frontier, advance.visits) for advance in seen
        ]


async def test_what_was_corrected_by_hand_counts_from_there_on(tmp_path: Path) -> None:
    async with workshop(tmp_path, count=Count) as shop:
        await shop.start(FLOW, topic="rain")
        await shop.run()
        await shop.inbox.set_state("t1", {"topic": "hail"})
        await shop.inbox.set_state("t1", {"topic": "snow"})
        await shop.answer("approve")
        view = await shop.run()
        replayed = await states(shop)
        assert [state["topic"] for state in replayed] == ["rain", "snow", "snow", "snow"]
        assert replayed[-1] == view.state


async def test_a_fork_begins_where_the_original_stood_and_asks_again(tmp_path: Path) -> None:
    async with workshop(tmp_path, count=Count) as shop:
        await shop.start(FLOW, topic="rain")
        await shop.run()
        await shop.answer("approve")
        await shop.run()
        before = await shop.inbox.history("t1"), await shop.inbox.thread("t1")
        gate = next(step for step in await shop.history() if step.node == "gate")
        made = await shop.inbox.fork("t1", gate.seq, {"topic": "snow"}, new_id="t2")
        assert (made.original, made.at, made.effects_again) == ("t1", gate.seq, [])
        view = await shop.run("t2")
        assert (view.status, [item.node for item in view.pending]) == ("paused", ["gate"])
        assert view.state == {"topic": "snow", "draft": 1}
        await shop.answer("reject", thread_id="t2")
        await shop.run("t2")
        assert (await shop.inbox.history("t1"), await shop.inbox.thread("t1")) == before
        assert await states(shop, "t2") != []
        events = [(entry.thread_id, entry.event) for entry in await shop.inbox.audit()]
        assert ("t1", "forked") in events
        assert ("t2", "forked") in events


async def test_a_fork_of_a_fork_and_a_later_visit(tmp_path: Path) -> None:
    """Visits go on counting, so that limits hold and idempotency keys of one thread never repeat."""
    async with workshop(tmp_path, count=Count) as shop:
        await shop.start(FLOW)
        for _ in range(2):
            await shop.run()
            await shop.answer("approve")
        await shop.run()
        second = [step for step in await shop.history() if step.node == "gate"][1]
        assert second.visit == 2
        await shop.inbox.fork("t1", second.seq, new_id="t2")
        await shop.run("t2")
        (asked,) = await shop.history("t2")
        assert (asked.node, asked.visit) == ("gate", 2)
        await shop.inbox.fork("t2", asked.seq, new_id="t3")
        view = await shop.run("t3")
        assert (view.state, [item.node for item in view.pending]) == (
            {"draft": 2, "verdict": "approve", "side": 2, "responses": {"gate": {}}},
            ["gate"],
        )


async def test_effects_that_would_happen_again_need_a_yes(tmp_path: Path) -> None:
    class Pays(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            return self.once("pay", lambda: 7)

    flow = graph(node("look", "echo", on_success="pay"), node("pay", "pays", output="paid"))
    async with workshop(tmp_path, pays=Pays) as shop:
        await shop.start(flow)
        await shop.run()
        with pytest.raises(EffectsAgain, match="'pay' of pay") as caught:
            await shop.inbox.fork("t1", 1, new_id="t2")
        assert caught.value.details["effects_again"] == [{"node": "pay", "visit": 1, "key": "pay", "done": True}]
        made = await shop.inbox.fork("t1", 1, new_id="t2", effects_again=True)
        assert [effect.key for effect in made.effects_again] == ["pay"]
        assert (await shop.run("t2")).state == {"paid": 7}


async def test_what_cannot_be_forked_is_refused(tmp_path: Path) -> None:
    async with workshop(tmp_path, count=Count) as shop:
        await shop.start(FLOW)
        await shop.run()
        with pytest.raises(StepNotFound, match="has no step 9"):
            await shop.inbox.fork("t1", 9)
        with pytest.raises(ThreadExists):
            await shop.inbox.fork("t1", 1, new_id="t1")
        await shop.inbox.cancel("t1")
        shop.clock.advance(days=31)
        assert (await shop.inbox.prune(timedelta(days=30))).threads == 1
        with pytest.raises(NotPossible, match="pruned"):
            await shop.inbox.fork("t1", 1)


async def test_an_effect_of_a_node_that_was_cut_off_would_happen_again_too(tmp_path: Path) -> None:
    """A process that dies within `once` leaves an effect, but no step."""
    flow = graph(node("gate", "approval_interaction", on_success="pay"), node("pay", "count"))
    async with workshop(tmp_path, count=Count) as shop:
        await shop.start(flow)
        await shop.run()
        await shop.answer("approve")
        begun = "insert into effect (thread, node, visit, key, intent) values ('t1', 'pay', 1, 'pay', '{}')"
        await shop.database.write(lambda connection: connection.execute(begun).rowcount)
        with pytest.raises(EffectsAgain, match="'pay' of pay"):
            await shop.inbox.fork("t1", 1)


async def test_a_failed_thread_that_asks_is_left_alone_and_a_mended_one_is_pruned_again(tmp_path: Path) -> None:
    broken = [True]

    def fails(inputs: dict[str, Any]) -> str:
        if broken:
            raise RuntimeError("no")
        return "card 4111"

    async with workshop(tmp_path, fails=fails) as shop:
        asks = node("asks", "approval_interaction")
        await shop.start(graph(node("s", "echo", on_success=("asks", "bad")), asks, node("bad", "fails")), "asks")
        await shop.run("asks")
        await shop.start(graph(node("bad", "fails", output="card")), "mended")
        await shop.run("mended")
        shop.clock.advance(days=31)
        for dry_run in (True, False):
            assert (await shop.inbox.prune(timedelta(days=30), dry_run=dry_run)).threads == 1
        broken.clear()
        shop.clock.advance(seconds=1)
        await shop.inbox.retry("mended")
        assert (await shop.run("mended")).status == "completed"
        shop.clock.advance(days=31)
        assert (await shop.inbox.prune(timedelta(days=30))).threads == 1
        assert [step.writes for step in await shop.history("mended")] == [{}, {}]
        assert (await shop.inbox.prune(timedelta(days=30), threads=True)).threads == 1
        assert [item.thread_id for item in (await shop.inbox.list()).items] == ["asks"]
        assert not any(step.pruned for step in await shop.history("asks"))


async def test_prune_leaves_what_is_needed(tmp_path: Path) -> None:
    """Open threads, a failed thread's superstep, decisions and audit stay; `threads` removes all but the audit."""

    def fails(inputs: dict[str, Any]) -> None:
        raise RuntimeError("no")

    async with workshop(tmp_path, count=Count, fails=fails) as shop:
        await shop.start(FLOW, "open")
        await shop.run("open")
        await shop.start(graph(node("a", "count", output="a", on_success="b"), node("b", "fails")), "failed")
        await shop.run("failed")
        await shop.start(graph(node("gate", "approval_interaction", output="v")), "done")
        await shop.run("done")
        await shop.answer("approve", thread_id="done")
        await shop.run("done")
        shop.clock.advance(days=31)
        assert (await shop.inbox.prune(timedelta(days=30), dry_run=True)).threads == 2
        pruned = await shop.inbox.prune(timedelta(days=30))
        assert (pruned.threads, pruned.steps) == (2, 2)
        (step,) = await shop.history("done")
        assert step.decision is not None
        assert (step.pruned, step.writes, step.decision.action) == (True, {}, "approve")
        assert all(not step.pruned for step in await shop.history("open"))
        assert (await shop.inbox.prune(timedelta(days=30))).threads == 0
        audited = len(await shop.inbox.audit())
        await shop.inbox.retry("failed")
        assert (await shop.run("failed")).status == "failed"
        shop.clock.advance(days=31)
        assert (await shop.inbox.prune(timedelta(days=30), threads=True, vacuum=True)).threads == 2
        assert [item.thread_id for item in (await shop.inbox.list()).items] == ["open"]
        assert len(await shop.inbox.audit()) > audited
        assert (await shop.inbox.thread("open")).status == "paused"


async def test_what_two_prunes_find_at_once_is_pruned_once(tmp_path: Path) -> None:
    async with workshop(tmp_path, count=Count) as shop:
        await shop.start(graph(node("a", "count", output="a")), "done")
        await shop.run("done")
        pruned = Prune(["done"], before="9", now=iso(shop.clock()), whole=False, actor="ann", via="api")
        assert [await shop.database.write(pruned) for _ in range(2)] == [(1, 1), (0, 0)]
        assert [entry.event for entry in await shop.inbox.audit("done")].count("pruned") == 1


async def test_state_answers_and_pending_actions_survive_in_the_file_alone(tmp_path: Path) -> None:
    """row 146; tests/cli/test_fresh_process.py has the same over processes"""
    async with workshop(tmp_path, count=Count) as shop:
        await shop.start(FLOW, topic="rain", messages=[{"role": "user", "text": "hello"}])
        before = await shop.run()
    async with workshop(tmp_path, count=Count) as other, Database.open(tmp_path / "hitl.db"):
        assert isinstance(other.inbox, Inbox)
        assert await other.inbox.thread("t1") == before
        await other.answer("approve")
        view = await other.run()
        assert view.state["messages"] == [{"role": "user", "text": "hello"}]
        assert view.state["draft"] == 2
