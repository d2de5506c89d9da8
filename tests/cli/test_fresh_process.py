"""A paused thread lives in its file alone: every command is a new process (rows 146 and 147)."""

from __future__ import annotations

from tests.cli.conftest import Hitl

FLOW = """
graph: Plan
nodes:
  talk:
    agent: conversation_interaction
    prompt: "What about {topic}?"
    inputs: topic
    output: advice
    context: {budget: 900, owner: {team: north}}
    next: [gate, look]
  gate:
    agent: approval_interaction
    prompt: "Do '{advice}'?"
    inputs: messages
    output: verdict
    context: {tool: deploy, arguments: {service: billing, replicas: [1, 2]}}
  look:
    agent: choice_interaction
    prompt: Where?
    options: [north, south]
    output: place
"""
MESSAGES = '[{"role": "user", "text": "hello"}, {"role": "agent", "text": "good day", "at": [1, 2]}]'


def test_state_messages_and_pending_actions_are_the_same_in_a_fresh_process(hitl: Hitl) -> None:
    """row 146, row 147: what was asked before, in a file that was moved, is asked and answered after it"""
    flow = hitl.file("plan.yaml", FLOW)
    hitl("run", flow, "--input", "topic=rain", "--input", f"messages:={MESSAGES}", "--thread-id", "p")
    before = hitl("resume", "p", "respond", "--data", '{"message": "take an umbrella"}', "--json").json
    assert [request["node"] for request in before["pending"]] == ["gate", "look"]
    assert before["pending"][0]["context"]["arguments"] == {"service": "billing", "replicas": [1, 2]}
    assert [message["text"] for message in before["state"]["messages"]] == ["hello", "good day"]

    hitl.db.rename(hitl.folder / "moved.db")
    (hitl.folder / flow).unlink()
    assert hitl("show", "p", "--db", "moved.db", "--json").json == before
    assert "take an umbrella" in hitl("show", "p", "--db", "moved.db").out

    gate, look = (request["request_id"] for request in before["pending"])
    answer = ("resume", "p", "--db", "moved.db", "--json", "--request")
    assert hitl(*answer, look, "choose", "--data", '{"choice": 2}').json["pending"] == before["pending"][:1]
    after = hitl(*answer, gate, "approve").json
    assert (after["status"], after["outcome"]) == ("completed", "ok")
    assert after["state"]["messages"] == before["state"]["messages"]
    assert (after["state"]["verdict"], after["state"]["place"]) == ("approve", "south")
