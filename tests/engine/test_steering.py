"""What people do to a thread by hand: correct its state, retry it, cancel it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents import BaseAgent
from hitl_tui.engine import replay
from hitl_tui.graphs.loading import load_graph
from hitl_tui.model.graph import Graph, Route, StateField
from hitl_tui.model.reducers import Reducer
from hitl_tui.store.checkpoints import recorded
from hitl_tui.store.threads import graph_of
from tests.engine.workshop import graph, node, workshop
from tests.waiting import eventually

RATES = """
graph: Rates
state: {seen: append}
nodes:
  s: {agent: echo, next: [rate, look, gate]}
  rate: {agent: output, prompt: "200", output: rate, next: pay}
  look: {agent: output, prompt: "a look", output: seen, next: pay}
  gate: {agent: approval_interaction, prompt: "Pay at rate {rate}?", next: pay}
  pay: {agent: output, prompt: "paid at {rate}, {seen}", output: receipt}
"""
INNER = """
graphs:
  Outer:
    nodes:
      deep: {agent: graph, context: {graph: Deep}, output: receipt}
  Deep:
    nodes:
      s: {agent: echo, next: [rate, whom, gate]}
      rate: {agent: output, prompt: "200", output: rate, next: pay}
      whom: {agent: output, prompt: "Bob", output: whom, next: pay}
      gate: {agent: approval_interaction, prompt: "Pay at rate {rate}?", next: pay}
      pay: {agent: output, prompt: "paid at {rate} to {whom}", output: receipt}
"""

ROUNDS = """
graphs:
  Outer:
    nodes:
      review: {agent: graph, prompt: Middle, inputs: amount}
  Middle:
    nodes:
      again: {agent: echo, next: [part, other]}
      part: {agent: graph, prompt: Inner, inputs: amount, next: join}
      other: {agent: approval_interaction, prompt: "Other?", next: join}
      join: {agent: echo, next: again}
  Inner:
    nodes:
      one: {agent: approval_interaction, prompt: "One {amount}?", output: x}
"""


@pytest.mark.parametrize(
    ("text", "name", "values", "receipt"),
    [
        (RATES, "Rates", {"rate": 100, "seen": ["by hand"]}, 'paid at 100, ["by hand", "a look"]'),
        (RATES.replace("append", "append, rate: last"), "Rates", {"rate": 100}, 'paid at 100, ["a look"]'),
        (INNER, "Outer", {"deep": {"rate": 100}}, "paid at 100 to Bob"),
    ],
)
async def test_what_was_corrected_is_what_was_approved_and_what_runs(
    text: str, name: str, values: dict[str, Any], receipt: str, tmp_path: Path
) -> None:
    """row 145: a sibling that has ended already does not write over it; a reducer adds what it has to add"""
    (tmp_path / "flow.yaml").write_text(text)
    async with workshop(tmp_path) as shop:
        await shop.start(load_graph(tmp_path / "flow.yaml", name, None))
        await shop.run()
        await shop.inbox.set_state("t1", values)
        (asked,) = (await shop.inbox.thread("t1")).pending
        await shop.answer("approve", request_id=asked.request_id)
        view = await shop.run()
        if view.pending:
            assert view.pending[0].prompt == "Pay at rate 100?"
            await shop.answer("approve")
            view = await shop.run()
        assert view.state["receipt"] == receipt
        found = await shop.database.read(lambda connection: recorded(connection, "t1"))
        flow = await graph_of(shop.database, found.thread.graph)
        assert [each.state for each in replay.checkpoints(flow, found)][-1] == view.state


async def test_a_key_that_was_corrected_stands_beside_what_is_merged(tmp_path: Path) -> None:
    gate = node("gate", "approval_interaction")
    flow = graph(node("s", "echo", on_success=("look", "gate")), node("look", "look", output="limits"), gate)
    flow = flow.model_copy(update={"state": (StateField(key="limits", reducer=Reducer.MERGE),)})
    async with workshop(tmp_path, look=lambda inputs: {"day": 900, "week": 5000}) as shop:
        await shop.start(flow)
        await shop.run()
        await shop.inbox.set_state("t1", {"limits": {"day": 100}})
        await shop.answer("approve")
        assert (await shop.run()).state["limits"] == {"day": 100, "week": 5000}


async def test_answers_that_a_correction_leaves_alone_do_not_stand_before_what_comes_next(tmp_path: Path) -> None:
    """row 145: in the second round `part` has begun and `other` waits; `part` still starts with what it was given"""
    (tmp_path / "flow.yaml").write_text(ROUNDS)
    async with workshop(tmp_path) as shop:
        await shop.start(load_graph(tmp_path / "flow.yaml", "Outer", None), amount=5)
        for prompt in ("Other?", "One 5?"):
            assert [asked.prompt for asked in (await shop.run()).pending] == [prompt]
            await shop.answer("approve")
        assert [asked.prompt for asked in (await shop.run()).pending] == ["Other?"]
        await shop.inbox.set_state("t1", {"review": {"amount": 9}})
        await shop.answer("approve")
        assert [asked.prompt for asked in (await shop.run()).pending] == ["One 5?"]


def _conflict(*, other: str) -> Graph:
    ends = (node("a", "one", output="x", on_success="end"), node("b", other, output="x", on_success="end"))
    return graph(node("s", "echo", on_success=("a", "b")), *ends, node("end", "echo"))


@pytest.mark.parametrize(
    ("flow", "kind"),
    [
        (_conflict(other="two"), "WriteConflict"),
        (
            graph(node("b", "two", output="x", routes=(Route(to=("end",), when="output > 'a'"),)), node("end", "echo")),
            "ConditionError",
        ),
    ],
)
async def test_a_retry_runs_again_whose_output_could_not_be_used(flow: Graph, kind: str, tmp_path: Path) -> None:
    """No node has failed, but what one of them came to: after a mend of its code it comes to something else."""
    runs: list[str] = []
    said: list[Any] = [2]

    def one(inputs: dict[str, Any]) -> Any:
        runs.append("one")
        return 1

    def two(inputs: dict[str, Any]) -> Any:
        runs.append("two")
        return said[0]

    async with workshop(tmp_path, one=one, two=two) as shop:
        await shop.start(flow)
        view = await shop.run()
        assert view.error is not None
        assert (view.status, view.error.type, view.error.node) == ("failed", kind, "b")
        said[0] = 1 if kind == "WriteConflict" else "b"
        await shop.inbox.retry("t1")
        assert (await shop.run()).status == "completed"
        assert runs.count("two") == 2 and runs.count("one") <= 1


async def test_what_was_corrected_by_hand_is_tried_first(tmp_path: Path) -> None:
    """Whoever mends the state of a failed thread has chosen: no node runs twice, and none writes over it."""
    runs: list[str] = []

    def two(inputs: dict[str, Any]) -> Any:
        runs.append("two")
        return 2

    async with workshop(tmp_path, one=lambda inputs: 1, two=two) as shop:
        await shop.start(_conflict(other="two"))
        assert (await shop.run()).status == "failed"
        await shop.inbox.set_state("t1", {"x": 7})
        await shop.inbox.retry("t1")
        view = await shop.run()
        assert (view.status, view.state["x"], runs) == ("completed", 7, ["two"])


async def test_one_and_true_are_two_values(tmp_path: Path) -> None:
    async with workshop(tmp_path, one=lambda inputs: 1, true=lambda inputs: True) as shop:
        await shop.start(_conflict(other="true"))
        view = await shop.run()
        assert view.error is not None and view.error.type == "WriteConflict"


async def test_a_cancel_tells_what_was_begun(tmp_path: Path) -> None:
    """Nobody will be asked about an effect that was under way: who cancels hears of it, and so does who looks later.

    What is harmless may have any end, such as the turn of a model.
    """

    class Till(BaseAgent):
        async def process(self, inputs: dict[str, Any]) -> None:
            await self.aonce(str(inputs["key"]), asyncio.Event().wait, harmless=inputs["key"] == "think")

    async with workshop(tmp_path, till=Till) as shop:
        for key in ("pay", "think"):
            await shop.start(graph(node("till", "till", inputs="key")), key, key=key)
            run = asyncio.create_task(shop.run(key))
            await eventually(partial(shop.database.rows, "select 1 from effect where key = :key", {"key": key}))
            run.cancel()
            await asyncio.wait({run})
            begun = (await shop.inbox.cancel(key)).begun
            assert (await shop.inbox.thread(key)).begun == begun
            assert [(effect.node, effect.key, effect.done) for effect in begun] == [("till", "pay", False)] * (
                key == "pay"
            )
        (entry,) = [each for each in await shop.inbox.audit("pay") if each.event == "cancelled"]
        assert entry.details == {"begun": [{"node": "till", "key": "pay"}]}
        shop.clock.advance(days=31)
        assert (await shop.inbox.prune(timedelta(days=30))).threads == 2
        assert [effect.key for effect in (await shop.inbox.thread("pay")).begun] == ["pay"]
