"""Tool calls through the engine: asked, decided, run once (rows 80, 111 to 116, 174)."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hitl_tui.agents import BaseAgent
from hitl_tui.errors import ActionNotAllowed, InvalidData
from hitl_tui.inbox.views import ThreadView
from tests.engine.workshop import Workshop, graph, node, workshop
from tests.tools.office import DOCUMENT, MAIL, Caller, Office, Options, Person, Urgency, call, caller


@asynccontextmanager
async def calling(path: Path, kind: type[Caller], *calls: dict[str, Any]):  # type: ignore[no-untyped-def]
    """A thread that has run as far as it gets with these calls."""
    async with workshop(path, caller=kind) as shop:
        await shop.start(graph(node("act", "caller", inputs="calls", output="results")), calls=list(calls))
        yield shop, await shop.run(), kind.office


async def answered(shop: Workshop, action: str, data: dict[str, Any] | None = None, **which: Any) -> ThreadView:
    await shop.answer(action, data, **which)
    return await shop.run()


async def test_row_113_tools_that_are_not_in_the_map_run_without_asking(tmp_path: Path) -> None:
    """row 113"""
    async with calling(tmp_path, caller(), call("read_file", path="a")) as (_, view, office):
        assert (view.status, view.pending) == ("completed", [])
        assert view.state["results"] == [["read_file", "done", "content of a"]]
        assert office.calls == [("read_file", "a")]


async def test_rows_111_and_114_an_approved_tool_runs_once_with_its_arguments(tmp_path: Path) -> None:
    """row 111, row 114"""
    async with calling(tmp_path, caller(), MAIL) as (shop, view, office):
        (request,) = view.pending
        assert (request.type, request.allowed) == ("approval", ["approve", "edit", "reject"])
        assert request.context["tool"] == "send_email"
        assert request.context["args"] == {"to": "ann@example.org", "subject": "Hello", "body": ""}, "whole"
        assert request.prompt.startswith('Run send_email(to="ann@example.org", subject="Hello", body="")?')
        assert "Send an email to specified recipient." in request.prompt
        assert office.calls == []
        view = await answered(shop, "approve")
        assert view.state["results"] == [["send_email", "done", "sent to ann@example.org"]]
        assert office.calls == [("send_email", "ann@example.org", "Hello", "")]


async def test_row_112_edit_is_refused_where_it_is_not_allowed(tmp_path: Path) -> None:
    """row 112"""
    async with calling(tmp_path, caller(), call("delete_file", path="/tmp/x")) as (shop, view, office):
        assert view.pending[0].allowed == ["approve", "reject"]
        with pytest.raises(ActionNotAllowed, match="allowed: approve, reject"):
            await shop.answer("edit", {"args": {"path": "/etc"}})
        with pytest.raises(ActionNotAllowed):
            await shop.answer("respond", {"message": "no need"})
        assert office.calls == []


async def test_row_115_edited_arguments_reach_the_tool_with_their_types(tmp_path: Path) -> None:
    """row 115: also dataclasses, models, enumerations, optional arguments and tuples, in a coroutine function."""
    proposed = call("plan", who={"name": "Ann"}, urgency="low", hours=1, count=2)
    edited = {
        "who": {"name": "Bob", "mail": "bob@example.org"},
        "urgency": "high",
        "hours": 2.5,
        "count": 7,
        "options": {"retries": 1},
        "tags": ["a", "b"],
    }
    async with calling(tmp_path, caller({"plan": True}), proposed) as (shop, _, office):
        for wrong, field in (
            ({**edited, "count": "7"}, "args.count"),
            ({**edited, "count": 7.5}, "args.count"),
            ({**edited, "urgency": "none"}, "args.urgency"),
            ({**edited, "who": {"mail": None}}, "args.who.name"),
            ({**edited, "more": 1}, "args"),
        ):
            with pytest.raises(InvalidData) as caught:
                await shop.answer("edit", {"args": wrong})
            assert caught.value.details["field"] == field
        view = await answered(shop, "edit", {"args": edited})
        person = Person("Bob", "bob@example.org")
        assert office.calls == [("plan", person, Urgency.HIGH, 2.5, 7, Options(retries=1), ("a", "b"))]
        assert [type(value) for value in office.calls[0][3:5]] == [float, int]
        assert view.state["results"] == [["plan", "done", {"name": "Bob", "mail": "bob@example.org"}]]


async def test_100_invalid_edits_leave_the_request_pending(tmp_path: Path) -> None:
    """With the error at its field."""
    wrong: list[Any] = [7, None, True, 1.5, [], {}, ["a"], {"a": 1}, -1, [None]]
    async with calling(tmp_path, caller(), MAIL) as (shop, _, office):
        right = {"to": "bob@example.org", "subject": "Hi", "body": "x"}
        for number in range(100):
            name = ("to", "subject", "body")[number % 3]
            with pytest.raises(InvalidData) as caught:
                await shop.inbox.decide("t1", "edit", {"args": {**right, name: wrong[number % len(wrong)]}})
            assert caught.value.details["field"] == f"args.{name}"
        assert (await shop.inbox.thread("t1")).pending[0].status == "pending"
        await answered(shop, "edit", {"args": right})
        assert office.calls == [("send_email", *right.values())]


async def test_what_only_the_tool_can_check_is_asked_again(tmp_path: Path) -> None:
    """A validator of the signature that no JSON Schema can express."""
    async with calling(tmp_path, caller(), MAIL) as (shop, _, office):
        view = await answered(shop, "edit", {"args": {"to": "nobody", "subject": "Hi"}})
        (request,) = view.pending
        assert request.context["args"] == {"to": "nobody", "subject": "Hi"}
        assert "an address has an @" in request.prompt
        assert request.allowed == ["edit", "reject"]
        view = await answered(shop, "edit", {"args": {"to": "x@y", "subject": "Hi"}})
        assert view.status == "completed"
        assert office.calls == [("send_email", "x@y", "Hi", "")]


async def test_row_116_a_rejected_tool_does_not_run_and_the_agent_hears_why(tmp_path: Path) -> None:
    """row 116"""
    async with calling(tmp_path, caller(), MAIL) as (shop, _, office):
        view = await answered(shop, "reject", {"reason": "wrong person"})
        assert view.status == "completed"
        assert view.state["results"] == [
            ["send_email", "rejected", "A person rejected this call of send_email: wrong person"]
        ]
        assert office.calls == []


async def test_row_116_a_rejection_stands_whatever_the_policy_has_become_since(tmp_path: Path) -> None:
    """row 116: also where the state or the agents file lets the call through by now"""
    kind = caller()
    first, second = call("delete_file", path="1"), call("delete_file", path="2")
    async with calling(tmp_path, kind, first, second, MAIL) as (shop, view, office):
        one, two, mail = view.pending
        kind.policy = {"send_email": True}
        await answered(shop, "reject", {"reason": "never"}, request_id=two.request_id)
        await answered(shop, "approve", request_id=one.request_id)
        (mail,) = (await shop.inbox.thread("t1")).pending
        view = await answered(shop, "reject", request_id=mail.request_id)
        assert [row[1] for row in view.state["results"]] == ["done", "rejected", "rejected"]
        assert office.calls == [("delete_file", "1")]


async def test_the_answer_about_one_of_two_equal_calls_is_not_that_about_the_other(tmp_path: Path) -> None:
    """The first ran unasked, and the node runs again when the second is decided."""

    class Twice(Caller):
        def process(self, inputs: dict[str, Any]) -> Any:
            tools = [self.office.delete_file]
            unasked = self.call_tools(tools, inputs["calls"])
            return [
                [each.tool, each.status, each.content]
                for each in unasked + self.call_tools(tools, inputs["calls"], DOCUMENT)
            ]

    kind = type("Kind", (Twice,), {"office": Office()})
    async with calling(tmp_path, kind, call("delete_file", path="1")) as (shop, view, office):
        assert view.pending[0].context["occurrence"] == 2
        view = await answered(shop, "reject")
        assert [row[1] for row in view.state["results"]] == ["done", "rejected"]
        assert office.calls == [("delete_file", "1")]


async def test_a_question_of_the_agents_own_about_a_call_is_asked_once(tmp_path: Path) -> None:
    class Asks(Caller):
        def process(self, inputs: dict[str, Any]) -> Any:
            about = {"tool": "delete_file", "args": {"path": "1"}, "args_schema": {}}
            self.ask(self.request("approval", "Delete it?", context=about))
            return [
                [each.tool, each.status, each.content]
                for each in self.call_tools([self.office.delete_file], inputs["calls"])
            ]

    kind = type("Kind", (Asks,), {"office": Office()})
    async with calling(tmp_path, kind, call("delete_file", path="1")) as (shop, _, office):
        assert (await answered(shop, "approve")).status == "completed"
        assert office.calls == [("delete_file", "1")]


@pytest.mark.parametrize("condition", ["args.count == 7", "args.count == '7'"])
async def test_row_80_a_policy_sees_the_arguments_as_they_are_given_and_as_the_tool_takes_them(
    tmp_path: Path, condition: str
) -> None:
    """row 80: a text that the tool takes for a number must not pass a policy by."""
    proposed = call("plan", who={"name": "Ann"}, urgency="low", hours=1, count="7")
    async with calling(tmp_path, caller({"plan": {"when": condition}}), proposed) as (_, view, office):
        assert view.pending[0].context["args"]["count"] == "7"
        assert office.calls == []


async def test_row_174_a_call_that_ran_does_not_run_again_where_its_tool_has_another_default(tmp_path: Path) -> None:
    """row 174: the code was changed before the retry"""
    kind = caller({})
    office = kind.office
    office.troubles = [OSError("connection lost")]

    def greet(name: str, times: int = 1) -> None:
        office.greet(name)

    async with calling(tmp_path, kind, call("greet", name="Bob"), MAIL) as (shop, view, _):
        assert view.status == "failed"
        kind.office = SimpleNamespace(tools=[greet, office.send_email])  # type: ignore[assignment]
        await shop.inbox.retry("t1")
        (doubt,) = (await shop.run()).pending
        assert "send_email" in doubt.prompt
        assert [name for name, *_ in office.calls] == ["greet", "send_email"]


async def test_a_message_in_place_of_a_result(tmp_path: Path) -> None:
    """`respond`, only where it is allowed by name."""
    policy = {"read_file": {"allowed_decisions": ["respond", "approve"]}}
    async with calling(tmp_path, caller(policy), call("read_file", path="a")) as (shop, view, office):
        assert view.pending[0].allowed == ["approve", "respond"]
        for empty in ({}, {"message": "  "}, {"message": 7}):
            with pytest.raises(InvalidData, match="requires 'message'"):
                await shop.answer("respond", empty)
        view = await answered(shop, "respond", {"message": "it says: hello"})
        assert view.state["results"] == [["read_file", "responded", "it says: hello"]]
        assert office.calls == []


async def test_several_calls_are_decided_one_by_one_and_a_rejection_aborts_none(tmp_path: Path) -> None:
    """They are shown together; the results are in the order of the calls."""
    calls = (call("read_file", path="1"), MAIL, call("delete_file", path="2"), MAIL, call("nope", x=1))
    async with calling(tmp_path, caller(), *calls) as (shop, view, office):
        assert [request.context["tool"] for request in view.pending] == ["send_email", "delete_file", "send_email"]
        first, second, third = (request.request_id for request in view.pending)
        await answered(shop, "reject", request_id=second)
        view = await answered(shop, "approve", request_id=third)
        assert (view.status, office.calls) == ("paused", [])
        view = await answered(shop, "edit", {"args": {"to": "b@c", "subject": "S"}}, request_id=first)
        assert [row[:2] for row in view.state["results"]] == [
            ["read_file", "done"],
            ["send_email", "done"],
            ["delete_file", "rejected"],
            ["send_email", "done"],
            ["nope", "failed"],
        ]
        assert [call[:2] for call in office.calls] == [
            ("read_file", "1"),
            ("send_email", "b@c"),
            ("send_email", "ann@example.org"),
        ]


async def test_equal_calls_each_run_once(tmp_path: Path) -> None:
    async with calling(tmp_path, caller(), MAIL, MAIL) as (shop, view, office):
        for request in view.pending:
            view = await answered(shop, "approve", request_id=request.request_id)
        assert (view.status, len(office.calls)) == ("completed", 2)


@pytest.mark.parametrize(
    ("more", "result"),
    [({"result": {"value": 5, "ref": "r1"}}, {"value": 5, "ref": "r1"}), ({"result": [1]}, [1]), ({}, None)],
)
async def test_row_174_a_tool_that_broke_off_is_not_silently_run_again(
    tmp_path: Path, more: dict[str, Any], result: Any
) -> None:
    """row 174: a person is asked: redo it, or mark it as done with its result, if there is one."""
    async with calling(tmp_path, caller(), MAIL, call("delete_file", path="2")) as (shop, view, office):
        office.troubles = [OSError("connection lost")]
        for request in view.pending:
            view = await answered(shop, "approve", request_id=request.request_id)
        assert view.status == "failed"
        await shop.inbox.retry("t1")
        view = await shop.run()
        (doubt,) = view.pending
        assert doubt.prompt.startswith("""'send_email(to="ann@example.org", subject="Hello")""")
        assert "connection lost" in doubt.context["problem"]
        assert len(office.calls) == 1
        view = await answered(shop, "choose", {"choice": 2, **more})
        assert [row[2] for row in view.state["results"]] == [result, "File deleted"]
        assert office.calls == [("send_email", "ann@example.org", "Hello", ""), ("delete_file", "2")]


async def test_what_certainly_did_not_happen_is_a_result(tmp_path: Path) -> None:
    """`NotDone`: the agent hears of it, and nobody is asked."""
    async with calling(tmp_path, caller(), call("nothing")) as (_, view, _office):
        assert view.state["results"] == [["nothing", "failed", "nothing did not run: the server is closed today"]]


async def test_arguments_that_do_not_fit_are_a_result_and_nobody_is_asked(tmp_path: Path) -> None:
    calls = [call("send_email", to="x@y"), call("send_mail"), {"name": "send_email", "args": ["x@y", "Hi"]}]
    async with calling(tmp_path, caller(), *calls) as (_, view, office):
        (_, status, words), (_, _, unknown), (_, _, odd) = view.state["results"]
        assert "must be an object" in odd
        assert (view.pending, status, office.calls) == ([], "failed", [])
        assert "subject: Field required" in words
        assert "did you mean 'send_email'?" in unknown


async def test_silence_is_never_consent(tmp_path: Path) -> None:
    """A call that nobody decided in time does not run."""
    policy = {"delete_file": {"timeout": "1h"}, "send_email": {"timeout": "1h", "on_timeout": "reject"}}
    async with calling(tmp_path, caller(policy), MAIL, call("delete_file", path="2")) as (shop, _, office):
        shop.clock.advance(hours=2)
        await shop.inbox.check_timeouts()
        view = await shop.run()
        assert [row[1] for row in view.state["results"]] == ["rejected", "timed_out"]
        assert office.calls == []


async def test_an_agent_that_is_not_async(tmp_path: Path) -> None:
    office = Office()

    class Plain(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            calls = [MAIL, *([call("plan")] if inputs.get("asynchronous") else [])]
            (sent,) = self.call_tools(office.tools, calls, interrupt_on=DOCUMENT)
            return sent.value

    async with workshop(tmp_path, plain=Plain) as shop:
        await shop.start(graph(node("act", "plain", output="sent")))
        await shop.run()
        assert (await answered(shop, "approve")).state["sent"] == "sent to ann@example.org"
        await shop.start(graph(node("act", "plain", inputs="asynchronous")), "t2", asynchronous=True)
        error = (await shop.run("t2")).error
        assert error is not None and "write `await self.acall_tools" in error.message


async def test_a_loop_with_a_model_asks_in_every_turn(tmp_path: Path) -> None:
    """The calls of each turn have their own results, also where the provider numbers them anew each time."""
    office = Office()

    class Loop(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            said: list[Any] = []
            for turn in range(3):
                calls = [{"id": "call_0", "name": "read_file", "args": {"path": "log"}}]
                calls += [{"id": "call_1", **call("delete_file", path=str(turn))}]
                said += [each.value for each in self.call_tools(office.tools, calls, DOCUMENT)]
            return said

    async with workshop(tmp_path, loop=Loop) as shop:
        await shop.start(graph(node("act", "loop", output="said")))
        await shop.run()
        for _ in range(3):
            view = await answered(shop, "approve")
        assert view.status == "completed"
        assert office.calls == [each for n in "012" for each in (("read_file", "log"), ("delete_file", n))]


async def test_row_101_the_five_classes_of_risk_go_with_the_request(tmp_path: Path) -> None:
    """row 101"""
    policy = {"delete_file": {"risk": "Destructive"}, "send_email": {"risk": "external_communication"}}
    async with calling(tmp_path, caller(policy), MAIL, call("delete_file", path="2")) as (shop, view, _):
        assert [request.risk for request in view.pending] == ["external communication", "destructive"]
        with pytest.raises(InvalidData, match="requires a reason"):
            await shop.answer("reject", request_id=view.pending[0].request_id)
