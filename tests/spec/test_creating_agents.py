"""000, Implementation Guide 1 and Testing: an agent that displays its request, as the document prints it."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from hitl_tui.agents import ExecutionContext
from hitl_tui.cli.entry import run
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import ThreadView
from tests.engine.workshop import Workshop, graph, node, workshop
from tests.spec.printed import approval, testing
from tests.spec.printed.approval import ApprovalAgent

DATA = {"amount": 5000, "type": "expense"}
FLOW = graph(
    node("gate", "gate", inputs="approval_data", output="asked", on_success="paid", on_failure="refused"),
    node("paid", "output", output="end", prompt="paid"),
    node("refused", "output", output="end", prompt="refused: {responses.gate.reason}"),
)


class InteractionAgent(ApprovalAgent):  # type: ignore[misc]
    """The agent that the document's tests are about."""

    def process(self, inputs: dict[str, Any]) -> Any:
        if "invalid" in inputs:
            raise ValueError("there is nothing to approve")
        return super().process(inputs)


testing.InteractionAgent = InteractionAgent  # type: ignore[attr-defined]


class TestPrinted(testing.TestInteractionWorkflows):  # type: ignore[misc]
    """row 49, row 50, row 51: the document's own tests."""


def test_the_limit_reaches_the_request() -> None:
    """row 50"""
    agent = InteractionAgent()
    agent.interaction_handler = handler = Mock()
    agent.process_with_timeout({"approval_data": DATA}, timeout=30)
    assert handler.display_interaction_request.call_args.args[0].timeout_seconds == 30
    assert agent.interaction_handler is handler


def test_without_a_handler_it_does_not_crash() -> None:
    """row 48"""
    assert InteractionAgent().process({"approval_data": DATA})["status"] == "pending_approval"


async def paused(shop: Workshop) -> ThreadView:
    await shop.start(FLOW, approval_data=DATA)
    return await shop.run()


@pytest.mark.parametrize(("action", "data", "end"), [("approve", None, "paid"), ("reject", {"reason": "no"}, None)])
async def test_a_displayed_request_pauses_the_thread(
    tmp_path: Path, action: str, data: dict[str, Any] | None, end: str | None
) -> None:
    """row 45, row 46, row 47; a rejection takes the failure edge, although the agent does not hear of it."""
    async with workshop(tmp_path, gate=ApprovalAgent) as shop:
        view = await paused(shop)
        (pending,) = view.pending
        assert (view.status, pending.node, pending.context) == ("paused", "gate", DATA)
        assert pending.due_at is not None and (pending.due_at - pending.created_at).total_seconds() == 3600
        await shop.answer(action, data)
        view = await shop.run()
        assert view.state["asked"] == {
            "interaction_request_id": pending.request_id,
            "status": "pending_approval",
            "message": "Approval requested. Use: hitl resume t1 approve",
        }
        assert (view.status, view.state["end"]) == ("completed", end or "refused: no")
        assert [step.status for step in await shop.history()] == ["ok" if end else "rejected", "ok"]


async def test_silence_is_no_consent(tmp_path: Path) -> None:
    """row 47: what nobody answered in time takes the failure edge"""
    async with workshop(tmp_path, gate=ApprovalAgent) as shop:
        await paused(shop)
        shop.clock.advance(seconds=3601)
        await shop.inbox.check_timeouts()
        view = await shop.run()
    assert (view.state["end"], view.state["asked"]["status"]) == ("refused: Interaction timed out", "pending_approval")


def test_the_printed_command_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """row 46: run verbatim, in another process than the one that asked"""
    printed = Path(approval.__file__).read_text(encoding="utf-8")
    mark = "from hitl_tui import register_agent\nregister_agent('gate')(ApprovalAgent)\n"
    (tmp_path / "agents.py").write_text(printed + mark, encoding="utf-8")
    flow = "graph: Budget\nnodes:\n  gate: {agent: gate, inputs: [amount], output: asked}\n"
    (tmp_path / "flow.yaml").write_text(flow, encoding="utf-8")

    async def start() -> None:
        async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="test") as inbox, inbox.running():
            agents = str(tmp_path / "agents.py")
            await inbox.start(tmp_path / "flow.yaml", inputs={"amount": 5}, thread_id="b1", agents=agents)
            view = await inbox.settled("b1")
            assert view.status == "paused", view.error

    asyncio.run(start())
    agent = approval.ApprovalAgent()
    agent.execution_context = ExecutionContext("b1", "gate", 1, "Budget")
    command = shlex.split(agent.process({})["message"].partition("Use: hitl ")[2])
    assert command == ["resume", "b1", "approve"]
    assert run(["--db", str(tmp_path / "hitl.db"), *command]) == 0
    assert "completed (ok)" in capsys.readouterr().out
