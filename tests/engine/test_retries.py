"""Retry policies and execution timeouts of nodes (row 171)."""

from __future__ import annotations

import asyncio
import time
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents.base import BaseAgent, Failure
from hitl_tui.engine import clockwork
from hitl_tui.errors import NotPossible
from hitl_tui.model.jsontext import iso
from hitl_tui.model.retry import Retry
from tests.engine.workshop import Workshop, graph, node, recorder, workshop
from tests.waiting import eventually

THRICE = Retry(attempts=3, backoff=10, factor=3, jitter=0)


class Flaky:
    """An agent that raises so many times, and then returns how often it was called."""

    def __init__(self, failures: int, kind: type[Exception] = ValueError) -> None:
        self.calls = 0
        self._failures = failures
        self._kind = kind

    def __call__(self, inputs: dict[str, Any]) -> int:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._kind(f"no luck {self.calls}")
        return self.calls


async def wake(shop: Workshop, seconds: float) -> None:
    shop.clock.advance(seconds=seconds)
    await clockwork.tick(shop.database, iso(shop.clock()))


async def test_a_node_that_raised_is_tried_again_after_a_growing_time(tmp_path: Path) -> None:
    """Each attempt is a step of its own, under one visit; in between nobody has the thread."""
    flaky = Flaky(2)
    async with workshop(tmp_path, flaky=flaky) as shop:
        await shop.start(graph(node("a", "flaky", output="x", retry=THRICE)))
        view = await shop.run()
        assert (view.status, view.error, flaky.calls) == ("ready", None, 1)
        await wake(shop, 9.9)
        assert ((await shop.run()).status, flaky.calls) == ("ready", 1)
        await wake(shop, 0.1)
        assert ((await shop.run()).status, flaky.calls) == ("ready", 2)
        await wake(shop, 29.9)
        assert ((await shop.run()).status, flaky.calls) == ("ready", 2)
        await wake(shop, 0.1)
        view = await shop.run()
        assert (view.status, view.outcome, view.state) == ("completed", "ok", {"x": 3})
        steps = await shop.history()
        assert [(step.status, step.visit, step.attempt, step.retried) for step in steps] == [
            ("failed", 1, 1, True), ("failed", 1, 2, True), ("ok", 1, 3, False),
        ]  # fmt: skip
        assert [step.error for step in steps] == ["no luck 1", "no luck 2", None]


async def test_the_last_attempt_fails_the_thread_and_a_retry_by_hand_counts_anew(tmp_path: Path) -> None:
    flaky = Flaky(5)
    async with workshop(tmp_path, flaky=flaky) as shop:
        await shop.start(graph(node("a", "flaky", output="x", retry=THRICE)))
        for _ in range(3):
            view = await shop.run()
            await wake(shop, 100)
        assert view.status == "failed"
        assert view.error is not None
        assert (view.error.node, view.error.type) == ("a", "ValueError")
        assert view.error.message == "after 3 attempts: no luck 3"
        await shop.inbox.retry("t1")
        for _ in range(3):
            view = await shop.run()
            await wake(shop, 100)
        assert (view.status, view.state) == ("completed", {"x": 6})
        assert [step.attempt for step in await shop.history()] == [1, 2, 3, 1, 2, 3]


async def test_the_last_attempt_takes_the_failure_edge(tmp_path: Path) -> None:
    flow = graph(
        node("a", "flaky", output="x", retry=Retry(attempts=2), on_failure="b"), node("b", prompt="sorry", output="y")
    )
    async with workshop(tmp_path, flaky=Flaky(9)) as shop:
        await shop.start(flow)
        assert (await shop.run()).status == "ready"
        await wake(shop, 2)
        view = await shop.run()
        assert (view.status, view.state) == ("completed", {"y": "sorry"})
        assert await shop.trace() == ["a", "a", "b"]


@pytest.mark.parametrize(("names", "again"), [(("OSError",), True), (("ConnectionResetError", "KeyError"), True),
                                               (("ValueError",), False), ((), True)])  # fmt: skip
async def test_only_the_named_errors_are_tried_again(tmp_path: Path, names: tuple[str, ...], again: bool) -> None:
    """A name stands for the class and what is derived from it."""
    async with workshop(tmp_path, flaky=Flaky(1, ConnectionResetError)) as shop:
        await shop.start(graph(node("a", "flaky", retry=Retry(attempts=3, on=names))))
        assert (await shop.run()).status == ("ready" if again else "failed")


async def test_what_was_returned_is_an_answer_and_never_tried_again(tmp_path: Path) -> None:
    """A returned failure, a rejection, a question that timed out."""
    retry = Retry(attempts=3)

    def refuses(inputs: dict[str, Any]) -> Failure:
        return Failure("not today")

    async with workshop(tmp_path, refuses=refuses) as shop:
        await shop.start(graph(node("a", "refuses", retry=retry)), "returned")
        assert (await shop.run("returned")).status == "failed"
        gate = node("a", "approval_interaction", retry=retry, context={"timeout_seconds": 60})
        await shop.start(graph(gate), "rejected")
        await shop.run("rejected")
        await shop.answer("reject", thread_id="rejected")
        assert (await shop.run("rejected")).outcome == "rejected"
        await shop.start(graph(gate), "overdue")
        await shop.run("overdue")
        await wake(shop, 61)
        assert (await shop.run("overdue")).status == "timed_out"
        for thread in ("returned", "rejected", "overdue"):
            assert len(await shop.history(thread)) == 1


async def test_an_effect_is_not_repeated_by_a_retry(tmp_path: Path) -> None:
    """The retry keeps the visit, so `once` returns what it recorded."""
    effects: list[str] = []

    class Pays(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            key = self.execution_context.idempotency_key
            paid = self.once("pay", lambda: effects.append(key) or len(effects))  # type: ignore[func-returns-value]
            if self.state.get("broken"):
                raise ValueError("after the payment")
            return paid

    async with workshop(tmp_path, pays=Pays) as shop:
        await shop.start(graph(node("a", "pays", output="x", retry=THRICE)), broken=True)
        assert (await shop.run()).status == "ready"
        await shop.inbox.set_state("t1", {"broken": False})
        assert (await shop.run()).status == "ready", "a change of the state does not wake it"
        await wake(shop, 10)
        view = await shop.run()
        assert (view.status, view.state["x"], effects) == ("completed", 1, ["t1:a:1"])


async def test_an_attempt_that_asks_keeps_its_number(tmp_path: Path) -> None:
    class Asks(BaseAgent):
        calls = 0

        def process(self, inputs: dict[str, Any]) -> Any:
            Asks.calls += 1
            if Asks.calls == 1:
                raise ValueError("before the question")
            answer = self.ask(self.request("approval", "ok?"))
            if Asks.calls == 3:
                raise ValueError("after the answer")
            return answer.action

    async with workshop(tmp_path, asks=Asks) as shop:
        await shop.start(graph(node("a", "asks", output="x", retry=THRICE)))
        await shop.run()
        await wake(shop, 10)
        assert (await shop.run()).status == "paused"
        await wake(shop, 100_000)
        assert (await shop.run()).status == "paused", "time alone does nothing to a question"
        await shop.answer("approve")
        assert (await shop.run()).status == "ready"
        await wake(shop, 30)
        view = await shop.run()
        assert (view.status, view.state["x"]) == ("completed", "approve"), "the answer counts for the next attempt"
        assert [(step.status, step.attempt) for step in await shop.history()] == [
            ("failed", 1), ("failed", 2), ("ok", 3)
        ]  # fmt: skip


async def test_siblings_go_on_while_one_waits_for_its_next_attempt(tmp_path: Path) -> None:
    """An answer to a sibling wakes the thread at once; the attempt keeps its time."""
    flow = graph(
        node("split", on_success=("a", "gate")),
        node("a", "flaky", output="x", retry=THRICE, on_success="join"),
        node("gate", "approval_interaction", output="verdict", on_success="join"),
        node("join", prompt="{x} {verdict}", output="both"),
    )
    flaky = Flaky(1)
    async with workshop(tmp_path, flaky=flaky) as shop:
        await shop.start(flow)
        view = await shop.run()
        assert (view.status, [request.node for request in view.pending]) == ("ready", ["gate"])
        await shop.answer("approve")
        view = await shop.run()
        assert (view.status, flaky.calls) == ("ready", 1)
        assert [(step.node, step.status) for step in await shop.history()][-1] == ("gate", "ok")
        await wake(shop, 9)
        assert (await shop.run()).state["both"] == "2 approve"


async def test_a_held_answer_of_a_sibling_wakes_the_thread_when_it_is_released(tmp_path: Path) -> None:
    flow = graph(
        node("split", on_success=("a", "gate")), node("a", "flaky", retry=Retry(attempts=2, backoff=600)),
        node("gate", "approval_interaction", output="verdict"),
    )  # fmt: skip
    async with workshop(tmp_path, flaky=Flaky(1)) as shop:
        await shop.start(flow)
        await shop.run()
        await shop.answer("approve", hold=5)
        await shop.run()
        assert [step.status for step in await shop.history() if step.node == "gate"] == ["paused"]
        await wake(shop, 5)
        await shop.run()
        assert [step.status for step in await shop.history() if step.node == "gate"] == ["ok"]


async def test_a_node_is_tried_again_beside_a_slow_sibling(tmp_path: Path) -> None:
    """It does not wait for the sibling to end, and the superstep ends with the last of them."""
    flaky, go_on = Flaky(2), asyncio.Event()
    policy = Retry(attempts=3, backoff=1, max=1, jitter=1)
    ids = (f"t{number}" for number in count())
    quick = next(one for one in ids if max(policy.delay(attempt, f"{one}:a:1") for attempt in (1, 2)) < 0.05)

    async def slow(inputs: dict[str, Any]) -> str:
        await go_on.wait()
        return "slow"

    flow = graph(
        node("split", on_success=("a", "b")),
        node("a", "flaky", output="x", retry=policy, on_success="c"),
        node("b", "slow", output="y", on_success="c"),
        node("c", prompt="{x} {y}", output="z"),
    )
    async with workshop(tmp_path, flaky=flaky, slow=slow) as shop:
        await shop.start(flow, quick)
        running = asyncio.create_task(shop.run(quick))
        await eventually(lambda: flaky.calls == 3)
        assert [step.status for step in await shop.history(quick)][:3] == ["ok", "failed", "failed"]
        go_on.set()
        assert (await running).state["z"] == "3 slow"


async def test_an_attempt_whose_time_comes_after_its_siblings_end_wakes_the_thread(tmp_path: Path) -> None:
    """Nobody waits for it with the thread in hands, and its sibling does not run again."""
    calls: list[str] = []
    flow = graph(
        node("split", on_success=("a", "b")),
        node("a", "flaky", output="x", retry=THRICE, on_success="c"),
        node("b", "noted", output="y", on_success="c"),
        node("c", prompt="{x} {y}", output="z"),
    )
    async with workshop(tmp_path, flaky=Flaky(1), noted=recorder(calls)("noted")) as shop:
        await shop.start(flow)
        assert (await shop.run()).status == "ready"
        await wake(shop, 10)
        assert (await shop.run()).state["z"] == "2 noted done"
        assert calls == ["noted"]


async def test_retry_by_hand_of_a_thread_that_sleeps_begins_at_once(tmp_path: Path) -> None:
    async with workshop(tmp_path, flaky=Flaky(1)) as shop:
        await shop.start(graph(node("a", "flaky", output="x", retry=THRICE)))
        assert (await shop.run()).status == "ready"
        await shop.inbox.retry("t1")
        assert (await shop.run()).status == "completed"
        with pytest.raises(NotPossible):
            await shop.inbox.retry("t1")


async def test_a_cancelled_thread_does_not_wake(tmp_path: Path) -> None:
    flaky = Flaky(1)
    async with workshop(tmp_path, flaky=flaky) as shop:
        await shop.start(graph(node("a", "flaky", retry=THRICE)))
        await shop.run()
        await shop.inbox.cancel("t1")
        await wake(shop, 100)
        assert ((await shop.run()).status, flaky.calls) == ("cancelled", 1)


async def test_a_sibling_that_fails_for_good_fails_the_thread_and_both_run_again(tmp_path: Path) -> None:
    flow = graph(
        node("split", on_success=("a", "b")), node("a", "flaky", retry=THRICE, on_failure="c"),
        node("b", "breaks"), node("c"),
    )  # fmt: skip
    flaky = Flaky(1)
    async with workshop(tmp_path, flaky=flaky, breaks=Flaky(1)) as shop:
        await shop.start(flow)
        assert (await shop.run()).status == "failed"
        await wake(shop, 100)
        assert (await shop.run()).status == "failed"
        await shop.inbox.retry("t1")
        assert (await shop.run()).status == "completed"
        assert flaky.calls == 2, "its next attempt was still to come"
        assert "c" not in await shop.trace()


async def test_a_node_that_runs_too_long_fails(tmp_path: Path) -> None:
    """In this process it is cancelled; how long a person takes does not count."""

    async def sleeps(inputs: dict[str, Any]) -> None:
        await asyncio.sleep(600)

    async with workshop(tmp_path, sleeps=sleeps) as shop:
        await shop.start(graph(node("a", "sleeps", run_timeout=1)))
        begun = time.monotonic()
        view = await shop.run()
        assert time.monotonic() - begun < 30
        assert view.error is not None
        assert (view.error.type, view.error.message) == ("NodeTimeout", "node 'a' ran longer than 1s")
        await shop.start(graph(node("a", "approval_interaction", run_timeout=1, output="x")), "asks")
        await shop.run("asks")
        await wake(shop, 3600)
        await shop.answer("approve", thread_id="asks")
        assert (await shop.run("asks")).status == "completed"


async def test_a_node_that_runs_too_long_in_an_effect_is_a_question(tmp_path: Path) -> None:
    """Nobody can tell whether it happened, so it is neither failed nor tried again before a person says so."""
    effects: list[int] = []

    class Pays(BaseAgent):
        async def process(self, inputs: dict[str, Any]) -> Any:
            return await self.aonce("pay", self.pay)

        async def pay(self) -> str:
            effects.append(1)
            await asyncio.sleep(600 if len(effects) == 1 else 0)
            return "paid"

    async with workshop(tmp_path, pays=Pays) as shop:
        await shop.start(graph(node("a", "pays", output="x", run_timeout=1, retry=THRICE)))
        view = await shop.run()
        assert (view.status, view.pending[0].context["uncertain_effect"]) == ("paused", "pay")
        await wake(shop, 1000)
        assert ((await shop.run()).status, effects) == ("paused", [1])
        await shop.answer("choose", {"choice": 1})
        view = await shop.run()
        assert (view.status, view.state["x"], effects) == ("completed", "paid", [1, 1])
