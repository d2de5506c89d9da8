"""What is wrong with a workflow is an error when it is built, with the step and the remedy (rows 153, 154, 163)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, Field

from hitl_tui import StateModel, Workflow
from hitl_tui.errors import InvalidGraph
from hitl_tui.workflow import Path


class Card(BaseModel):
    pin: str = Field(default="none", exclude=True)


class Purse(BaseModel):
    inner: Purse | None = None
    cards: dict[str, list[Card]] | None = None


class Steps(Workflow):
    """Steps to build with."""

    checkpointer = "sqlite"

    def one(self, state): ...

    def two(self, state): ...

    def three(self, state): ...

    def choose(self, state):
        state.set_next("left" if state.n else "right")

    def pausing(self, state):
        self._pause()

    def _pause(self):
        self.get_builder().interrupt()

    def no_state(self): ...


def built(build: Callable[[Steps], Any], **fields: Any) -> dict[str, Any]:
    """The edges of the graph by node: `on_success`, and the routes by value."""
    kind = type("Flow", (Steps,), {"build_graph": build, **fields})
    nodes = kind().compile().graph.nodes.values()
    return {
        node.name: [*node.on_success, *(f"{route.value} → {'|'.join(route.to)}" for route in node.routes)]
        for node in nodes
    }


WRONG: dict[str, tuple[Callable[[Steps], Any], str]] = {
    "no end": (lambda w: w.start().then(w.one), "does not finish its path"),
    "nothing returned": (lambda w: None, "returns None"),
    "no steps": (lambda w: w.start().end(), "has no steps"),
    "after the end": (lambda w: w.start().then(w.one).end().then(w.two), r"\.then\(two\) comes after \.end\(\)"),
    "one name twice": (lambda w: w.start().then(w.one).then(w.one).end(), r"'one' is there twice.*name='…'"),
    "one name in two spellings": (
        lambda w: w.start().then(w.one).then(w.two, name="O_ne").end(),
        "'O_ne' has the name of 'one' in another spelling",
    ),
    "a name that is not there": (lambda w: w.start().then("one").end(), "'one' is no step"),
    "a step that was called": (lambda w: w.start().then(w.one(None)).end(), "None is no step"),
    "a lambda": (lambda w: w.start().then(lambda state: state).end(), "is no step; give a method"),
    "a step without the state": (
        lambda w: w.start().then(w.no_state).end(),
        "'no_state' cannot be called with the state",
    ),
    "merge after a step": (lambda w: w.start().then(w.one).merge(w.two).end(), r"\.merge\(two\) follows neither"),
    "an empty branch": (lambda w: w.start().then(w.choose).branch({}).end(), "needs its paths"),
    "an unknown label": (
        lambda w: w.start().then(w.choose).branch({"left": w.one, "rihgt": w.two}).end(),
        r"'choose' calls set_next\('right'\), which the branch after it lacks; did you mean 'rihgt'",
    ),
    "no branch for a label": (lambda w: w.start().then(w.choose).then(w.one).end(), "no branch follows.*put .branch"),
    "a branch that nobody chooses": (lambda w: w.start().branch({"a": w.one}).end(), "does not choose"),
    "a branch after parallel steps": (
        lambda w: w.start().parallel(w.one, w.two).branch({"a": w.three}).end(),
        "put a step before the branch that calls state.set_next",
    ),
    "a rejection without its approval": (
        lambda w: w.start().then(w.one).interrupt().branch({"rejected": w.two}).end(),
        "'one' is followed by .interrupt.*no answer would choose 'rejected'; label the paths 'approved'",
    ),
    "a third answer": (
        lambda w: w.start().then(w.one).interrupt().branch({"later": w.two, "approved": w.three}).end(),
        "no answer would choose 'approved'; .* have no third",
    ),
    "an end inside": (
        lambda w: w.start().then(w.choose).branch({"left": w.then(w.one).end(), "right": w.two}).end(),
        "'one' has an .end",
    ),
    "a path that stands nowhere": (
        lambda w: [w.then(w.two), w.start().then(w.one).end()][1],
        "'two' is never reached",
    ),
    "a pause in parallel": (
        lambda w: w.start().parallel(w.one, w.then(w.two).interrupt()).end(),
        r"'two' stands in .parallel\(\) with .interrupt\(\)",
    ),
    "a pause from inside in parallel": (
        lambda w: w.start().parallel(w.one, w.pausing).end(),
        "'pausing' pauses from inside, in .parallel",
    ),
    "one path in parallel": (lambda w: w.start().parallel(w.one).end(), "fewer than two"),
    "a loop without end": (lambda w: w.start().loop(w.one, until=True).end(), "until=True"),
    "a timeout that is none": (
        lambda w: w.start().then(w.one).interrupt(timeout="soon").end(),
        "Flow: after_one: timeout",
    ),
    "approval by default": (
        lambda w: w.start().then(w.one).interrupt(risk="high", on_timeout="default:approve").end(),
        "after_one: on_timeout",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_graph_is_refused(case: str) -> None:
    build, message = WRONG[case]
    with pytest.raises(InvalidGraph) as refused:
        built(build)
    assert re.search(message, str(refused.value)), refused.value
    assert "Flow" in str(refused.value)


def test_a_pause_needs_a_persistent_checkpointer_row_163() -> None:
    """row 163: none is an error that names step and remedy; memory is a loud warning; a step may pause from inside."""
    with pytest.raises(InvalidGraph, match=r"'one' is followed by \.interrupt\(\).*checkpointer = 'sqlite'"):
        built(lambda w: w.start().then(w.one).interrupt().end(), checkpointer=None)
    with pytest.raises(InvalidGraph, match="'pausing' pauses from inside.*checkpointer = 'sqlite'"):
        built(lambda w: w.start().then(w.pausing).end(), checkpointer=None)
    with pytest.raises(InvalidGraph, match="unknown checkpointer 'mongodb'"):
        built(lambda w: w.start().then(w.one).end(), checkpointer="mongodb")
    with pytest.warns(UserWarning, match="is kept in memory only.*For tests only"):
        built(lambda w: w.start().then(w.one).interrupt().end(), checkpointer="memory")
    assert built(lambda w: w.start().then(w.one).end(), checkpointer=None) == {"one": []}


def test_a_class_without_a_graph_says_so_and_its_traceback_names_the_remedy() -> None:
    """The hint is a note: Python prints it below the error."""
    with pytest.raises(InvalidGraph, match="Steps defines no build_graph") as refused:
        Steps().compile()
    assert refused.value.__notes__ == [refused.value.hint]
    assert "self.start().then(" in refused.value.hint


def test_names_that_are_taken() -> None:
    with pytest.raises(InvalidGraph, match="its method 'start' has a name that Workflow uses itself"):
        built(lambda w: w.then(w.one).end(), start=lambda self, state: None)

    class Answers(StateModel):
        responses: int = 0

    with pytest.raises(InvalidGraph, match="a field 'responses', where the answers of people are kept"):
        built(lambda w: w.start().then(w.one).end(), state_model=Answers)


def test_a_state_model_is_a_state_model() -> None:
    with pytest.raises(InvalidGraph, match="is no StateModel"):
        built(lambda w: w.start().then(w.one).end(), state_model=dict)


def test_a_field_that_would_be_lost_is_refused() -> None:
    class Cards(StateModel):
        card: str = Field(default="none", exclude=True)

    with pytest.raises(InvalidGraph, match="a field 'card' with exclude=True, which would be lost"):
        built(lambda w: w.start().then(w.one).end(), state_model=Cards)


def test_a_field_of_an_inner_model_that_would_be_lost_is_refused() -> None:
    class Purses(StateModel):
        purse: Purse | None = None

    with pytest.raises(InvalidGraph, match="a field 'purse.cards.pin' with exclude=True, which would be lost"):
        built(lambda w: w.start().then(w.one).end(), state_model=Purses)


def test_all_branches_come_together_row_154() -> None:
    """row 154"""

    def build(w: Steps) -> Path:
        left = w.then(w.one).then(w.two)
        return w.start().then(w.choose).branch({"left": left, "right": w.three}).merge(w.pausing).end()

    assert built(build) == {
        "choose": ["three", "left → one"],
        "one": ["two"],
        "two": ["pausing"],
        "three": ["pausing"],
        "pausing": ["pause → after_pausing"],
        "after_pausing": [],
    }


def test_an_interrupt_before_a_branch_keeps_what_was_chosen() -> None:
    def build(w: Steps) -> Path:
        return w.start().then(w.choose).interrupt().branch({"left": w.one, "right": w.two}).merge(w.three).end()

    assert built(build) == {
        "choose": ["after_choose_right", "left → after_choose_left"],
        "after_choose_left": ["one"],
        "after_choose_right": ["two"],
        "one": ["three"],
        "two": ["three"],
        "three": [],
    }


def test_parallel_paths_are_equally_long() -> None:
    """So that what follows runs once, when all have ended."""

    def build(w: Steps) -> Path:
        return w.start().parallel(w.one, w.then(w.two).then(w.three)).then(w.pausing, name="last").end()

    edges = built(build)
    assert edges["start"] == ["one", "two"]
    assert (edges["one"], edges["one_done_1"], edges["three"]) == (["one_done_1"], ["last"], ["last"])


def test_a_loop_leads_back_to_its_first_step() -> None:
    def build(w: Steps) -> Path:
        return w.start().then(w.one).loop(w.then(w.two).then(w.three), until=lambda state: True, max_visits=3).end()

    assert built(build) == {"one": ["two"], "two": ["three"], "three": ["repeat_two"], "repeat_two": ["again → two"]}


def test_the_graph_has_the_settings_of_its_interrupts() -> None:
    class Asking(Steps):
        """What it is for."""

        state_model = StateModel

        def build_graph(self) -> Path:
            return self.start().interrupt("Start?", name="gate", risk="high", timeout="2h").then(self.one).end()

    graph = Asking().graph
    assert (graph.start, graph.description) == ("gate", "What it is for.")
    assert graph.nodes["gate"].prompt == "Start?"
    assert (graph.nodes["gate"].context["risk"], graph.nodes["gate"].context["timeout_seconds"]) == ("high", 7200)
