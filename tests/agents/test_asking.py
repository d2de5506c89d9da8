"""`ask` pauses and replays by digest; the registry finds agents by any spelling (architecture, "Pause")."""

from __future__ import annotations

from typing import Any

import pytest

from hitl_tui.agents import BaseAgent
from hitl_tui.agents.base import Asked, Pause, Questions
from hitl_tui.agents.registry import Registry
from hitl_tui.errors import AgentsNotLoaded
from hitl_tui.model.interaction import HumanInteractionResponse
from hitl_tui.model.kinds import InteractionType
from tests.agents.node import Node

YES = ("approve", None)


class Careful(BaseAgent):
    """Catches every error, and asks two questions in a row."""

    def process(self, inputs: dict[str, Any]) -> Any:
        try:
            first = self.ask(self.request("approval", "really?"))
            second = self.ask(self.request(InteractionType.TEXT_INPUT, f"why {first.action}?"))
        except Exception:
            return "went on without a person"
        return (first.action, (second.data or {}).get("text"))


class Pair(BaseAgent):
    """Asks two questions at once."""

    def process(self, inputs: dict[str, Any]) -> Any:
        responses = self.ask_all([self.request("approval", f"part {part}?") for part in "ab"])
        return [response.action for response in responses]


class Shows(BaseAgent):
    """The approval agent of spec 000, Implementation Guide 1: shows its request and returns."""

    def process(self, inputs: dict[str, Any]) -> Any:
        request = self.request("approval", "please")
        if self.interaction_handler:
            self.interaction_handler.display_interaction_request(request)
        return {"status": "pending_approval", "id": str(request.id)}


def test_a_fallback_cannot_swallow_a_pause() -> None:
    """The pause is a `BaseException`."""
    with pytest.raises(Pause):
        Node(Careful()).run()


def test_answers_are_replayed_in_order() -> None:
    """The node runs again from its top."""
    node = Node(Careful())
    assert node.question().prompt == "really?"
    assert node.question(YES).prompt == "why approve?"
    assert node.run(YES, ("respond", {"text": "because"})) == ("approve", "because")


def test_an_answer_to_another_question_does_not_count() -> None:
    """Only a request of the same digest is answered."""
    node = Node(Careful())
    request = node.question().model_copy(update={"prompt": "something else?"})
    response = HumanInteractionResponse(request_id=request.id, action="approve")
    questions = Questions([Asked(0, request.digest(), request, response)])
    node.agent.questions = questions
    with pytest.raises(Pause):
        node.agent.process({})
    assert questions.unanswered
    assert questions.asked[0].id != request.id


def test_a_question_keeps_its_id_while_it_waits() -> None:
    """A second run before the answer asks nothing new."""
    node = Node(Careful())
    request = node.question()
    questions = Questions([Asked(0, request.digest(), request, None)])
    node.agent.questions = questions
    with pytest.raises(Pause):
        node.agent.process({})
    assert [item.id for item in questions.asked] == [request.id]


def test_several_questions_at_once() -> None:
    """Both are shown before either is answered."""
    node = Node(Pair())
    with pytest.raises(Pause):
        node.run()
    assert [request.prompt for request in node.asked] == ["part a?", "part b?"]
    first, second = node.asked
    answers = [
        HumanInteractionResponse(request_id=item.id, action=action)
        for item, action in ((first, "approve"), (second, "reject"))
    ]
    asked = [
        Asked(position, item.digest(), item, answer)
        for position, (item, answer) in enumerate(zip(node.asked, answers, strict=True))
    ]
    node.agent.questions = Questions(asked[:1])
    with pytest.raises(Pause):
        node.agent.process({})
    node.agent.questions = Questions(asked)
    assert node.agent.process({}) == ["approve", "reject"]


def test_a_shown_request_waits_too() -> None:
    """row 46, row 48, row 49: the agent returns, and the question is there once."""
    node = Node(Shows())
    output = node.run()
    assert output["status"] == "pending_approval"
    assert [str(request.id) for request in node.asked] == [output["id"]]
    node.agent.interaction_handler = None
    assert node.agent.process({})["status"] == "pending_approval"


def test_asking_outside_of_a_workflow_is_an_error() -> None:
    """Not a silent approval."""
    node = Node(Careful())
    node.agent.questions = None
    with pytest.raises(RuntimeError, match="only inside a running workflow"):
        node.agent.ask(node.agent.request("approval", "really?"))


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("choice", {}, "gate: a choice needs options"),
        ("approval", {"context": {"file": {"handle": object()}}}, r"context\.file\.handle is a object"),
        ("approval", {"timeout": "1h"}, "takes no 'timeout'; it takes context, options, timeout_seconds, "),
        ("approval", {"timeout_seconds": 10**12}, "should be less than or equal to 315360000"),
        ("aproval", {}, "should be 'approval', 'edit', 'choice', 'text_input' or 'conversation'"),
    ],
)
def test_what_nobody_could_answer_is_an_error_where_it_is_asked(kind: str, fields: dict[str, Any], words: str) -> None:
    class Asks(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            return self.ask(self.request(kind, "?", **fields))

    node = Node(Asks())
    with pytest.raises((ValueError, TypeError), match=words):
        node.run()
    assert node.asked == []


@pytest.mark.parametrize("name", ["my_thing", "MyThing", "MY-THING", "MyThingAgent", "my_thing_agent"])
def test_any_spelling_finds_the_agent(name: str) -> None:
    """row 35 and the CSV dialect: letter case and class style do not count."""
    registry = Registry({"my_thing": lambda inputs: 7})
    assert Node(registry.create(name)).run() == 7


def test_an_unknown_agent_type_names_the_closest() -> None:
    """row 35."""
    registry = Registry({"my_thing": lambda inputs: 7})
    assert registry.find("my_think") is None
    with pytest.raises(AgentsNotLoaded, match="unknown agent type 'my_think'") as caught:
        registry.create("my_think")
    assert caught.value.hint == "did you mean 'my_thing'?"


def test_an_exact_name_wins_over_a_shortened_one() -> None:
    """A user's own `InputAgent` is not the built-in `input`."""
    registry = Registry({"input": lambda inputs: "built-in", "InputAgent": lambda inputs: "mine"})
    assert Node(registry.create("input_agent")).run() == "mine"
    assert Node(registry.create("Input")).run() == "built-in"
    assert "input" in registry
    assert "summary_agent" not in Registry({"summary": lambda inputs: 1})
