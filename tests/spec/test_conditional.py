"""000, Conditional Interactions: a person is asked about high risks only, as the document prints it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents.base import BaseAgent
from tests.engine.workshop import Workshop, graph, node, workshop
from tests.spec.printed.conditional import ConditionalInteractionAgent

FLOW = graph(
    node("check", "check", inputs="amount user_tier", output="verdict", on_success="told"),
    node("told", "echo", inputs="verdict", output="told"),
)


class AsPrinted(ConditionalInteractionAgent):  # type: ignore[misc]
    """With what the document leaves to the reader."""

    def process_operation(self, inputs: dict[str, Any]) -> str:
        return f"moved {inputs['amount']}"


class Reaching(AsPrinted):
    """As printed the score never exceeds 0.8, so the limit is lowered to 0.7 (D-7)."""

    def calculate_risk_score(self, inputs: dict[str, Any]) -> float:
        return float(super().calculate_risk_score(inputs)) + 0.1


CASES = [
    ({"amount": 10000, "user_tier": "gold"}, 0.0),
    ({"amount": 10001, "user_tier": "gold"}, 0.5),
    ({"amount": 5}, 0.3),
    ({"amount": 10001, "user_tier": "basic"}, 0.8),
]


@pytest.mark.parametrize(("inputs", "score"), CASES)
def test_the_score(inputs: dict[str, Any], score: float) -> None:
    """row 74"""
    assert AsPrinted().calculate_risk_score(inputs) == score


async def start(shop: Workshop, **inputs: Any) -> None:
    await shop.start(FLOW, **inputs)
    await shop.run()


async def test_high_risks_are_asked_about(tmp_path: Path) -> None:
    """row 75, row 76, row 77, row 78"""
    inputs = {"amount": 10001, "user_tier": "basic"}
    async with workshop(tmp_path, check=Reaching) as shop:
        await start(shop, **inputs)
        (pending,) = (await shop.inbox.thread("t1")).pending
        assert pending.prompt == "High-risk operation detected (risk score: 0.90). Please review and approve."
        assert pending.context == {
            "risk_score": 0.9,
            "operation_details": inputs,
            "recommendation": "manual_review_required",
        }
        await shop.answer("approve")
        verdict = (await shop.run()).state["verdict"]
        assert verdict == {"status": "pending_approval", "risk_score": 0.9, "interaction_id": pending.request_id}
        assert all(entry.event != "decided_automatically" for entry in await shop.inbox.audit("t1"))


async def test_other_risks_are_not_but_that_is_on_record(tmp_path: Path) -> None:
    """row 75, row 79: as printed even the highest score; the audit says once that nobody was asked"""
    async with workshop(tmp_path, check=AsPrinted) as shop:
        await start(shop, amount=10001, user_tier="basic")
        view = await shop.inbox.thread("t1")
        assert (view.status, view.pending) == ("completed", [])
        assert view.state["told"] == {"status": "auto_approved", "operation_result": "moved 10001"}
        (entry,) = (one for one in await shop.inbox.audit("t1") if one.event == "decided_automatically")
        assert (entry.actor, entry.details) == ("system", {"node": "check", "status": "auto_approved"})


async def test_what_a_person_decided_was_not_decided_automatically(tmp_path: Path) -> None:
    """row 79: whatever status the agent returns that asked"""

    class Hasty(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            assert self.interaction_handler is not None
            self.interaction_handler.display_interaction_request(self.request("approval", "Pay?"))
            return {"status": "auto_approved", "operation_result": "paid"}

    async with workshop(tmp_path, check=Hasty) as shop:
        await start(shop, amount=5)
        await shop.answer("reject", {"reason": "fraud"})
        await shop.run()
        events = [entry.event for entry in await shop.inbox.audit("t1")]
        assert "decided" in events and "decided_automatically" not in events
