"""Pausing, resuming, routing and failing of one thread (rows 4, 7, 12, 31, 148, 153, 165)."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from hitl_tui.agents.base import BaseAgent, Failure
from hitl_tui.cli import render_text
from hitl_tui.model.graph import Route
from tests.engine.workshop import graph, node, recorder, workshop
from tests.waiting import eventually


async def test_pause_and_resume(tmp_path: Path) -> None:
    """row 4, row 7, row 148: earlier nodes do not run again, later ones run once"""
    calls: list[str] = []
    make = recorder(calls)
    flow = graph(
        node("first", "before", output="first", on_success="gate"),
        node("gate", "approval_interaction", prompt="Go on after {first}?", on_success="last", output="verdict"),
        node("last", "after", output="last"),
    )
    async with workshop(tmp_path, before=make("before"), after=make("after")) as shop:
        await shop.start(flow)
        view = await shop.run()
        assert view.status == "paused"
        assert view.pending_interaction_id == view.pending[0].request_id
        assert view.pending[0].prompt == "Go on after before done?"
        assert calls == ["before"]
        await shop.answer("approve")
        view = await shop.run()
        assert (view.status, view.outcome) == ("completed", "ok")
        assert view.state["verdict"] == "approve"
        assert view.pending_interaction_id is None
        assert calls == ["before", "after"]
        assert await shop.trace() == ["first", "gate", "last"]


async def test_rejection_takes_the_failure_edge(tmp_path: Path) -> None:
    """row 12: the graph can read the reason"""
    flow = graph(
        node("gate", "approval_interaction", on_success="yes", on_failure="no", output="verdict"),
        node("yes", "output", prompt="yes", output="end"),
        node("no", "output", prompt="no: {responses.gate.reason}", output="end"),
    )
    async with workshop(tmp_path) as shop:
        await shop.start(flow)
        await shop.run()
        await shop.answer("reject", {"reason": "Budget exceeds allocated amount"})
        view = await shop.run()
        assert view.state["verdict"] == "reject"
        assert view.state["end"] == "no: Budget exceeds allocated amount"
        assert view.state["responses"]["gate"] == {"reason": "Budget exceeds allocated amount"}
        assert (view.status, view.outcome) == ("completed", "ok")


async def test_rejection_without_an_edge_never_goes_on(tmp_path: Path) -> None:
    flow = graph(
        node("gate", "approval_interaction", on_success="yes"), node("yes", "output", prompt="yes", output="end")
    )
    async with workshop(tmp_path) as shop:
        await shop.start(flow)
        await shop.run()
        await shop.answer("reject")
        view = await shop.run()
        assert (view.status, view.outcome) == ("completed", "rejected")
        assert "end" not in view.state


async def test_two_people_steps_in_series(tmp_path: Path) -> None:
    """row 153"""
    flow = graph(
        node("edit", "edit_interaction", inputs="draft", output="text", on_success="gate"),
        node("gate", "approval_interaction", prompt="Publish {text}?", output="verdict"),
    )
    async with workshop(tmp_path) as shop:
        await shop.start(flow, draft="a draft")
        view = await shop.run()
        assert view.pending[0].context["original_content"] == "a draft"
        await shop.answer("edit", {"edited": "better"})
        view = await shop.run()
        assert (view.status, view.pending[0].prompt) == ("paused", "Publish better?")
        await shop.answer("approve")
        assert (await shop.run()).status == "completed"


async def test_conversation_loop_and_its_end(tmp_path: Path) -> None:
    """row 31: each turn is a new request on one thread; the transcript has all turns in order"""
    flow = graph(
        node(
            "talk", "conversation_interaction", prompt="What about {topic}?", output="topic", on_success="talk",
            on_failure="end",
        ),
        node("end", "output", prompt="bye", output="final"),
    )  # fmt: skip
    async with workshop(tmp_path) as shop:
        await shop.start(flow, topic="tea")
        requests = set()
        for message in ("milk", "sugar", "cups"):
            requests.add((await shop.run()).pending[0].request_id)
            await shop.answer("respond", {"message": message})
        requests.add((await shop.run()).pending[0].request_id)
        await shop.answer("respond", {"end": True})
        view = await shop.run()
        assert (view.status, view.outcome, view.state["final"]) == ("completed", "ok", "bye")
        assert len(requests) == 4
        assert [(turn.speaker, turn.text) for turn in view.transcript] == [
            ("talk", "What about tea?"), ("ann", "milk"), ("talk", "What about milk?"), ("ann", "sugar"),
            ("talk", "What about sugar?"), ("ann", "cups"), ("talk", "What about cups?"),
            ("ann", "(ended the conversation)"),
        ]  # fmt: skip


async def test_a_conversation_that_nobody_answered_was_ended_by_nobody(tmp_path: Path) -> None:
    """row 31, row 73: also where the thread asks something else by then"""
    flow = graph(
        node("talk", "conversation_interaction", prompt="Tea?", context={"timeout_seconds": 60}, on_failure="check"),
        node("check", "approval_interaction", prompt="Water, then?"),
    )
    async with workshop(tmp_path) as shop:
        await shop.start(flow)
        await shop.run()
        shop.clock.advance(seconds=61)
        await shop.inbox.check_timeouts()
        view = await shop.run()
        assert [(turn.speaker, turn.text, turn.human, turn.asks) for turn in view.transcript] == [
            ("talk", "Tea?", False, True),
            ("system", "(nobody answered in time)", False, False),
        ]
        assert "system  (nobody answered in time)" in render_text.thread(view, now=shop.clock(), db=None)


async def test_failure_with_and_without_an_edge(tmp_path: Path) -> None:
    def boom(inputs: dict[str, Any]) -> Any:
        raise RuntimeError("no power")

    flow = graph(
        node("a", "boom", on_success="never", on_failure="b"),
        node("never", "output", prompt="never", output="never"),
        node("b", "soft", on_success="never", on_failure="c", output="soft"),
        node("c", "boom", on_success="never"),
    )
    async with workshop(tmp_path, boom=boom, soft=lambda inputs: Failure("too soft", output="half")) as shop:
        await shop.start(flow)
        view = await shop.run()
        assert view.status == "failed"
        assert view.error is not None
        assert (view.error.node, view.error.type, view.error.message) == ("c", "RuntimeError", "no power")
        assert view.state == {"soft": "half"}
        assert [step.status for step in await shop.history()] == ["failed", "failed", "failed"]


async def test_retry_runs_the_failed_node_again_and_keeps_its_answers(tmp_path: Path) -> None:
    broken = [True]

    class Flaky(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            answer = self.ask(self.request("approval", "try it?"))
            if broken[0]:
                raise OSError("disk on fire")
            return answer.action

    async with workshop(tmp_path, flaky=Flaky) as shop:
        await shop.start(graph(node("n", "flaky", output="done")))
        await shop.run()
        await shop.answer("approve")
        assert (await shop.run()).status == "failed"
        broken[0] = False
        await shop.inbox.retry("t1")
        view = await shop.run()
        assert (view.status, view.state["done"], view.error) == ("completed", "approve", None)
        assert [step.status for step in await shop.history()] == ["failed", "ok"]


async def test_state_that_is_not_json_names_the_field(tmp_path: Path) -> None:
    """row 165"""
    async with workshop(tmp_path, connect=lambda inputs: threading.Lock()) as shop:
        await shop.start(graph(node("n", "connect", output="database_connection")))
        view = await shop.run()
        assert view.status == "failed"
        assert view.error is not None
        assert "state.database_connection" in view.error.message


async def test_routing_by_value_and_condition(tmp_path: Path) -> None:
    flow = graph(
        node(
            "pick", "choice_interaction", context={"options": ["small", "large"]}, output="size", on_success="other",
            routes=(Route(to=("small",), value="small"), Route(to=("huge",), when="amount > 100")),
        ),
        *(node(name, "output", prompt=name, output="end") for name in ("small", "huge", "other")),
    )  # fmt: skip
    for number, (amount, choice, end) in enumerate([(500, 1, "small"), (500, 2, "huge"), (5, 2, "other")]):
        async with workshop(tmp_path) as shop:
            thread = await shop.start(flow, f"t{number}", amount=amount)
            await shop.run(thread)
            await shop.answer("choose", {"choice": choice}, thread)
            assert (await shop.run(thread)).state["end"] == end


async def test_an_error_between_the_nodes_shows_no_secret(tmp_path: Path) -> None:
    """A condition's error names the value, which came from a node that succeeded."""
    flow = graph(node("a", "connect", routes=(Route(to=("b",), when="float(output) > 1"),)), node("b", "echo"))
    async with workshop(tmp_path, connect=lambda inputs: "postgres://ann:hunter2@db/x") as shop:
        await shop.start(flow)
        error = (await shop.run()).error
        assert error is not None
        assert (error.node, error.type) == ("a", "ConditionError")
        assert "'postgres://ann:[redacted]@db/x'" in error.message


async def test_parallel_nodes_merge_and_conflicts_are_errors(tmp_path: Path) -> None:
    flow = graph(
        node("start", "echo", on_success=("a", "b")),
        node("a", "approval_interaction", output="a", on_success="join"),
        node("b", "output", prompt="b", output="b", on_success="join"),
        node("join", "output", prompt="{a} {b}", output="end"),
    )
    async with workshop(tmp_path) as shop:
        await shop.start(flow)
        view = await shop.run()
        assert (view.status, view.state) == ("paused", {})
        await shop.answer("approve")
        view = await shop.run()
        assert view.state["end"] == "approve b"
        assert await shop.trace() == ["start", "a", "b", "join"]
        clash = graph(
            node("start", "echo", on_success=("a", "b")),
            *(node(name, "output", prompt=name, output="same") for name in "ab"),
        )
        await shop.start(clash, "t2")
        view = await shop.run("t2")
        assert view.error is not None
        assert view.error.type == "WriteConflict"
        assert "'same'" in view.error.message


async def test_a_failure_beside_a_pause_is_told_and_runs_again_only_when_asked(tmp_path: Path) -> None:
    calls: list[str] = []

    def boom(inputs: dict[str, Any]) -> Any:
        calls.append("boom")
        raise RuntimeError("no power")

    flow = graph(
        node("start", "echo", on_success=("gate", "bad")),
        node("gate", "approval_interaction", output="verdict"),
        node("bad", "boom"),
    )
    async with workshop(tmp_path, boom=boom) as shop:
        await shop.start(flow)
        view = await shop.run()
        assert view.status == "failed"
        assert view.error is not None
        assert view.error.message == "no power"
        assert [item.node for item in view.pending] == ["gate"]
        await shop.answer("approve")
        assert (await shop.run()).status == "failed"
        assert calls == ["boom"]
        await shop.inbox.retry("t1")
        assert (await shop.run()).status == "failed"
        assert calls == ["boom", "boom"]


async def test_a_rejected_branch_marks_the_thread(tmp_path: Path) -> None:
    flow = graph(
        node("start", "echo", on_success=("gate", "b")),
        node("gate", "approval_interaction", on_success="never"),
        node("never", "output", prompt="never", output="never"),
        node("b", "echo", on_success="c"),
        node("c", "output", prompt="c", output="end"),
    )
    async with workshop(tmp_path) as shop:
        await shop.start(flow)
        await shop.run()
        await shop.answer("reject")
        view = await shop.run()
        assert (view.status, view.outcome, view.state["end"]) == ("completed", "rejected", "c")


async def test_an_answer_while_a_sibling_runs_is_not_lost(tmp_path: Path) -> None:
    """The thread is ready again as soon as the runner lets go of it."""
    async with workshop(tmp_path) as shop:

        async def slow(inputs: dict[str, Any]) -> str:
            await eventually(waits)
            await shop.answer("approve")
            return "slow"

        async def waits() -> bool:
            return bool((await shop.inbox.thread("t1")).pending)

        class Slow(BaseAgent):
            async def process(self, inputs: dict[str, Any]) -> Any:
                return await slow(inputs)

        shop.registry.add("slow", Slow)
        flow = graph(
            node("start", "echo", on_success=("gate", "b")),
            node("gate", "approval_interaction", output="verdict"),
            node("b", "slow", output="b"),
        )
        await shop.start(flow)
        assert (await shop.run()).status == "ready"
        view = await shop.run()
        assert (view.status, view.state["verdict"], view.state["b"]) == ("completed", "approve", "slow")


async def test_hostile_error_texts_are_listed(tmp_path: Path) -> None:
    class Unshowable(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def surrogate(inputs: dict[str, Any]) -> Any:
        raise ValueError("half a letter: \ud800 " + "x" * 100_000)

    def unshowable(inputs: dict[str, Any]) -> Any:
        raise Unshowable

    async with workshop(tmp_path, surrogate=surrogate, unshowable=unshowable) as shop:
        for name in ("surrogate", "unshowable"):
            await shop.start(graph(node("n", name)), name)
            assert (await shop.run(name)).status == "failed"
        items = (await shop.inbox.list()).items
        assert [len(item.error or "") < 5000 for item in items] == [True, True]


async def test_short_runs_count_as_work_though_none_runs_at_the_moment(tmp_path: Path) -> None:
    """What is done beside the work, the search index, asks now and then, and may always hit a moment between two."""
    async with workshop(tmp_path) as shop:
        runner = shop.runner()
        assert not runner._worked()
        await shop.start(graph(node("a", "echo")))
        await runner.drive("t1")
        assert [runner._worked(), runner._worked()] == [True, False]
