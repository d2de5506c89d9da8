"""The agents that ask a person (rows 10-33, 35, 36, 68)."""

from __future__ import annotations

from typing import Any

import pytest

from hitl_tui.agents.base import Failure, Pause
from hitl_tui.errors import InvalidGraph
from hitl_tui.model.kinds import InteractionType
from tests.agents.node import Node

DAY, HOUR, MINUTE = 86_400, 3_600, 60
FIVE = ("approval", "edit", "choice", "text_input", "conversation")


def node(kind: str, inputs: dict[str, Any] | None = None, **fields: Any) -> Node:
    context = {"options": ["one", "two"]} if kind == "choice" else {}
    context |= fields.pop("context", {})
    return Node(f"{kind}_interaction", inputs, context=context, **fields)


@pytest.mark.parametrize("kind", FIVE)
def test_each_type_pauses_with_a_request_of_its_type(kind: str) -> None:
    """row 35, row 1, row 2."""
    asking = node(kind, {"plan": "ship it"}, prompt="Look at {plan}, for {who}", state={"who": "ann"})
    with pytest.raises(Pause):
        asking.run()
    (request,) = asking.asked
    assert request.interaction_type is InteractionType(kind)
    assert request.prompt == "Look at ship it, for ann", "row 36: filled from the inputs, then the whole state"
    assert (request.thread_id, request.node_name) == ("thread_1", "gate")
    assert request.context["plan"] == "ship it"


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        ("approval", 24 * HOUR),
        ("edit", 2 * HOUR),
        ("choice", 30 * MINUTE),
        ("text_input", 24 * HOUR),
        ("conversation", None),
    ],
)
def test_default_timeouts(kind: str, seconds: int | None) -> None:
    """row 68, row 33, D-6."""
    assert node(kind).question().timeout_seconds == seconds


@pytest.mark.parametrize(
    ("context", "seconds"),
    [
        ({"timeout": "2h"}, 2 * HOUR),
        ({"timeout_seconds": 90}, 90),
        ({"timeout": "1h30m"}, 90 * MINUTE),
        ({"timeout": "never"}, None),
        ({"timeout_seconds": None}, None),
    ],
)
def test_an_explicit_timeout_wins(context: dict[str, Any], seconds: int | None) -> None:
    """row 68: the defaults are only for what the node leaves open."""
    for kind in FIVE:
        request = node(kind, context=context).question()
        assert request.timeout_seconds == seconds
        assert not set(request.context) & {"timeout", "timeout_seconds"}


def test_settings_do_not_reach_the_reviewer() -> None:
    """row 9, row 10: the reviewer sees the rest of the context, and the inputs."""
    settings = {
        "interaction_type": "approval",
        "timeout": "1d",
        "risk": "High",
        "allowed": ["approve", "reject"],
        "require_reason": True,
        "schema": {"type": "object"},
    }
    shown = {"proposal_amount": 50000, "department": "Engineering", "quarter": "Q1 2024"}
    request = node("approval", {"note": "urgent"}, context=settings | shown).question()
    assert request.context == shown | {"note": "urgent"}
    assert request.risk == "high"
    assert request.allowed == ["approve", "reject"]
    assert request.require_reason
    assert request.response_schema == {"type": "object"}
    assert request.timeout_seconds == DAY


def test_a_broken_setting_is_named() -> None:
    """A graph that no loader checked gets its errors when the node runs."""
    with pytest.raises(InvalidGraph, match="node 'gate': timeout: 'soon' is not a length of time"):
        node("approval", context={"timeout": "soon"}).run()
    with pytest.raises(InvalidGraph, match="unknown interaction_type 'aproval'; did you mean 'approval'"):
        Node("human", context={"interaction_type": "aproval"}).run()


@pytest.mark.parametrize("items", [5, "a, b", []])
def test_a_batch_whose_items_are_no_list_says_so(items: Any) -> None:
    words = f"node 'gate': batch: the context needs `items`, a list with at least one item, and they are {items!r}"
    with pytest.raises(InvalidGraph) as refused:
        node("approval", {"items": items}, context={"schema": {"batch": True}}).run()
    assert str(refused.value) == words


def test_approve_is_the_output() -> None:
    """row 11."""
    assert node("approval").run(("approve", None)) == "approve"


@pytest.mark.parametrize(
    ("data", "reason"), [({"reason": "Budget exceeds allocated amount"}, "Budget exceeds allocated amount"), (None, "")]
)
def test_reject_takes_the_failure_edge_with_its_reason(data: dict[str, Any] | None, reason: str) -> None:
    """row 12, row 14, D-1."""
    assert node("approval").run(("reject", data)) == Failure(reason, output="reject", kind="rejected")


@pytest.mark.parametrize("kind", FIVE)
def test_a_timeout_takes_the_failure_edge(kind: str) -> None:
    """row 65, row 69: the stored response of a timeout is never an answer."""
    failure = node(kind).run(("timeout", {"reason": "Interaction timed out"}))
    assert isinstance(failure, Failure)
    assert failure.kind == "timed_out"
    assert failure.output is None


def test_edit_is_prefilled_from_its_context() -> None:
    """row 15."""
    request = node("edit", {"draft": "other"}, context={"original_content": "The system …"}).question()
    assert request.context["original_content"] == "The system …"


def test_edit_is_prefilled_from_its_first_input() -> None:
    """row 15 for row 40's graph, which has no `original_content`."""
    assert node("edit", {"draft": "a text", "x": 1}).question().context["original_content"] == "a text"
    assert node("edit", {"draft": {"a": 1}}).question().context["original_content"] == '{"a": 1}'
    assert "original_content" not in node("edit").question().context


def test_edited_text_is_the_output() -> None:
    """row 16."""
    assert node("edit", {"draft": "a"}).run(("edit", {"edited": "b", "changes": ["x", "y"]})) == "b"


@pytest.mark.parametrize(("choice", "output"), [(1, "one"), (2, "two"), ("two", "two")])
def test_choice_is_the_option_text(choice: int | str, output: str) -> None:
    """row 21, row 22, row 41."""
    assert node("choice").run(("choose", {"choice": choice, "justification": "safer"})) == output


def test_choices_from_an_input() -> None:
    """Options may be computed by an earlier node; then they are not shown twice."""
    inputs = {"tags": ["x"], "options": ["red", "blue"], "why": "paint"}
    asking = Node("choice_interaction", inputs)
    request = asking.question()
    assert request.options == ["red", "blue"]
    assert request.context == {"tags": ["x"], "why": "paint"}
    assert asking.run(("choose", {"choice": 2})) == "blue"
    assert Node("choice_interaction", {"n": [1, 2], "colours": ["red"]}).question().options == ["red"]


def test_a_choice_without_options_fails() -> None:
    """row 20: nobody is asked to choose from nothing."""
    with pytest.raises(InvalidGraph, match="node 'gate': a choice needs options"):
        Node("choice_interaction", {"numbers": [1, 2], "empty": []}).run()


def test_text_input_output() -> None:
    """row 26, row 27."""
    assert node("text_input").run(("respond", {"text": "more tests"})) == "more tests"
    structured = {"response": "needed", "requirements": ["a", "b"], "priority": "high"}
    assert node("text_input").run(("respond", structured)) == structured


def test_conversation_message_and_end() -> None:
    """row 30, row 32, D-2."""
    data = {"message": "start small", "follow_up_questions": ["which database?"]}
    assert node("conversation").run(("respond", data)) == "start small"
    ended = node("conversation").run(("respond", {"end": True, "message": "thanks"}))
    assert (ended.kind, ended.output) == ("ended", "thanks")
    silent = node("conversation").run(("respond", {"end": True}))
    assert (silent.kind, silent.output) == ("ended", None), "an end without words keeps what was said before"


@pytest.mark.parametrize("kind", FIVE)
def test_human_asks_for_what_its_context_says(kind: str) -> None:
    """row 35."""
    request = Node("human", {"a": ["x"]}, context={"interaction_type": kind}).question()
    assert request.interaction_type is InteractionType(kind)


def test_human_asks_for_a_text_by_default() -> None:
    """row 35."""
    asking = Node("human", prompt="Well?")
    assert asking.question().interaction_type is InteractionType.TEXT_INPUT
    assert asking.run(("respond", {"text": "yes"})) == "yes"


def test_suspend_waits_for_ever() -> None:
    """What is waited for happens outside, so that a day is no limit."""
    request = Node("suspend", {"job": 7}).question()
    assert request.timeout_seconds is None
    assert request.prompt == "Suspended at 'gate'; any text resumes it."
    assert request.context == {"job": 7}
    assert Node("SuspendAgent", context={"timeout": "3d"}).question().timeout_seconds == 3 * DAY
    assert Node("suspend").run(("respond", {"text": "done"})) == "done"


@pytest.mark.parametrize("kind", FIVE)
def test_a_node_without_a_prompt_still_says_something(kind: str) -> None:
    """The first line of the prompt is the item's title in the inbox."""
    assert node(kind).question().prompt


def test_a_missing_value_is_visible_in_the_prompt(caplog: pytest.LogCaptureFixture) -> None:
    """row 39, D-3: and named in the log, once."""
    caplog.set_level("INFO", "hitl_tui.agents")
    asking = node("approval", prompt='Pay {amount}, {amount} to {payee}? {{no}} {"a": 1}', state={"payee": "Bob"})
    assert asking.question().prompt.startswith("Pay ‹amount: not set›, ‹amount: not set› to Bob?")
    assert asking.agent.prompt
    assert caplog.messages == ["the prompt of 'gate' names what is not set: amount"]
    assert node("approval", prompt="Pay {amount}?").question().prompt == "Pay ‹amount: not set›?"
