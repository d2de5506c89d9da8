"""The shipped workflows, run offline from start to end with their own agents (rows 37-44)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import ThreadView

SAMPLES = Path(__file__).parents[2] / "sample_graphs"


class Play:
    """One thread of a sample workflow, answered step by step."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.thread_id = ""

    async def start(self, file: str, **inputs: Any) -> ThreadView:
        self.thread_id = await self._inbox.start(SAMPLES / file, inputs=inputs, agents=str(SAMPLES / "agents.py"))
        return await self._inbox.settled(self.thread_id)

    async def answer(self, action: str, **data: Any) -> ThreadView:
        taken = await self._inbox.decide(self.thread_id, action, data or None)
        return await self._inbox.settled(taken.thread_id)

    async def trace(self) -> list[str]:
        return [step.node for step in await self._inbox.history(self.thread_id)]


@pytest.fixture
async def play(tmp_path: Path) -> AsyncIterator[Play]:
    """A thread to be, on a database of its own."""
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="test") as inbox:
        yield Play(inbox)


def asked(view: ThreadView, node: str) -> str:
    """The prompt of the one open request, which must be this node's."""
    assert view.status == "paused", view.error
    (pending,) = view.pending
    assert pending.node == node
    assert "not set›" not in pending.prompt, "row 36"
    return pending.prompt


async def test_approval_flow_approved(play: Play) -> None:
    """row 36, row 37."""
    view = await play.start("approval_flow.csv", user_request="buy 3 laptops")
    assert "buy 3 laptops" in asked(view, "approve_gate")
    view = await play.answer("approve")
    assert (view.status, view.outcome) == ("completed", "ok")
    assert await play.trace() == ["start", "validate", "approve_gate", "process", "end"]
    assert view.state["completion_message"] == f"Request completed: {view.state['final_result']}"


async def test_approval_flow_rejected(play: Play) -> None:
    """row 12, row 39, D-3: `end` names a value that was never set."""
    await play.start("approval_flow.csv", user_request="buy 3 laptops")
    view = await play.answer("reject", reason="Budget exceeds allocated amount")
    assert view.status == "completed"
    assert await play.trace() == ["start", "validate", "approve_gate", "end"]
    assert view.state["completion_message"] == "Request completed: ‹final_result: not set›"
    assert view.state["approval_response"] == "reject"
    assert view.state["responses"]["approve_gate"]["reason"] == "Budget exceeds allocated amount"


@pytest.mark.parametrize("request_text", ["", "  \n"])
async def test_approval_flow_with_nothing_to_approve(play: Play, request_text: str) -> None:
    """row 38: a request that fails validation never reaches a person."""
    view = await play.start("approval_flow.csv", user_request=request_text)
    assert view.status == "completed"
    assert await play.trace() == ["start", "validate", "reject"]
    assert view.state["rejection_message"] == "Request rejected due to validation failure"


async def test_content_flow(play: Play) -> None:
    """row 15, row 16, row 40."""
    view = await play.start("content_flow.csv", content_request="the nightly import stops after 10,000 rows")
    prompt = asked(view, "review")
    assert "the nightly import stops after 10,000 rows" in prompt
    assert view.pending[0].context["original_content"] == view.state["generated_content"]
    view = await play.answer("edit", edited="All imports work again.", changes=["shorter"])
    assert view.state["edited_content"] == "All imports work again."
    assert view.state["final_content"] == "Content finalized: All imports work again."
    assert view.state["responses"]["review"]["changes"] == ["shorter"]


async def test_decision_flow(play: Play) -> None:
    """row 21, row 41: the chosen approach is the option's text."""
    view = await play.start("decision_flow.csv", problem_description="the report query is slow and users complain")
    asked(view, "choose_approach")
    assert view.pending[0].options[1] == "Approach B: Robust solution"
    assert "performance" in view.state["analysis_result"]
    view = await play.answer("choose", choice=2)
    assert view.state["chosen_approach"] == "Approach B: Robust solution"
    assert view.state["final_message"].startswith("Implementation completed: Approach B: Robust solution, as ticket ")


async def test_requirements_flow(play: Play) -> None:
    """row 26, row 42."""
    view = await play.start("requirements_flow.csv", project_brief="a login page for customers")
    assert "how users are told apart" in asked(view, "gather_requirements")
    view = await play.answer("respond", text="Add social login. Limit the rate of attempts.")
    assert view.status == "completed"
    assert view.state["final_requirements"] == (
        "2 additional requirements:\n1. Add social login\n2. Limit the rate of attempts"
    )


async def test_requirements_flow_with_a_structured_answer(play: Play) -> None:
    """row 27: all keys reach the graph."""
    await play.start("requirements_flow.csv", project_brief="a login page")
    view = await play.answer("respond", response="needed", requirements=["Rate limiting", "sessions"], priority="high")
    assert view.state["additional_requirements"]["priority"] == "high"
    assert view.state["final_requirements"] == (
        "2 additional requirements (priority: high):\n1. Rate limiting\n2. Sessions"
    )


async def test_consultation_flow(play: Play) -> None:
    """row 31, row 32, row 43: several pauses on one thread, two loops, then the summary."""
    view = await play.start("consultation_flow.csv", consultation_topic="microservices")
    assert asked(view, "initial_consultation").startswith("Let's discuss your microservices.")
    view = await play.answer("respond", message="our database is one big table")
    first = asked(view, "next_question")
    assert first == f"Great insights! Let's dive deeper into {view.state['next_topic']}"
    view = await play.answer("respond", message="the team knows SQL well")
    second = asked(view, "next_question")
    assert second != first, "no question comes twice in a row"
    view = await play.answer("respond", end=True)
    assert (view.status, view.outcome) == ("completed", "ok")
    assert await play.trace() == [
        *("start", "initial_consultation", "continue_conversation", "next_question"),
        *("continue_conversation", "next_question", "summary", "end"),
    ]
    summary = view.state["consultation_summary"]
    for said in ("microservices", "our database is one big table", "the team knows SQL well"):
        assert said in summary
    assert view.state["final_report"] == f"Consultation completed: {summary}"


async def test_consultation_flow_ended_at_once(play: Play) -> None:
    """row 32: the first node's failure edge leads to `end`."""
    await play.start("consultation_flow.csv", consultation_topic="microservices")
    await play.answer("respond", end=True)
    assert await play.trace() == ["start", "initial_consultation", "end"]


async def test_deployment_to_production(play: Play) -> None:
    """row 44: a choice, then an approval of high risk."""
    view = await play.start("deployment.yaml", service="payment_service", version="v2.1.0")
    asked(view, "choose_environment")
    assert view.pending[0].context["plan"]["steps"]
    view = await play.answer("choose", choice=1)
    asked(view, "approve_production")
    assert view.pending[0].risk == "high"
    view = await play.answer("approve")
    assert view.state["message"].startswith("payment_service v2.1.0 is running in Production (us-east-1): 6 of 6 inst")


async def test_deployment_that_is_not_approved_or_cancelled(play: Play) -> None:
    """row 44: nothing is deployed."""
    await play.start("deployment.yaml", service="payment_service", version="v2.1.0")
    await play.answer("choose", choice=1)
    view = await play.answer("reject", reason="not on a Friday")
    assert view.state["message"].endswith("Reason: not on a Friday")
    assert "deployment" not in view.state
    await play.start("deployment.yaml", service="payment_service", version="v2.1.0")
    view = await play.answer("choose", choice=4)
    assert view.state["message"].endswith("was cancelled; nothing was changed.")


async def test_a_workflow_asks_for_the_inputs_that_it_was_not_given(play: Play) -> None:
    """Architecture, "Values"."""
    view = await play.start("deployment.yaml")
    assert asked(view, "service") == "Which service do you want to deploy?"
    view = await play.answer("respond", text="payment_service")
    assert asked(view, "version") == "Which version of payment_service?"
    view = await play.answer("respond", text="v2.1.0")
    asked(view, "choose_environment")


async def test_incident_message(play: Play) -> None:
    """row 44: the edited alert is what is sent."""
    view = await play.start("incident_message.yaml", incident="checkout fails for one customer in five")
    asked(view, "edit_alert")
    assert "checkout fails for one customer in five" in view.pending[0].context["original_content"]
    view = await play.answer("edit", edited="Checkout fails. Next update at 15:00 UTC.")
    assert view.state["message"].splitlines()[2] == "Checkout fails. Next update at 15:00 UTC."
    assert view.state["receipt"].startswith("Alert of 7 words sent")


async def test_release_notes(play: Play) -> None:
    """row 44: two people in series, and a rejection that goes back to the editor with its reason."""
    view = await play.start("release_notes.yaml", version="v3.0")
    asked(view, "edit_notes")
    assert view.pending[0].context["original_content"] == view.state["notes"]
    view = await play.answer("edit", edited="- one\n")
    assert "- one" in asked(view, "approve_notes")
    view = await play.answer("reject", reason="name the breaking change")
    assert "name the breaking change" in asked(view, "revise_notes")
    view = await play.answer("edit", edited="- one\n- breaking: two\n")
    asked(view, "approve_notes")
    view = await play.answer("approve")
    assert view.state["published"].startswith("release-notes/v3.0.md with 2 entries")
    assert view.outcome == "ok"


async def test_risk_check(play: Play) -> None:
    """row 75, D-7: the sample reaches both branches."""
    view = await play.start("risk_check.yaml", amount=120, user_tier="basic")
    assert view.state["message"] == "120 transferred (auto_approved, risk 0.3)"
    assert view.pending == []
    view = await play.start("risk_check.yaml", amount=48000, user_tier="basic")
    assert asked(view, "check").startswith("High-risk operation detected (risk score: 0.80).")
    view = await play.answer("approve")
    assert view.state["message"] == "48000 transferred (approve, risk 0.8)"
    await play.start("risk_check.yaml", amount=48000, user_tier="basic")
    view = await play.answer("reject", reason="unknown payee")
    assert view.state["message"] == "48000 not transferred: unknown payee"


async def test_batch_review(play: Play) -> None:
    """row 87: each batch is answered by its own name, one of them item by item"""
    view = await play.start("batch_review.yaml", accounts="a, b, c, d, e, f, g")
    assert [pending.node for pending in view.pending] == ["review_batch_0", "review_batch_1"]
    thread = play.thread_id
    play.thread_id = f"{thread}_batch_1"
    view = await play.answer("choose", choice=2, decisions=["reject", "approve"])
    play.thread_id = f"{thread}_batch_0"
    view = await play.answer("choose", choice=1)
    assert view.state["message"] == "Closed: a, b, c, d, e, g"
