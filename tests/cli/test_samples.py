"""The five workflows of spec 000 from start to end on the command line, with the offline agents that ship with them."""

from __future__ import annotations

import json
from typing import Any

from hitl_tui import locations
from tests.cli.conftest import Hitl

SAMPLES = locations.sample_graphs()


def run(hitl: Hitl, name: str, **inputs: str) -> dict[str, Any]:
    assert SAMPLES is not None
    pairs = [word for key, value in inputs.items() for word in ("--input", f"{key}={value}")]
    words = ("run", str(SAMPLES / f"{name}.csv"), "--agents", str(SAMPLES / "agents.py"), *pairs, "--json")
    started = hitl.quick(*words, "--thread-id", name)
    assert started.code == 0, started.out
    view = started.json
    assert isinstance(view, dict)
    return view


def resume(hitl: Hitl, name: str, action: str, **data: Any) -> dict[str, Any]:
    answered = hitl.quick("resume", name, action, "--data", json.dumps(data), "--json")
    assert answered.code == 0, answered.out
    view = answered.json
    assert isinstance(view, dict)
    return view


def trace(hitl: Hitl, name: str) -> list[str]:
    return [step["node"] for step in hitl.quick("history", name, "--json").json["steps"]]


def test_approval_flow(hitl: Hitl) -> None:
    """Row 37: start → validate → approve_gate → process → end; earlier nodes do not run again (row 7)."""
    view = run(hitl, "approval_flow", user_request="buy 3 laptops")
    assert view["status"] == "paused"
    (pending,) = view["pending"]
    assert pending["node"] == "approve_gate"
    assert pending["prompt"].startswith("Please approve this request: ") and "buy 3 laptops" in pending["prompt"]
    done = resume(hitl, "approval_flow", "approve")
    assert (done["status"], done["outcome"]) == ("completed", "ok")
    assert done["state"]["final_result"] in done["state"]["completion_message"]
    assert trace(hitl, "approval_flow") == ["start", "validate", "approve_gate", "process", "end"]


def test_approval_flow_rejected(hitl: Hitl) -> None:
    """Row 39: reject goes to `end` without touching `process`, and the value that was never set is a placeholder."""
    run(hitl, "approval_flow", user_request="buy 3 laptops")
    done = resume(hitl, "approval_flow", "reject", reason="not now")
    assert done["status"] == "completed"
    assert done["state"]["completion_message"] == "Request completed: ‹final_result: not set›"
    assert trace(hitl, "approval_flow") == ["start", "validate", "approve_gate", "end"]


def test_approval_flow_invalid(hitl: Hitl) -> None:
    """Row 38: a failed validation goes to `reject` and never reaches the human."""
    view = run(hitl, "approval_flow", user_request="")
    assert view["status"] == "completed"
    assert view["state"]["rejection_message"] == "Request rejected due to validation failure"
    assert trace(hitl, "approval_flow") == ["start", "validate", "reject"]


def test_content_flow(hitl: Hitl) -> None:
    """Row 40: the edited text replaces the generated one."""
    view = run(hitl, "content_flow", content_request="a maintenance window")
    assert view["pending"][0]["type"] == "edit"
    done = resume(hitl, "content_flow", "edit", edited="Saturday, 06:00.")
    assert done["state"]["edited_content"] == "Saturday, 06:00."
    assert done["state"]["final_content"] == "Content finalized: Saturday, 06:00."


def test_decision_flow(hitl: Hitl) -> None:
    """Row 41: the options come from the context, and the chosen one is its text."""
    view = run(hitl, "decision_flow", problem_description="search is slow")
    options = view["pending"][0]["options"]
    assert [option[:10] for option in options] == ["Approach A", "Approach B", "Approach C"]
    done = resume(hitl, "decision_flow", "choose", choice=2)
    assert done["state"]["chosen_approach"] == options[1]
    assert options[1] in done["state"]["final_message"]


def test_requirements_flow(hitl: Hitl) -> None:
    """Row 42."""
    view = run(hitl, "requirements_flow", project_brief="sign-in for the portal")
    assert "sign-in for the portal" in view["pending"][0]["prompt"]
    done = resume(hitl, "requirements_flow", "respond", text="Keep people signed in for a week.")
    assert done["status"] == "completed"
    assert "signed in for a week" in done["state"]["requirements_document"]


def test_consultation_flow(hitl: Hitl) -> None:
    """Rows 31, 32, 43: three turns on one thread, then an explicit end that leads through `summary`."""
    view = run(hitl, "consultation_flow", consultation_topic="backup strategy")
    assert view["pending"][0]["prompt"].startswith("Let's discuss your backup strategy.")
    for message in ("restores worry me", "snapshots every night", "thirty days"):
        view = resume(hitl, "consultation_flow", "respond", message=message)
        assert (view["status"], view["pending"][0]["node"]) == ("paused", "next_question")
    shown = hitl.quick("show", "consultation_flow").out
    places = [shown.index(said) for said in ("restores worry me", "snapshots every night", "thirty days")]
    assert places == sorted(places)
    done = resume(hitl, "consultation_flow", "respond", end=True)
    assert done["status"] == "completed"
    assert trace(hitl, "consultation_flow")[-2:] == ["summary", "end"]
    assert "consultation_summary" in done["state"]


def test_a_conversation_can_end_at_its_first_turn(hitl: Hitl) -> None:
    """Row 32: from the first node the end leads straight to `end`."""
    run(hitl, "consultation_flow", consultation_topic="backup strategy")
    done = resume(hitl, "consultation_flow", "respond", end=True)
    assert done["status"] == "completed"
    assert trace(hitl, "consultation_flow") == ["start", "initial_consultation", "end"]


def test_an_input_that_was_not_given_is_asked_for(hitl: Hitl) -> None:
    """Architecture, "Values": an `input` node without its value asks for it as a text input."""
    view = run(hitl, "approval_flow")
    assert (view["pending"][0]["node"], view["pending"][0]["type"]) == ("start", "text_input")
    view = resume(hitl, "approval_flow", "respond", text="buy 3 laptops")
    assert "buy 3 laptops" in view["pending"][0]["prompt"]
