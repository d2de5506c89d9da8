"""Steps: what they get and return, how they fail, and how they run in the program's own process (row 165)."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from math import inf
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretBytes, SecretStr

from hitl_tui import StateModel, Workflow, WorkflowFailed, WorkflowPaused, locations
from hitl_tui.errors import InvalidState, NotSerialisable
from hitl_tui.inbox import Inbox
from tests.waiting import eventually


def thread(name: str = "t") -> dict[str, Any]:
    return {"configurable": {"thread_id": name}}


class Keeps(StateModel):
    number: int = 0


def steps(*functions: Any, model: type[StateModel] = Keeps, kept: str | None = "memory") -> Workflow:
    """A workflow of these functions, that only this process can run."""

    class Session(Workflow):
        state_model = model
        checkpointer = kept

        def build_graph(self) -> Any:
            path = self.start()
            for function in functions:
                path.then(function)
            return path.end()

    return Session()


def _sets_answers(state: Keeps) -> None:
    state.responses = {"ok": {"reason": "forged"}}


def _returns_answers(state: Keeps) -> dict[str, Any]:
    return {"responses": ["a"]}


def _returns_one_by_its_path(state: Keeps) -> dict[str, Any]:
    return {"responses.ok.reason": "forged"}


@pytest.mark.parametrize("step", [_sets_answers, _returns_answers, _returns_one_by_its_path])
async def test_no_step_writes_the_answers_of_people(step: Any) -> None:
    with pytest.raises(InvalidState, match="'responses[a-z.]*' holds the answers of people") as refused:
        await steps(step).invoke({}, thread(step.__name__))
    assert refused.value.hint == "give the field another name"


@pytest.mark.parametrize(
    ("thing", "kind"),
    [
        (lambda: sqlite3.connect(":memory:"), " is a Connection"),
        (Path(__file__).open, " is an open file"),
        (lambda: [object()], r"\[0\] is a object"),
        (lambda: SecretStr("t-1234"), " is a SecretStr, and a secret is not stored"),
        (lambda: {"keys": {SecretBytes(b"t")}}, r".keys\[0\] is a SecretBytes"),
        (lambda: [inf], r"\[0\] is inf, which JSON has no form for"),
        (lambda: 10**5000, " is a number of more than 4300 digits"),
        (lambda: _in_itself(), " is nested too deeply to be stored, or contains itself"),
    ],
)
async def test_a_state_that_cannot_be_stored_names_the_field_row_165(thing: Any, kind: str) -> None:
    """row 165"""

    def opens(state: Keeps) -> None:
        state.database_connection = thing()

    with pytest.raises(NotSerialisable, match=f"state.database_connection{kind}"):
        await steps(opens).invoke({}, thread(f"{uuid4()}"))


async def test_what_contains_itself_names_the_field_row_165() -> None:
    """row 165: also as an input, and a model that is a value of itself"""
    with pytest.raises(NotSerialisable, match="state.deep is nested too deeply"):
        await steps(_counts).invoke({"deep": _in_itself()}, thread(f"{uuid4()}"))

    def knots(state: Keeps) -> None:
        state.own = state

    with pytest.raises(NotSerialisable, match=r"state\.own\.own is a Keeps"):
        await steps(knots).invoke({}, thread(f"{uuid4()}"))


def _in_itself() -> dict[str, Any]:
    found: dict[str, Any] = {}
    found["again"] = found
    return found


async def test_the_state_is_validated_after_each_step() -> None:
    def spoils(state: Keeps) -> dict[str, Any]:
        return {"number": "three"}

    with pytest.raises(InvalidState, match="after step 'spoils' the state does not fit: number: Input should be"):
        await steps(spoils).invoke({}, thread(f"{uuid4()}"))


async def test_what_a_step_may_return() -> None:
    def changes(state: Keeps) -> None:
        state.number += 1

    async def adds(state: Keeps) -> dict[str, Any]:
        return {"number": state.number + 1}

    def makes(state: Keeps) -> Keeps:
        return Keeps(number=state.number + 1)

    def errs(state: Keeps) -> int:
        return 3

    assert (await steps(changes, adds, makes).invoke({}, thread(f"{uuid4()}")))["number"] == 3
    with pytest.raises(TypeError, match="step 'errs' returned a int; return the state"):
        await steps(errs).invoke({}, thread(f"{uuid4()}"))


async def test_a_label_that_nobody_can_see_beforehand_is_checked_when_it_is_chosen() -> None:
    class Chooses(Workflow):
        def build_graph(self) -> Any:
            return self.start().then(self.choose).branch({"left": self.left, "right": self.right}).end()

        def choose(self, state: Any) -> None:
            if state.label:
                state.set_next(state.label)

        def left(self, state: Any) -> None:
            state.went = "left"

        def right(self, state: Any) -> None:
            state.went = "right"

    assert (await Chooses().invoke({"label": "left"}, thread(f"{uuid4()}")))["went"] == "left"
    with pytest.raises(ValueError, match="'choose' chose 'lefft', which no branch after it has; did you mean 'left'"):
        await Chooses().invoke({"label": "lefft"}, thread(f"{uuid4()}"))
    with pytest.raises(ValueError, match="'choose' chose no path; call state.set_next"):
        await Chooses().invoke({"label": ""}, thread(f"{uuid4()}"))
    with pytest.raises(TypeError, match=r"set_next\(5\): give the label of a path as a text"):
        await Chooses().invoke({"label": 5}, thread(f"{uuid4()}"))


async def test_every_call_of_the_builder_in_one_workflow() -> None:
    """The chain of the documentation runs in its order; what follows parallel paths of any length runs once."""
    ran: list[str] = []

    def does(name: str, **changes: Any) -> Any:
        def step(state: Any) -> dict[str, Any]:
            ran.append(name)
            return changes

        step.__name__ = name
        return step

    def chooses(state: Any) -> None:
        ran.append("f")
        state.set_next("b")

    def counts(state: Any) -> None:
        ran.append(f"h{state.n}")
        state.n += 1

    async def enough(state: Any) -> bool:
        return bool(state.n == 2)

    class Whole(Workflow):
        checkpointer = "sqlite"

        def build_graph(self) -> Any:
            return (
                self.start()
                .then(chooses)
                .interrupt()
                .branch({"a": does("a"), "b": does("b")})
                .merge(does("g"))
                .loop(counts, until=enough, max_visits=5)
                .parallel(does("p", p=1), self.then(does("q", q=1)).then(does("r", r=1)))
                .then(does("last"))
                .end()
            )

    with pytest.raises(WorkflowPaused) as paused:
        await Whole().invoke({"n": 0}, thread())
    assert paused.value.request.prompt == "Whole pauses after 'chooses'. Go on for 'b'?"
    state = await Whole().resume(thread())
    assert ran == ["f", "b", "g", "h0", "h1", "p", "q", "r", "last"]
    assert (state["n"], state["p"], state["q"], state["r"]) == (2, 1, 1, 1)


async def test_a_loop_that_does_not_end_fails() -> None:
    def counts(state: Any) -> None:
        state.number += 1

    class Endless(Workflow):
        state_model = Keeps

        def build_graph(self) -> Any:
            return self.start().loop(counts, until=lambda state: False, max_visits=3).end()

    with pytest.raises(WorkflowFailed, match="node 'counts' has run 3 times"):
        await Endless().invoke({}, thread(f"{uuid4()}"))


async def test_a_loop_inside_another_is_counted_through_all_rounds() -> None:
    """The limit is that of the thread."""
    rounds: list[str] = []

    def begins(state: Any) -> None:
        rounds.append("begins")

    def counts(state: Any) -> None:
        state.number += 1

    class Nested(Workflow):
        state_model = Keeps

        def build_graph(self) -> Any:
            inner = self.then(begins).loop(counts, until=lambda state: state.number % 2 == 0, max_visits=3)
            return self.start().loop(inner, until=lambda state: False).end()

    with pytest.raises(WorkflowFailed, match=r"'counts' has run 3 times in this thread, .*, in \.loop\(\) in Python"):
        await Nested().invoke({}, thread(f"{uuid4()}"))
    assert len(rounds) == 2


async def test_once_is_for_what_must_not_happen_twice() -> None:
    """The step fails after it; resumed, it finds the recorded result."""
    charged: list[int] = []

    class Charges(Workflow):
        def build_graph(self) -> Any:
            return self.start().then(self.charge).end()

        async def charge(self, state: Any) -> dict[str, Any]:
            receipt = await self.aonce("charge", lambda: charged.append(1) or "R-1")
            if not state.may_end:
                raise ConnectionError("no answer")
            return {"receipt": receipt, "again": self.once("charge", lambda: "R-2")}

    workflow, config = Charges(), thread(f"{uuid4()}")
    with pytest.raises(ConnectionError, match="no answer"):
        await workflow.invoke({"may_end": False}, config)
    workflow.update_state(config, {"may_end": True})
    assert (await workflow.resume(config))["receipt"] == "R-1"
    assert charged == [1]
    with pytest.raises(RuntimeError, match="works inside of a step that runs"):
        workflow.once("charge", lambda: None)


class Panic(BaseException):
    """As what a library in Rust raises, or `pytest.fail`."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BaseExceptionGroup("two", [asyncio.CancelledError(), Panic()]), "BaseExceptionGroup"),
        (Panic("out of bounds"), "Panic"),
        (BaseException("bare"), "BaseException"),
    ],
)
@pytest.mark.parametrize("beside", [False, True])
async def test_whatever_a_step_raises_is_its_failure_and_reaches_the_caller(
    error: BaseException, kind: str, beside: bool
) -> None:
    """It would run again without end, or look like a caller that went away."""
    ran: list[str] = []

    class Raises(Workflow):
        checkpointer = "sqlite"

        def build_graph(self) -> Any:
            path = self.start().parallel(self.pay, self.other) if beside else self.start().then(self.pay)
            return path.end()

        async def pay(self, state: Any) -> None:
            ran.append("pay")
            assert len(ran) == 1
            raise error

        async def other(self, state: Any) -> None:
            await asyncio.sleep(0)

    with pytest.raises(type(error)) as raised:
        await Raises().invoke({}, thread())
    assert raised.value is error
    assert ran == ["pay"]
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        told = (await inbox.thread("t")).error
        assert told is not None
        assert (told.node, told.type, told.message) == ("pay", kind, str(error))
        assert [step.status for step in await inbox.history("t") if step.node == "pay"] == ["failed"]


async def test_a_step_that_cancels_itself_is_no_cancelled_caller() -> None:
    async def cancels(state: Keeps) -> None:
        raise asyncio.CancelledError("mine")

    with pytest.raises(WorkflowFailed, match="CancelledError"):
        await steps(cancels).invoke({}, thread(f"{uuid4()}"))


async def test_a_step_that_blocks_the_loop_keeps_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker would take the thread over and run the step a second time."""
    monkeypatch.setenv("HITL_LEASE_SECONDS", "0.2")
    ran: list[str] = []

    class Blocks(Workflow):
        checkpointer = "sqlite"

        def build_graph(self) -> Any:
            return self.start().then(self.block).end()

        async def block(self, state: Any) -> None:
            ran.append("block")
            time.sleep(0.6)  # noqa: ASYNC251 - what this is about

    await Blocks().invoke({}, thread())
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        assert [step.status for step in await inbox.history("t")] == ["ok"]
    assert ran == ["block"]


async def test_a_call_that_is_cancelled_hands_its_thread_back() -> None:
    begun = asyncio.Event()

    class Slow(Workflow):
        checkpointer = "sqlite"

        def build_graph(self) -> Any:
            return self.start().then(self.wait).end()

        async def wait(self, state: Any) -> dict[str, Any]:
            if begun.is_set():
                return {"waited": True}
            begun.set()
            await asyncio.Event().wait()
            return {}

    call = asyncio.create_task(Slow().invoke({}, thread()))
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        assert (await inbox.thread("t")).status == "ready"
    assert (await Slow().resume(thread()))["waited"] is True


def test_a_step_whose_loop_was_closed_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing will ever end it, and its thread would be kept for as long as the program lives."""
    monkeypatch.setattr("hitl_tui.agents.steps.LOOK_SECONDS", 0.05)
    began: list[asyncio.Future[None]] = []

    async def waits(state: Keeps) -> None:
        if not began:
            began.append(asyncio.get_running_loop().create_future())
            await began[0]
        state.number = 7

    workflow = steps(waits)
    config = thread(f"{uuid4()}")

    async def begins() -> None:
        calls.append(asyncio.create_task(workflow.invoke({}, config)))
        await eventually(lambda: began)

    calls: list[asyncio.Task[Any]] = []
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # its tasks are destroyed while they wait
    loop.run_until_complete(begins())
    loop.close()
    with pytest.raises(RuntimeError, match="the event loop it ran in was closed"):
        asyncio.run(asyncio.wait_for(workflow.resume(config), 10))
    assert asyncio.run(workflow.resume(config))["number"] == 7


async def test_many_at_the_same_time() -> None:
    states = await asyncio.gather(*(steps(_counts).invoke({}, thread(f"{uuid4()}")) for _ in range(8)))
    assert [state["number"] for state in states] == [1] * 8


def _counts(state: Keeps) -> None:
    state.number += 1
