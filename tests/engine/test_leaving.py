"""An included graph with parallel branches is left once, and by one way; the consequence preview says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.engine import progress, replay
from hitl_tui.graphs.loading import load_graph
from hitl_tui.store.checkpoints import recorded
from hitl_tui.store.threads import graph_of
from tests.engine.test_preview import admits, course
from tests.engine.workshop import workshop

OUTER = """
graphs:
  Outer:
    nodes:
      clear: {agent: graph, context: {graph: Inner}, next: pay%s}
      pay: {agent: output, prompt: "paid"}
      refused: {agent: output, prompt: "refused"}
"""
EDGE = ", on_failure: refused"
UNEVEN = """
  Inner:
    nodes:
      begin: {agent: echo, next: [notify, limits]}
      notify: {agent: output, prompt: "being checked"}
      limits: {agent: output, prompt: "fine", next: gate}
      gate: {agent: approval_interaction}
"""
TWO_PEOPLE = """
  Inner:
    nodes:
      begin: {agent: echo, next: [anna, ben]}
      anna: {agent: approval_interaction}
      ben: {agent: approval_interaction}
"""
HANDLED = TWO_PEOPLE.replace("ben: {", "ben: {on_failure: end, ")
FAILS_EARLY = """
  Inner:
    nodes:
      begin: {agent: approval_interaction, next: [bad, slow]}
      bad: {agent: failure, prompt: "no"}
      slow: {agent: echo, next: slower}
      slower: {agent: echo}
"""
CHAT = """
  Inner:
    nodes:
      begin: {agent: echo, next: [chat, slow]}
      chat: {agent: conversation_interaction}
      slow: {agent: echo, next: slower}
      slower: {agent: echo}
"""
NESTED = """
  Inner:
    nodes:
      begin: {agent: echo, next: [deep, aside]}
      deep: {agent: graph, context: {graph: Deep}, next: after, on_failure: mend}
      aside: {agent: echo}
      after: {agent: echo}
      mend: {agent: echo}
  Deep:
    nodes:
      begin: {agent: echo, next: [anna, ben]}
      anna: {agent: approval_interaction}
      ben: {agent: approval_interaction}
"""

ENTERED_TWICE = """
graphs:
  Outer:
    nodes:
      begin: {agent: echo, next: [short, long]}
      short: {agent: echo, next: deep}
      long: {agent: echo, next: longer}
      longer: {agent: echo, next: longest}
      longest: {agent: echo, next: deep}
      deep: {agent: graph, context: {graph: Deep}}
  Deep:
    nodes:
      first: {agent: text_input_interaction, prompt: "What?", output: first, next: second}
      second: {agent: text_input_interaction, prompt: "And?", output: second}
"""


@pytest.mark.parametrize(
    ("inner", "edge", "decisions", "after", "outcome"),
    [
        (UNEVEN, EDGE, ("approve",), ["clear/exit", "pay"], "ok"),
        (UNEVEN, EDGE, ("reject",), ["refused"], "ok"),
        (UNEVEN, "", ("reject",), [], "rejected"),
        (TWO_PEOPLE, EDGE, ("approve", "approve"), ["clear/exit", "pay"], "ok"),
        (TWO_PEOPLE, EDGE, ("approve", "reject"), ["refused"], "ok"),
        (TWO_PEOPLE, "", ("approve", "reject"), [], "rejected"),
        (HANDLED, EDGE, ("approve", "reject"), ["clear/exit", "pay"], "ok"),
        (FAILS_EARLY, EDGE, ("approve",), ["clear/bad", "clear/slow", "refused"], "ok"),
        (CHAT, "", ("respond",), ["clear/slower", "clear/exit", "pay"], "ok"),
        (CHAT, EDGE, ("respond",), ["refused"], "ok"),
        (NESTED, EDGE, ("approve", "approve"), ["clear/deep/exit", "clear/after", "clear/exit", "pay"], "ok"),
        (NESTED, EDGE, ("approve", "reject"), ["clear/mend", "clear/exit", "pay"], "ok"),
    ],
)
async def test_it_is_left_once(
    inner: str, edge: str, decisions: tuple[str, ...], after: list[str], outcome: str, tmp_path: Path
) -> None:
    """row 4, row 8: a rejection never takes the success edge, and nothing is paid before the last gate, or twice"""
    (tmp_path / "flow.yaml").write_text(OUTER % edge + inner)
    async with workshop(tmp_path) as shop:
        await shop.start(load_graph(tmp_path / "flow.yaml", "Outer", None))
        view = await shop.run()
        for number, (request, action) in enumerate(zip(list(view.pending), decisions, strict=True), 1):
            preview = await shop.inbox.preview("t1", request.request_id)
            await shop.answer(action, {"end": True} if action == "respond" else None, request_id=request.request_id)
            view = await shop.run()
            if number == len(decisions):
                ran, asks = course(await shop.history(), 0)
                gates = {step.node for step in await shop.history() if step.decision is not None}
                first = next(index for index, step in enumerate(ran) if gates <= step)
                ways = [way for each in preview if each.action == action for way in each.ways]
                assert admits(ways, ran[first + 1 :], asks, view), (ran, ways)
                assert [name for step in ran[first + 1 :] for name in sorted(step)] == after
        assert (view.status, view.outcome) == ("completed", outcome)


async def test_it_is_not_entered_before_it_is_left(tmp_path: Path) -> None:
    """The state of the first entry, with its answer, is not lost: the thread fails in words, as the preview says."""
    (tmp_path / "flow.yaml").write_text(ENTERED_TWICE)
    async with workshop(tmp_path) as shop:
        await shop.start(load_graph(tmp_path / "flow.yaml", "Outer", None))
        view = await shop.run()
        preview = await shop.inbox.preview("t1", view.pending[0].request_id)
        await shop.answer("respond", {"text": "one"})
        view = await shop.run()
        assert view.status == "failed" and view.error is not None
        assert (view.error.node, view.error.type) == ("deep", "EnteredAgain")
        assert "comes to 'deep' while the graph that it includes still runs, at 'deep/second'" in view.error.message
        ways = [way for each in preview if each.action == "respond" for way in each.ways]
        assert admits(ways, [], set(), view), ways


async def test_a_thread_that_went_another_way_is_told_as_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older version left an included graph by each of its branches; history and forks follow what ran."""
    (tmp_path / "flow.yaml").write_text(OUTER % EDGE + UNEVEN)
    async with workshop(tmp_path) as shop:
        with monkeypatch.context() as older:
            older.setattr(progress, "left_once", lambda nodes, ran, targets: tuple(dict.fromkeys(targets)))
            await shop.start(load_graph(tmp_path / "flow.yaml", "Outer", None))
            await shop.run()
            await shop.answer("approve")
            view = await shop.run()
        assert (await shop.trace()).count("pay") == 2
        found = await shop.database.read(lambda connection: recorded(connection, "t1"))
        flow = await graph_of(shop.database, found.thread.graph)
        *_, last = replay.checkpoints(flow, found)
        assert (last.state, last.visits["pay"]) == (view.state, 2)
