"""The agents that pass values on (rows 35, 37-39)."""

from __future__ import annotations

from typing import Any

import pytest

from hitl_tui.agents.base import Failure
from hitl_tui.agents.builtins import registry
from tests.agents.node import Node


def test_all_built_in_types_are_there() -> None:
    """row 35, and the list in the design facts."""
    names = (
        "input output echo default success failure branching human suspend summary graph graph_exit "
        "csv_reader csv_writer json_reader json_writer file_reader file_writer approval_interaction edit_interaction "
        "choice_interaction text_input_interaction conversation_interaction posted interrupt llm"
    )
    assert set(registry().names) == set(names.split())


def test_input_returns_what_was_given() -> None:
    """row 37."""
    assert Node("input", {"user_request": "buy 3 laptops"}).run() == "buy 3 laptops"
    assert Node("input", {"a": 1, "b": None}, names=("a",)).run() == 1
    assert Node("input", {"a": 1, "b": [2]}).run() == {"a": 1, "b": [2]}
    assert Node("input", {"user_request": ""}).run() == "", "an empty text is a value (row 38)"
    assert Node("input", {"amount": 0}).run() == 0


def test_input_asks_for_what_was_not_given() -> None:
    """Architecture, "Values": an input node whose value was not given asks for it."""
    asking = Node("input", names=("user_request",))
    request = asking.question()
    assert (request.interaction_type, request.prompt) == ("text_input", "Please enter 'user_request'.")
    assert request.timeout_seconds == 86_400
    assert asking.run(("respond", {"text": "buy 3 laptops"})) == "buy 3 laptops"


def test_input_asks_with_its_own_prompt() -> None:
    """row 36."""
    asking = Node("input", names=("version",), prompt="Which version of {service}?", state={"service": "payments"})
    assert asking.question().prompt == "Which version of payments?"


def test_several_inputs_are_asked_one_after_the_other() -> None:
    """What is known already is shown with the next question."""
    asking = Node("input", {"b": 2}, names=("a", "b", "c"), prompt="The order")
    assert asking.question().prompt == "The order (a)"
    second = asking.question(("respond", {"text": "1"}))
    assert (second.prompt, second.context) == ("The order (c)", {"a": "1", "b": 2})
    output = asking.run(("respond", {"text": "1"}), ("respond", {"text": "3"}))
    assert output == {"a": "1", "b": 2, "c": "3"}


def test_input_that_nobody_answers_fails() -> None:
    """row 65."""
    failure = Node("input", names=("a", "b")).run(("timeout", None))
    assert isinstance(failure, Failure)
    assert failure.kind == "timed_out"


@pytest.mark.parametrize("agent", ["output", "default", "success"])
def test_output_fills_its_prompt(agent: str) -> None:
    """row 36, row 39."""
    assert Node(agent, {"x": 1}, prompt="{x} and {y} and {z}", state={"y": 2}).run() == "1 and 2 and ‹z: not set›"
    assert Node(agent, {"x": [1]}).run() == [1]
    assert Node(agent, {"x": 1, "y": 2}).run() == {"x": 1, "y": 2}
    assert Node(agent).run() is None


def test_echo() -> None:
    """The first input as it is."""
    assert Node("echo", {"x": {"a": 1}, "y": 2}, prompt="words").run() == {"a": 1}
    assert Node("echo", prompt="words").run() == "words"
    assert Node("echo").run() is None


def test_failure_always_fails() -> None:
    """Its prompt says why."""
    assert Node("failure", prompt="no {x}", state={"x": "luck"}).run() == Failure("no luck", output="no luck")
    assert isinstance(Node("failure").run(), Failure)


@pytest.mark.parametrize("value", [True, 1, "yes", "anything", ["x"], {"a": 1}])
def test_branching_succeeds_on_true(value: Any) -> None:
    """AgentMap dialect."""
    assert Node("branching", {"ok": value, "other": False}).run() == value


@pytest.mark.parametrize("value", [False, 0, "", "no", " False ", "FAILED", "0", [], None])
def test_branching_fails_on_false(value: Any) -> None:
    """AgentMap dialect; a value that is not set is no consent."""
    failure = Node("branching", {"ok": value, "other": True}).run()
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.output) == ("failed", value)


def test_branching_without_a_value() -> None:
    """An input without a value is not true, no input at all is."""
    assert Node("branching", names=("ok",)).run() == Failure("'ok' is not set")
    assert Node("branching").run() is True


def test_summary() -> None:
    """All inputs, in the form that the context gives."""
    inputs = {"a": "one", "b": [2], "c": None}
    assert Node("summary", inputs).run() == "a: one\n\nb: [2]"
    assert Node("summary", inputs, prompt="All of {a}:").run() == "All of one:\n\na: one\n\nb: [2]"
    context = {"format": "* {value} ({key})", "separator": "\n"}
    assert Node("summary", inputs, context=context).run() == "* one (a)\n* [2] (b)"
    assert Node("summary", inputs, context={"include_keys": False, "separator": " "}).run() == "one [2]"
    assert Node("summary").run() == ""


def test_entering_a_graph() -> None:
    """The inputs become the inner state."""
    assert Node("graph", {"a": 1, "b": 2}).run() == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({}, {"x": 1, "y": 2}),
        ({"result": "x"}, 1),
        ({"result": "never_set"}, {"x": 1, "y": 2}),
        ({"a": "x", "b": "never_set"}, {"a": 1, "b": None}),
    ],
)
def test_leaving_a_graph(outputs: dict[str, str], expected: Any) -> None:
    """What `hitl_tui.graphs.subgraphs` says about outputs."""
    assert Node("graph_exit", {"state": {"x": 1, "y": 2}}, context={"outputs": outputs}).run() == expected
