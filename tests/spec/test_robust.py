"""000, Error Handling in Interactions: what happens where nobody can be asked, as the document prints it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from hitl_tui import BaseAgent, HumanInteractionRequest, InteractionHandler
from tests.engine.workshop import graph, node, workshop
from tests.spec.printed.robust import RobustInteractionAgent

FLOW = graph(node("pay", "pay", inputs="amount", output="paid"))


class Undeclared(RobustInteractionAgent):  # type: ignore[misc]
    """With what the document leaves to the reader, except for a safe function."""

    def validate_inputs(self, inputs: dict[str, Any]) -> bool:
        return "amount" in inputs

    def build_interaction_request(self, inputs: dict[str, Any]) -> HumanInteractionRequest:
        return self.request("approval", f"Pay {inputs['amount']}?")


class Declared(Undeclared):
    """Puts it on a list instead of paying."""

    def safe_automatic_process(self, inputs: dict[str, Any]) -> str:
        return "put on the list"


class Broken(InteractionHandler):
    """Cannot display anything."""

    def display_interaction_request(self, request: HumanInteractionRequest) -> None:
        raise OSError("the storage is broken")


FALLBACK = {
    "status": "automated_processing",
    "result": "put on the list",
    "note": "Human interaction unavailable, used automated fallback",
}


async def test_success(tmp_path: Path) -> None:
    """row 105"""
    async with workshop(tmp_path, pay=Declared) as shop:
        await shop.start(FLOW, amount=5)
        (pending,) = (await shop.run()).pending
        await shop.answer("approve")
        view = await shop.run()
        assert view.state["paid"] == {"status": "interaction_created", "request_id": pending.request_id}


@pytest.mark.parametrize(
    ("state", "handler", "words"),
    [({}, None, "Invalid inputs for interaction"), ({"amount": 5}, Broken, "the storage is broken")],
)
async def test_the_declared_function_runs_instead(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, state: dict[str, Any], handler: Any, words: str
) -> None:
    """row 102, row 103, row 104, row 106: it is logged, and the audit says so"""
    with caplog.at_level(logging.INFO, logger="hitl_tui"):
        async with workshop(tmp_path, pay=Declared) as shop:
            shop.registry.make_handler = handler
            await shop.start(FLOW, **state)
            view = await shop.run()
            (entry,) = (one for one in await shop.inbox.audit("t1") if one.event == "decided_automatically")
    assert (view.status, view.state["paid"]) == ("completed", FALLBACK)
    assert entry.details == {"node": "pay", "status": "automated_processing"}
    assert f"Failed to create interaction: {words}" in caplog.messages
    assert "Falling back to automated processing" in caplog.messages


async def test_without_one_nothing_runs(tmp_path: Path) -> None:
    """row 106, D-8: it fails closed, and says what to do"""
    async with workshop(tmp_path, pay=Undeclared) as shop:
        shop.registry.make_handler = Broken
        await shop.start(FLOW, amount=5)
        view = await shop.run()
    assert (view.status, view.state.get("paid")) == ("failed", None)
    assert view.error is not None and "declares nothing that is safe to run instead" in view.error.message


def test_no_agent_has_one_by_itself() -> None:
    """row 106"""
    with pytest.raises(Exception, match="'BaseAgent' could not ask a person"):
        BaseAgent().safe_automatic_process({})
