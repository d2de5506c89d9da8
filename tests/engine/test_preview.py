"""The consequence preview: what is shown before a decision is what then really runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hitl_tui import locations
from hitl_tui.agents import BaseAgent, Failure
from hitl_tui.agents.loading import load_reference
from hitl_tui.errors import RequestNotFound
from hitl_tui.graphs.conditions import holds
from hitl_tui.graphs.loading import load_graph
from hitl_tui.graphs.unknown import UNKNOWN, NotKnown
from hitl_tui.inbox.views import StepView, ThreadView
from hitl_tui.model.consequence import Consequence, Way
from hitl_tui.model.graph import Graph, Node, Route
from tests.engine.workshop import Workshop, graph, node, workshop

_FOUND = locations.sample_graphs()
assert _FOUND is not None
SAMPLES = _FOUND
OWN_QUESTIONS = {
    *("batch_review.yaml", "risk_check.yaml", "tool_approval.yaml"),
    *("banking_plan.yaml", "banking_tools.yaml", "llm_conversation.yaml"),
}
"""Their own agents ask, or a model says what happens, which nobody knows before they run."""
FILES = sorted({path.name for path in SAMPLES.iterdir() if path.suffix in (".csv", ".yaml")} - OWN_QUESTIONS)
GIVEN = {
    "user_request": "three chairs",
    "consultation_topic": "queues",
    "content_request": "an outage",
    "problem_description": "slow pages",
    "project_brief": "a new shop",
    "service": "pay",
    "version": "2.1.0",
    "incident": "disk full",
}
DATA: dict[str, dict[str, Any]] = {
    "reject": {"reason": "no"},
    "edit": {"edited": "better"},
    "respond": {"text": "words", "message": "words"},
}


def answer_of(each: Consequence) -> dict[str, Any]:
    """Data that gives this answer."""
    if each.option is not None:
        return {"choice": each.option}
    return {"end": True} if each.label == "End" else dict(DATA.get(each.action, {}))


def course(steps: Sequence[StepView], already: int) -> tuple[list[set[str]], set[str]]:
    """What ran superstep by superstep after the first `already` steps, and what asks at the end."""
    ran: dict[int, set[str]] = {}
    for step in steps[already:]:
        if step.status != "paused" and not step.retried:
            ran.setdefault(step.superstep, set()).add(step.node)
    return [ran[number] for number in sorted(ran)], {step.node for step in steps if step.status == "paused"}


def admits(ways: Sequence[Way], ran: Sequence[set[str]], asks: set[str], view: ThreadView) -> bool:
    """Whether one of the ways is this course; at a loop it goes on wherever a way has that superstep.

    A node that breaks off ends a way wherever it stands.
    """
    places = {(way, 0) for way in ways}
    for number, step in enumerate(ran):
        breaks = view.status == "failed" and number == len(ran) - 1
        places = {
            (way, at + 1)
            for way, at in _looped(ways, places)
            if at < len(way.steps) and (step == set(way.steps[at]) or (breaks and step <= set(way.steps[at])))
        }
    ends = [way for way, at in places if at == len(way.steps)]
    if view.status == "failed":
        return bool(places)
    if asks:
        return any(way.ending == "asks" and set(way.at) == asks for way in ends)
    return any(way.ending == "end" and (way.outcome or "ok") == view.outcome for way in ends)


def _looped(ways: Sequence[Way], places: set[tuple[Way, int]]) -> Iterator[tuple[Way, int]]:
    for way, at in places:
        yield way, at
        if at == len(way.steps) and way.ending == "loop":
            yield from ((w, i) for w in ways for i, step in enumerate(w.steps) if set(step) == set(way.at))


async def follow(shop: Workshop, flow: Graph, answers: list[tuple[str, dict[str, Any]]], name: str) -> ThreadView:
    """A fresh thread, with these answers given."""
    await shop.start(flow, name, **{key: GIVEN[key] for key in flow.input_keys if key in GIVEN})
    view = await shop.run(name)
    for action, data in answers:
        await shop.answer(action, data, name)
        view = await shop.run(name)
    return view


async def check_all(shop: Workshop, flow: Graph, deepest: int) -> int:
    """Compare every allowed answer's ways with what really runs, `deepest` decisions deep; returns how many."""
    count = 0
    waiting: list[list[tuple[str, dict[str, Any]]]] = [[]]
    while waiting:
        answers = waiting.pop()
        name = f"t{count}-{len(waiting)}"
        view = await follow(shop, flow, answers, name)
        if not view.pending:
            continue
        for each in await shop.inbox.preview(name, view.pending[0].request_id):
            chosen = [*answers, (each.action, answer_of(each))]
            twin = f"{name}-{count}"
            await follow(shop, flow, answers, twin)
            already = len(await shop.history(twin))
            await shop.answer(*chosen[-1], twin)
            after = await shop.run(twin)
            ran, asks = course(await shop.history(twin), already)
            assert admits(each.ways, ran, asks, after), (flow.name, chosen, each, ran, asks)
            decides = {name for way in each.ways for step in way.steps for name in step}
            is_static = not any(flow.nodes[name].routes or flow.nodes[name].on_failure for name in decides)
            assert each.whole
            assert not is_static or len(each.ways) == 1, each
            count += 1
            if len(chosen) < deepest:
                waiting.append(chosen)
    return count


@pytest.mark.parametrize("file", FILES)
async def test_every_answer_to_every_sample_does_what_was_shown(file: str, tmp_path: Path) -> None:
    """The recorded trace is among the ways, and is the only one where routing is static."""
    registry = load_reference(str(SAMPLES / "agents.py"))
    agents: dict[str, Any] = {name: registry.find(name) for name in registry.names}
    async with workshop(tmp_path, **agents) as shop:
        flow = load_graph(SAMPLES / file, None, [*shop.registry.names])
        assert await check_all(shop, flow, 3) >= 1


def work(inputs: dict[str, Any]) -> str:
    """An agent of the user's."""
    return "done"


async def ways_of(shop: Workshop, *nodes: Node, **state: Any) -> dict[str, Consequence]:
    """The consequences of the first open request of a new thread, by their labels."""
    await shop.start(graph(*nodes), **state)
    view = await shop.run()
    return {each.label: each for each in await shop.inbox.preview("t1", view.pending[0].request_id)}


def gate(**fields: Any) -> Node:
    """An approval."""
    return node("gate", "approval_interaction", **fields)


async def test_a_chain_is_shown_to_the_end(tmp_path: Path) -> None:
    async with workshop(tmp_path, work=work) as shop:
        found = await ways_of(
            shop,
            gate(on_success="migrate", on_failure="note"),
            node("migrate", "work", on_success="release", context={"risk": "destructive"}),
            node("release", "work"),
            node("note", "output"),
        )
        assert found["Approve"].ways == (Way((("migrate",), ("release",)), "end", risks=(("migrate", "destructive"),)),)
        assert found["Reject"].ways == (Way((("note",),), "end"),)


async def test_a_rejection_without_an_edge_ends_the_thread(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        found = await ways_of(shop, gate())
        assert found["Reject"].ways == (Way((), "end", outcome="rejected"),)


async def test_a_condition_on_what_is_known_is_decided_and_on_what_is_not_shows_both(tmp_path: Path) -> None:
    routes = (Route(to=("big",), when="amount > 100"), Route(to=("odd",), when="checked == 'odd'"))
    nodes = (
        gate(on_success="check"),
        node("check", "work", output="checked", routes=routes, on_success="small"),
        *(node(name, "output") for name in ("big", "odd", "small")),
    )
    async with workshop(tmp_path, work=work) as shop:
        found = await ways_of(shop, *nodes, amount=500)
        assert [way.steps for way in found["Approve"].ways] == [(("check",), ("big",))]
    (tmp_path / "other").mkdir()
    async with workshop(tmp_path / "other", work=work) as shop:
        found = await ways_of(shop, *nodes, amount=5)
        assert [(way.steps, way.when) for way in found["Approve"].ways] == [
            ((("check",), ("odd",)), ("checked == 'odd'",)),
            ((("check",), ("small",)), ("otherwise",)),
        ]


async def test_failure_edges_of_code_that_may_fail_are_other_ways(tmp_path: Path) -> None:
    async with workshop(tmp_path, work=work) as shop:
        nodes = [node("charge", "work", on_success="sent", on_failure="undo"), node("sent"), node("undo")]
        found = await ways_of(shop, gate(on_success="charge"), *nodes)
        assert [(way.steps, way.when) for way in found["Approve"].ways] == [
            ((("charge",), ("sent",)), ()),
            ((("charge",), ("undo",)), ("charge fails",)),
        ]


async def test_a_loop_is_shown_once(tmp_path: Path) -> None:
    async with workshop(tmp_path, work=work) as shop:
        found = await ways_of(
            shop,
            gate(on_success="draft"),
            node("draft", "work", on_success="check"),
            node("check", "work", output="good", routes=(Route(to=("done",), when="good"),), on_success="draft"),
            node("done", "output"),
        )
        assert {(way.steps, way.ending, way.at) for way in found["Approve"].ways} == {
            ((("draft",), ("check",), ("done",)), "end", ()),
            ((("draft",), ("check",)), "loop", ("draft",)),
        }


async def test_what_a_loop_unsettles_is_not_taken_for_known(tmp_path: Path) -> None:
    """The first turn is certain, the second is not: the way that only the second can take is shown too."""
    async with workshop(tmp_path, work=work) as shop:
        routes = (Route(to=("change",), when="first"),)
        found = await ways_of(
            shop,
            gate(on_success="turn"),
            node("turn", "output", routes=routes, on_success="done"),
            node("change", "work", output="first", on_success="turn"),
            node("done", "output"),
            first=True,
        )
        steps = {way.steps for way in found["Approve"].ways}
        assert (("turn",), ("done",)) in steps and (("turn",), ("change",)) in steps


async def test_parallel_branches_meet_again(tmp_path: Path) -> None:
    async with workshop(tmp_path, work=work) as shop:
        found = await ways_of(
            shop,
            gate(on_success=("build", "scan")),
            node("build", "work", on_success="ship"),
            node("scan", "work", on_success="ship"),
            node("ship", "approval_interaction", context={"risk": "production deployment"}),
        )
        assert found["Approve"].ways == (
            Way((("build", "scan"),), "asks", ("ship",), risks=(("ship", "production deployment"),)),
        )


async def test_pending_siblings_are_waited_for_and_their_answers_are_other_ways(tmp_path: Path) -> None:
    async with workshop(tmp_path, work=work) as shop:
        found = await ways_of(
            shop,
            node("start", "output", on_success=("finance", "legal")),
            node("finance", "approval_interaction", on_success="pay"),
            node("legal", "approval_interaction", on_success="pay", on_failure="talk"),
            node("pay", "work"),
            node("talk", "work"),
        )
        approve = found["Approve"]
        assert approve.waits_for == ("legal",)
        assert [(way.steps, way.when) for way in approve.ways] == [
            ((("pay",),), ("legal: Approve",)),
            ((("pay", "talk"),), ("legal: Reject",)),
        ]
        view = await shop.inbox.thread("t1")
        await shop.answer("approve", request_id=view.pending[0].request_id)
        assert await shop.trace() == ["start", "finance", "legal"], "it waits, as was shown"
        (rest,) = (await shop.run()).pending
        await shop.answer("reject", DATA["reject"], request_id=rest.request_id)
        assert (await shop.run()).status == "completed"
        assert set((await shop.trace())[3:]) == {"pay", "talk"}


async def test_each_option_of_a_choice_shows_its_branch(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        routes = (Route(to=("a",), value="one"), Route(to=("b",), value="two"))
        found = await ways_of(
            shop,
            node("pick", "choice_interaction", context={"options": ["one", "two", "three"]}, routes=routes),
            node("a"),
            node("b"),
        )
        assert [(each.option, each.ways[0].steps) for each in found.values()] == [
            (1, (("a",),)),
            (2, (("b",),)),
            (3, ()),
        ]


async def test_code_of_the_users_that_asked_runs_again_and_may_do_as_it_likes(tmp_path: Path) -> None:
    class Asks(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            answer = self.ask(self.request("approval", "Go?"))
            return Failure("no", kind="rejected") if answer.action == "reject" else "yes"

    async with workshop(tmp_path, asks=Asks) as shop:
        found = await ways_of(
            shop, node("tool", "asks", on_success="next", on_failure="undo"), node("next"), node("undo")
        )
        assert [way.steps for way in found["Reject"].ways] == [(("tool",), ("undo",)), (("tool",), ("next",))]
        assert [way.steps for way in found["Approve"].ways] == [(("tool",), ("next",)), (("tool",), ("undo",))]


async def test_a_request_that_is_not_open_has_no_consequences(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await ways_of(shop, gate())
        (pending,) = (await shop.inbox.thread("t1")).pending
        await shop.answer("approve")
        await shop.run()
        with pytest.raises(RequestNotFound):
            await shop.inbox.preview("t1", pending.request_id)


async def test_the_preview_writes_nothing(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await ways_of(shop, gate(on_success="next"), node("next"))
        before = await shop.inbox.thread("t1"), await shop.history(), await shop.inbox.audit("t1")
        await shop.inbox.preview("t1", before[0].pending[0].request_id)
        assert before == (await shop.inbox.thread("t1"), await shop.history(), await shop.inbox.audit("t1"))


@pytest.mark.parametrize(
    "condition",
    [
        "later > 1",
        "later * 2 > 1",
        "later.x",
        "len(later) > 1",
        "is_set('later')",
        "is_set('later.x')",
        "1 in later",
        "not later",
    ],
)
def test_a_condition_on_an_unknown_value_says_so(condition: str) -> None:
    names = {"later": UNKNOWN, "now": 1}
    with pytest.raises(NotKnown):
        holds(condition, names)
    assert holds(f"now == 1 or {condition}", names)
    assert not holds(f"now == 2 and {condition}", names)
    with pytest.raises(NotKnown):
        holds("box.other == 1", {"box": {"other": 1, "inner": [UNKNOWN]}})
