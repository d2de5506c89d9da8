"""Agents of pydantic-ai in a node: its deferred tools become items of the inbox."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic_ai import Agent, ApprovalRequired, CallDeferred, ModelRetry, RunContext, ToolReturn
from pydantic_ai.models.function import FunctionModel

from hitl_tui.agents import BaseAgent, HumanInTheLoop
from tests.engine.workshop import graph, node, workshop
from tests.llm.scripted import Script, answered


class Shop:
    """An agent with tools of every kind; `done` is what they did."""

    def __init__(self, script: Script) -> None:
        self.done: list[str] = []
        agent = Agent(FunctionModel(script), output_type=str)

        @agent.tool_plain
        def look(item: str) -> str:
            self.done.append(f"look {item}")
            if item == "nothing":
                raise ModelRetry("look for something")
            return f"{item}: 5 in stock"

        @agent.tool_plain(requires_approval=True)
        def refund(order: int, amount: float) -> ToolReturn:
            """Pay a customer back."""
            self.done.append(f"refund {order} {amount}")
            return ToolReturn(f"refunded {amount}", metadata={"order": order})

        @agent.tool
        def order(ctx: RunContext[None], count: int) -> str:
            if count > 10 and not ctx.tool_call_approved:
                raise ApprovalRequired(metadata={"why": "more than ten"})
            self.done.append(f"order {count}")
            return f"ordered {count}"

        @agent.tool_plain
        def phone(number: str) -> str:
            raise CallDeferred

        @agent.output_validator
        def polite(output: str) -> str:
            if output == "no":
                raise ModelRetry("be polite")
            return output

        self.agent = agent


@asynccontextmanager
async def support(path: Path, script: Script, interrupt_on: Any = None):  # type: ignore[no-untyped-def]
    """A thread whose node runs the agent, as far as it gets."""
    shop = Shop(script)

    class Support(BaseAgent):
        async def process(self, inputs: dict[str, Any]) -> str:
            people = HumanInTheLoop(self, interrupt_on)
            return (await shop.agent.run("help", capabilities=[people])).output

    async with workshop(path, support=Support) as runner:
        await runner.start(graph(node("help", "support", output="answer")))
        yield runner, await runner.run(), shop


async def test_calls_that_require_approval_are_asked_about_at_once(tmp_path: Path) -> None:
    """What needs none runs meanwhile, once; edited arguments keep their types, a denial goes to the model."""
    turn = [("look", {"item": "tea"}), ("refund", {"order": 7, "amount": 20}), ("order", {"count": 50})]
    script = Script([*turn, ("order", {"count": 3})], "done")
    async with support(tmp_path, script) as (runner, view, shop):
        refund, order = sorted(view.pending, key=lambda each: each.context["tool"], reverse=True)
        assert refund.context["args"] == {"order": 7, "amount": 20}
        assert refund.context["args_schema"]["properties"]["order"] == {"type": "integer"}
        assert refund.prompt == "Run refund?\n\nPay a customer back."
        assert order.context["about"] == {"why": "more than ten"}
        assert shop.done == ["look tea", "order 3"]
        await answered(runner, "edit", {"args": {"order": 7, "amount": 12.5}}, request_id=refund.request_id)
        view = await answered(runner, "reject", {"reason": "too many"}, request_id=order.request_id)
        assert (view.status, view.state["answer"]) == ("completed", "done")
        assert shop.done == ["look tea", "order 3", "refund 7 12.5"]
        assert "DENIED: User rejected this action: too many" in script.heard[1]
        assert "refunded 12.5" in script.heard[1]


async def test_several_rounds(tmp_path: Path) -> None:
    """Also of equal calls; no turn is asked for twice."""
    script = Script([("order", {"count": 20})], [("order", {"count": 20})], "no", "done, with pleasure")
    async with support(tmp_path, script) as (runner, view, shop):
        first = view.pending[0].request_id
        view = await answered(runner, "approve")
        assert view.pending[0].request_id != first
        assert shop.done == ["order 20"]
        view = await answered(runner, "approve")
        assert view.state["answer"] == "done, with pleasure"
        assert (shop.done, script.asked) == (["order 20", "order 20"], 4)


async def test_a_call_that_is_carried_out_elsewhere_asks_for_its_result(tmp_path: Path) -> None:
    script = Script([("phone", {"number": "112"}), ("look", {"item": "nothing"})], "done")
    async with support(tmp_path, script) as (runner, view, shop):
        (request,) = view.pending
        assert (request.type, request.context["args"]) == ("text_input", {"number": "112"})
        view = await answered(runner, "respond", {"text": "they come"})
        assert "they come" in script.heard[1]
        assert "look for something" in str(script.requests[1][-1])
        assert (view.state["answer"], shop.done) == ("done", ["look nothing"])


async def test_interrupt_on_holds_for_its_tools_as_well(tmp_path: Path) -> None:
    script = Script([("look", {"item": "gold"})], [("look", {"item": "tea"})], "done")
    gate = {"look": {"when": "args.item == 'gold'", "risk": "financial", "allowed_decisions": ["approve", "reject"]}}
    async with support(tmp_path, script, gate) as (runner, view, shop):
        (request,) = view.pending
        assert (request.risk, request.allowed, shop.done) == ("financial", ["approve", "reject"], [])
        view = await answered(runner, "approve")
        assert (view.status, shop.done) == ("completed", ["look gold", "look tea"])


async def test_a_misspelled_tool_in_interrupt_on_lets_nothing_run(tmp_path: Path) -> None:
    script = Script([("look", {"item": "gold"})], "done")
    async with support(tmp_path, script, {"loook": True, "order": True}) as (_, view, shop):
        assert view.error is not None and "there is no tool 'loook'; did you mean 'look'?" in view.error.message
        assert shop.done == []


async def test_a_rejection_stands_whatever_interrupt_on_has_become_since(tmp_path: Path) -> None:
    """row 128: the equal call of the next turn is another one"""
    rules: dict[str, Any] = {"look": True}
    script = Script([("look", {"item": "tea"})], [("look", {"item": "tea"})], "done")
    async with support(tmp_path, script, rules) as (runner, _, shop):
        rules["look"] = False
        view = await answered(runner, "reject")
        assert view.status == "completed"
        assert shop.done == ["look tea"]
        assert "DENIED: User rejected this action" in script.heard[1]
