"""What a pause holds back, and what it cannot keep (rows 145 and 165)."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hitl_tui.agents import BaseAgent
from hitl_tui.model.graph import Graph
from tests.engine.workshop import Workshop, graph, node, workshop


class Tool:
    """A tool that notes each call."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def __call__(self, inputs: dict[str, Any]) -> str:
        self.calls.append(inputs)
        return f"sent {inputs['amount']}"


def by_a_gate(tool: Tool) -> tuple[Graph, Any]:
    gate = node("gate", "approval_interaction", inputs="amount", on_success="send", on_failure="refused")
    return graph(gate, node("send", "send", inputs="amount", output="receipt"), node("refused", "output")), tool


def by_asking(tool: Tool) -> tuple[Graph, Any]:
    class Asks(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            answer = self.ask(self.request("approval", "Send {amount}?", context=inputs))
            return self.once("send", lambda: tool(inputs)) if answer.action == "approve" else "not sent"

    return graph(node("send", "send", inputs="amount", output="receipt")), Asks


async def held_back(shop: Workshop, tool: Tool) -> None:
    """Whatever happens before the approval: other runners, sweeps, an undone approval, a changed clock."""
    for _ in range(3):
        view = await shop.run(owner="another")
        assert view.status == "paused"
        await shop.inbox.check_timeouts()
        shop.clock.advance(minutes=5)
    await shop.answer("approve", hold=60)
    await shop.run()
    await shop.inbox.undo("t1")
    assert tool.calls == []


@pytest.mark.parametrize("make", [by_a_gate, by_asking])
@pytest.mark.parametrize(("action", "calls"), [("approve", [{"amount": 5}]), ("reject", [])])
async def test_a_tool_is_not_called_before_its_approval(
    tmp_path: Path, make: Any, action: str, calls: list[dict[str, Any]]
) -> None:
    """row 145: saved instead of executed; 0 calls before the approval, one after it, none after a rejection"""
    tool = Tool()
    definition, agent = make(tool)
    async with workshop(tmp_path, send=agent) as shop:
        await shop.start(definition, amount=5)
        await shop.run()
        await held_back(shop, tool)
        await shop.answer(action)
        assert tool.calls == []
        assert (await shop.run()).status == "completed"
        await shop.run(owner="another")
        assert tool.calls == calls


@pytest.mark.parametrize("opening", [lambda: sqlite3.connect(":memory:"), tempfile.TemporaryFile])
@pytest.mark.parametrize("nested", [False, True])
async def test_what_cannot_be_stored_is_refused_at_the_pause(tmp_path: Path, opening: Any, nested: bool) -> None:
    """row 165: a connection or a file in what is asked; the error names the field, and nobody is asked"""
    handle = opening()

    class Asks(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            context = {"when": datetime.now(UTC), "database_connection": handle}
            return self.ask(self.request("approval", "?", context={"tool": context} if nested else context)).action

    with closing(handle):
        async with workshop(tmp_path, asks=Asks) as shop:
            await shop.start(graph(node("gate", "asks")))
            view = await shop.run()
    assert (view.status, view.pending) == ("failed", [])
    assert view.error is not None
    where = "context.tool.database_connection" if nested else "context.database_connection"
    assert where in view.error.message
    assert type(handle).__name__ in view.error.message


async def test_datetimes_survive_a_pause(tmp_path: Path) -> None:
    """row 165"""
    moment = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
    async with workshop(tmp_path, now=lambda inputs: {"at": moment, "list": [moment]}) as shop:
        await shop.start(
            graph(node("now", "now", output="when", on_success="gate"), node("gate", "approval_interaction"))
        )
        await shop.run()
        await shop.answer("approve")
        assert (await shop.run()).state["when"] == {"at": moment, "list": [moment]}


async def test_an_answer_that_the_node_did_not_go_by_is_in_the_audit(tmp_path: Path) -> None:
    """row 166: it asks no more once it runs again, or something else"""

    class Asks(BaseAgent):
        topics: ClassVar = ["first", "second"]

        def process(self, inputs: dict[str, Any]) -> Any:
            return [self.ask(self.request("approval", topic)).action for topic in self.topics[:1]]

    async with workshop(tmp_path, asks=Asks) as shop:
        await shop.start(graph(node("gate", "asks", output="said")))
        (request,) = (await shop.run()).pending
        Asks.topics = []
        await shop.answer("reject")
        view = await shop.run()
        assert (view.status, view.state["said"]) == ("completed", [])
        entries = {entry.event: entry for entry in await shop.inbox.audit("t1")}
        assert (entries["unused"].request_id, entries["unused"].details) == (request.request_id, {"node": "gate"})
