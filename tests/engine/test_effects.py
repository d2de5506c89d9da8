"""`once`: intent, effect, result; what is not certain is asked, never repeated silently (row 174)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents import BaseAgent, NotDone
from hitl_tui.agents.base import ExecutionContext
from hitl_tui.inbox.views import ThreadView
from tests.engine.workshop import Workshop, graph, node, workshop

REDO, DONE = 1, 2


class Payer(BaseAgent):
    """Asks, pays, asks again; what it does is in `paid` and `plan`, which the tests share with it."""

    paid: list[str]
    plan: list[Any]

    def pay(self) -> Any:
        self.paid.append(self.execution_context.idempotency_key)
        came = self.plan.pop(0) if self.plan else {"number": len(self.paid), "parts": (1, 2)}
        if isinstance(came, BaseException):
            raise came
        return came

    def process(self, inputs: dict[str, Any]) -> Any:
        self.ask(self.request("approval", "pay?"))
        receipt = self.once("pay", self.pay)
        self.ask(self.request("approval", f"enough, after {receipt}?"))
        return receipt


class AsyncPayer(Payer):
    async def process(self, inputs: dict[str, Any]) -> Any:
        async def pay() -> Any:
            await asyncio.sleep(0)
            return self.pay()

        self.ask(self.request("approval", "pay?"))
        receipt = await self.aonce("pay", pay)
        self.ask(self.request("approval", f"enough, after {receipt}?"))
        return receipt


class Hasty(Payer):
    def process(self, inputs: dict[str, Any]) -> Any:
        return self.once("pay", self.pay)


def source(kind: type[Payer], *plan: Any) -> type[Payer]:
    """An agent of that kind with its own record; each payment comes to the next of the plan."""
    return type(kind.__name__, (kind,), {"paid": [], "plan": list(plan)})


async def effect_rows(shop: Workshop) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await shop.database.rows("select node, visit, key, result is null from effect")]


async def decided(shop: Workshop, choice: int, **more: Any) -> ThreadView:
    await shop.answer("choose", {"choice": choice, **more})
    return await shop.run()


@pytest.mark.parametrize("kind", [Payer, AsyncPayer])
async def test_a_replay_returns_what_was_recorded(tmp_path: Path, kind: type[Payer]) -> None:
    """Two asks around it: the node runs three times, the effect once."""
    agent = source(kind)
    async with workshop(tmp_path, payer=agent) as shop:
        await shop.start(graph(node("n", "payer", output="receipt")))
        await shop.run()
        await shop.answer("approve")
        view = await shop.run()
        assert view.pending[0].prompt == "enough, after {'number': 1, 'parts': [1, 2]}?"
        assert await effect_rows(shop) == [("n", 1, "pay", 0)]
        await shop.answer("approve")
        view = await shop.run()
        assert (view.status, view.state["receipt"]) == ("completed", {"number": 1, "parts": [1, 2]})
        assert agent.paid == ["t1:n:1"]


async def test_a_retry_returns_what_was_recorded_and_a_new_visit_is_a_new_effect(tmp_path: Path) -> None:
    agent = source(Hasty)
    broken = [True]

    class Flaky(agent):  # type: ignore[misc, valid-type]
        def process(self, inputs: dict[str, Any]) -> Any:
            receipt = super().process(inputs)
            if broken[0]:
                raise OSError("disk on fire")
            return receipt["number"]

    async with workshop(tmp_path, flaky=Flaky) as shop:
        again = graph(node("n", "flaky", output="number", on_success="gate"), node("gate", "suspend", on_success="n"))
        await shop.start(again)
        assert (await shop.run()).status == "failed"
        broken[0] = False
        await shop.inbox.retry("t1")
        assert (await shop.run()).state["number"] == 1
        await shop.answer("respond", {"text": "on"})
        assert (await shop.run()).state["number"] == 2
        assert agent.paid == ["t1:n:1", "t1:n:2"]


async def test_a_failure_leaves_a_question(tmp_path: Path) -> None:
    """What an exception means is not for us to guess: the payment may have gone out before the line broke."""
    agent = source(Payer, TimeoutError("no answer from the bank"))
    async with workshop(tmp_path, payer=agent) as shop:
        await shop.start(graph(node("n", "payer", output="receipt")))
        await shop.run()
        await shop.answer("approve")
        begun = shop.clock.now
        view = await shop.run()
        assert view.error is not None
        assert (view.status, view.error.type) == ("failed", "TimeoutError")
        await shop.inbox.retry("t1")
        view = await shop.run()
        (asked,) = view.pending
        assert (asked.type, asked.options, asked.risk) == ("choice", ["redo it", "mark it as done"], "high")
        assert asked.due_at is None
        assert """hitl resume t1 choose --data '{"choice": 2, "result": …}'""" in asked.prompt
        assert asked.context == {
            "uncertain_effect": "pay", "thread": "t1", "node": "n", "visit": 1, "attempt": 1,
            "begun_at": begun.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "problem": "TimeoutError: no answer from the bank",
        }  # fmt: skip
        assert (await decided(shop, DONE, result={"number": 77})).pending[0].prompt == "enough, after {'number': 77}?"
        await shop.answer("approve", {"note": "fine"})
        view = await shop.run()
        assert (view.status, view.state["receipt"]) == ("completed", {"number": 77})
        assert view.state["responses"]["n"] == {"note": "fine"}
        assert len(agent.paid) == 1
        events = [row["event"] for row in await shop.database.rows("select event from audit order by id")]
        assert "superseded" not in events
        assert events.count("decided") == 3


async def test_the_question_after_a_failure_holds_no_secret(tmp_path: Path) -> None:
    """What an agent raised is stored and shown without secrets, here as with a failed step."""
    kind = source(Payer, TimeoutError("no answer from https://ann:hunter2@bank.example?token=abcdef123"))
    async with workshop(tmp_path, pay=kind) as shop:
        await shop.start(graph(node("n", "pay")))
        await shop.run()
        await shop.answer("approve")
        await shop.run()
        await shop.inbox.retry("t1")
        (asked,) = (await shop.run()).pending
        assert asked.context["problem"].startswith("TimeoutError: no answer from https://ann:[redacted]@bank.example")
        ((stored,),) = await shop.database.rows("select intent from effect")
        assert "hunter2" not in stored
        assert "abcdef123" not in stored


async def test_every_redo_is_asked_for(tmp_path: Path) -> None:
    """The yes to the second attempt is not a yes to the third."""
    agent = source(Hasty, OSError("one"), OSError("two"))
    async with workshop(tmp_path, hasty=agent) as shop:
        await shop.start(graph(node("n", "hasty", output="receipt")))
        assert (await shop.run()).status == "failed"
        await shop.inbox.retry("t1")
        assert (await shop.run()).pending[0].context["attempt"] == 1
        assert (await decided(shop, REDO)).status == "failed"
        await shop.inbox.retry("t1")
        assert (await shop.run()).pending[0].context["attempt"] == 2
        assert len(agent.paid) == 2
        assert (await decided(shop, REDO)).state["receipt"]["number"] == 3


async def test_marked_as_done_without_a_result(tmp_path: Path) -> None:
    agent = source(Hasty, OSError("one"))
    async with workshop(tmp_path, hasty=agent) as shop:
        await shop.start(graph(node("n", "hasty", output="receipt")))
        await shop.run()
        await shop.inbox.retry("t1")
        await shop.run()
        view = await decided(shop, DONE)
        assert (view.status, view.state["receipt"], len(agent.paid)) == ("completed", None, 1)


class Renamed(Payer):
    """Runs one effect after the other under keys that its author changes."""

    keys = ("pay",)

    def process(self, inputs: dict[str, Any]) -> Any:
        return [self.once(key, self.pay)["number"] for key in self.keys]


OTHER, SAME = 1, 2


async def in_doubt(shop: Workshop, agent: type[Payer], *keys: str) -> ThreadView:
    """A payment failed, and the keys are others before it is retried."""
    await shop.start(graph(node("n", "payer", output="came")))
    await shop.run()
    agent.keys = keys  # type: ignore[attr-defined]
    await shop.inbox.retry("t1")
    return await shop.run()


@pytest.mark.parametrize(("choice", "paid", "came"), [(REDO, 2, 2), (DONE, 1, 77)])
async def test_a_renamed_effect_is_the_one_that_is_in_doubt(tmp_path: Path, choice: int, paid: int, came: int) -> None:
    agent = source(Renamed, TimeoutError("no answer from the bank"))
    async with workshop(tmp_path, payer=agent) as shop:
        (asked,) = (await in_doubt(shop, agent, "pay-2")).pending
        assert (asked.context["uncertain_effect"], asked.context["begun_before"]) == ("pay-2", ["pay"])
        assert (asked.options[1], asked.risk) == ("it is 'pay' under a new name", "high")
        (asked,) = (await decided(shop, SAME)).pending
        assert asked.context["uncertain_effect"] == "pay"
        view = await decided(shop, choice, result={"number": 77})
        assert (view.status, view.state["came"], len(agent.paid)) == ("completed", [came], paid)
        assert {row[2:] for row in await effect_rows(shop)} == {("pay", 0), ("pay-2", 1)}
        assert view.begun == [], "a name is no effect of its own"


async def test_an_answer_about_the_old_key_counts_for_the_new_one(tmp_path: Path) -> None:
    agent = source(Renamed, TimeoutError("no answer from the bank"))
    async with workshop(tmp_path, payer=agent) as shop:
        await in_doubt(shop, agent, "pay")
        agent.keys = ("pay-2",)  # type: ignore[attr-defined]
        (asked,) = (await decided(shop, DONE, result={"number": 77})).pending
        assert asked.options[1] == "it is 'pay' under a new name"
        view = await decided(shop, SAME)
        assert (view.status, view.state["came"], len(agent.paid)) == ("completed", [77], 1)


async def test_what_is_something_else_leaves_the_doubt(tmp_path: Path) -> None:
    """Each key that never began is asked about, until the one in doubt is met; a key that comes back is that one."""
    agent = source(Renamed, TimeoutError("no answer from the bank"))
    async with workshop(tmp_path, payer=agent) as shop:
        (asked,) = (await in_doubt(shop, agent, "reserve", "transfer", "send")).pending
        assert asked.context["uncertain_effect"] == "reserve"
        (asked,) = (await decided(shop, OTHER)).pending
        assert (asked.context["uncertain_effect"], asked.context["begun_before"]) == ("transfer", ["pay"])
        (asked,) = (await decided(shop, SAME)).pending
        agent.keys = ("reserve", "pay", "send")  # type: ignore[attr-defined]
        view = await decided(shop, DONE, result={"number": 77})
        assert (view.status, view.state["came"], len(agent.paid)) == ("completed", [2, 77, 3], 3)


async def test_what_is_in_doubt_stays_so_when_it_is_called_harmless(tmp_path: Path) -> None:
    agent = source(Hasty, TimeoutError("no answer from the bank"))
    async with workshop(tmp_path, payer=agent) as shop:
        await shop.start(graph(node("n", "payer", output="receipt")))
        await shop.run()
        agent.process = lambda self, inputs: self.once("pay", self.pay, harmless=True)  # type: ignore[method-assign]
        await shop.inbox.retry("t1")
        assert (await shop.run()).pending[0].options == ["redo it", "mark it as done"]


async def test_what_says_that_nothing_happened_may_run_again(tmp_path: Path) -> None:
    agent = source(Hasty, NotDone("refused"))
    async with workshop(tmp_path, hasty=agent) as shop:
        await shop.start(graph(node("n", "hasty", output="receipt")))
        assert (await shop.run()).status == "failed"
        assert await effect_rows(shop) == []
        await shop.inbox.retry("t1")
        assert (await shop.run()).state["receipt"]["number"] == 2


@pytest.mark.parametrize("kind", [Payer, AsyncPayer])
async def test_a_result_that_is_not_json_names_its_field(tmp_path: Path, kind: type[Payer]) -> None:
    agent = source(kind, {"bank": {"connection": object()}})
    async with workshop(tmp_path, payer=agent) as shop:
        await shop.start(graph(node("n", "payer", output="receipt")))
        await shop.run()
        await shop.answer("approve")
        view = await shop.run()
        assert view.error is not None
        assert "result of once('pay').bank.connection is a object" in view.error.message
        await shop.inbox.retry("t1")
        assert "cannot be stored" in (await shop.run()).pending[0].context["problem"]
        assert len(agent.paid) == 1


@pytest.mark.parametrize("kind", [Payer, AsyncPayer])
async def test_a_lost_lease_records_no_intent(tmp_path: Path, kind: type[Payer]) -> None:
    """The node is aborted before the effect, whatever its agent catches."""
    agent = source(kind)

    class Overslept(agent):  # type: ignore[misc, valid-type]
        first = True

        async def process(self, inputs: dict[str, Any]) -> Any:
            if Overslept.first:
                Overslept.first = False
                shop.clock.advance(minutes=5)
                await shop.run(owner="runner-2")
                with contextlib.suppress(BaseException):
                    self.once("pay", self.pay)
                with contextlib.suppress(BaseException):
                    await self.aonce("pay too", self.pay)
                return "late"
            return self.ask(self.request("approval", "pay?")).action

    async with workshop(tmp_path, overslept=Overslept) as shop:
        await shop.start(graph(node("n", "overslept", output="receipt")))
        view = await shop.run()
        assert (view.status, agent.paid, await effect_rows(shop)) == ("paused", [], [])
        await shop.answer("approve")
        assert (await shop.run()).state["receipt"] == "approve"


async def test_nothing_happens_while_a_question_is_open(tmp_path: Path) -> None:
    agent = source(Hasty)

    class Shows(agent):  # type: ignore[misc, valid-type]
        def process(self, inputs: dict[str, Any]) -> Any:
            try:
                self.ask(self.request("approval", "pay?"))
            except BaseException:
                return super().process(inputs)
            return super().process(inputs)

    async with workshop(tmp_path, shows=Shows) as shop:
        await shop.start(graph(node("n", "shows", output="receipt")))
        assert (await shop.run()).status == "paused"
        assert agent.paid == []
        await shop.answer("approve")
        assert (await shop.run()).status == "completed"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda agent: agent.once("a", lambda: agent.once("b", agent.pay)), "once('b') inside once('a')"),
        (lambda agent: agent.once("a", lambda: agent.ask(agent.request("approval", "?"))), "not inside it"),
        (lambda agent: agent.once("", agent.pay), "printable text of 1 to 200"),
        (lambda agent: agent.once("a", AsyncPayer.process), "await self.aonce('a', …)"),
    ],
)
async def test_misuse_is_refused(tmp_path: Path, act: Callable[[Payer], Any], words: str) -> None:
    class Wrong(source(Payer)):  # type: ignore[misc]
        def process(self, inputs: dict[str, Any]) -> Any:
            return act(self)

    async with workshop(tmp_path, wrong=Wrong) as shop:
        await shop.start(graph(node("n", "wrong", output="receipt")))
        view = await shop.run()
        assert view.error is not None
        assert words in view.error.message
        assert Wrong.paid == []


async def test_effects_side_by_side(tmp_path: Path) -> None:
    """Several keys at once; the same key twice at once is a mistake, one after the other is the recorded result."""

    class Wide(source(Payer)):  # type: ignore[misc]
        async def process(self, inputs: dict[str, Any]) -> Any:
            async def one(number: int) -> int:
                await asyncio.sleep(0.001)
                return number

            many = [self.aonce(f"part {number}", lambda number=number: one(number)) for number in range(5)]
            parts = await asyncio.gather(*many)
            clash = await asyncio.gather(*(self.aonce("same", self.slow) for _ in "ab"), return_exceptions=True)
            threaded = await asyncio.to_thread(self.once, "thread", lambda: "from a thread")
            return [*parts, str(clash[1]), self.once("part 3", lambda: "another meaning"), threaded]

        async def slow(self) -> str:
            await asyncio.sleep(0.01)
            return "x"

    async with workshop(tmp_path, wide=Wide) as shop:
        await shop.start(graph(node("n", "wide", output="parts")))
        *parts, clash, again, threaded = (await shop.run()).state["parts"]
        assert (parts, again, threaded) == ([0, 1, 2, 3, 4], 3, "from a thread")
        assert "runs already" in clash


def test_no_two_nodes_have_one_idempotency_key() -> None:
    """`thread:node:visit`, and thread ids may have colons."""
    names = [("a:b", "c"), ("a", "b:c"), ("a", "b%3Ac")]
    keys = [ExecutionContext(thread, node_name, 1, "G").idempotency_key for thread, node_name in names]
    assert keys == ["a:b:c:1", "a:b%3Ac:1", "a:b%253Ac:1"]


async def test_outside_of_a_workflow() -> None:
    agent = source(Hasty)()
    with pytest.raises(RuntimeError, match=r"^Hasty: once\(\) works only inside a running workflow"):
        agent.once("pay", agent.pay)
    with pytest.raises(RuntimeError, match=r"^Hasty: aonce\(\) works only inside a running workflow"):
        await agent.aonce("pay", agent.pay)
    with pytest.raises(RuntimeError, match=r"^Hasty: ask\(\) works only inside a running workflow"):
        agent.ask(agent.request("approval", "pay?"))
