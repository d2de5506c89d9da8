"""Batches on the screen: the table, exceptions, one by one, and nothing decided without a line that says what."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.pilot import Pilot

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.model import batch
from hitl_tui.model.answer import check_answer
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.kinds import InteractionType
from hitl_tui.tui.batch_columns import common_words, draw, table_of
from hitl_tui.tui.batch_decisions import Decisions
from hitl_tui.tui.messages import LaterAsked, LeaveAnswer
from hitl_tui.tui.screens.inbox import InboxScreen
from hitl_tui.tui.widgets.batch_answer import BatchAnswer
from tests.tui.hostile import HOSTILE
from tests.tui.request_samples import Host, checked
from tests.tui.test_detail import paints, screen_text, shown
from tests.tui.threads import ask, on_screen, opened, selected
from tests.waiting import eventually

INVOICES = [
    {"invoice": f"R-{n:03}", "amount": n * 10, "currency": "USD" if n == 2 else "EUR", "account": "4711"}
    for n in range(1, 6)
]


def test_what_is_equal_stands_once_and_what_differs_in_columns() -> None:
    """row 93: the odd one out is marked; numbers stand to the right"""
    table = table_of(INVOICES)
    assert table.names == ("invoice", "amount", "currency")
    assert common_words(table, 5) == "all 5: account 4711"
    assert [[cell.text for cell in row if cell.odd] for row in table.rows] == [[], ["USD"], [], [], []]
    drawn = draw(table, 60)
    assert drawn.heading == "invoice  amount  currency"
    assert drawn.rows[1] == ("R-002        20  USD", ((17, 25),))
    assert table_of([{"a": 1}]).names == ("a",)
    assert table_of([]).names == ()


def test_items_that_are_no_mappings() -> None:
    table = table_of(["one", 2, None, {"item": "x", "more": [1]}, {}])
    assert table.names == ("item", "more")
    assert [row[0].text for row in table.rows] == ["one", "2", "—", "x", "{}"]


def test_columns_without_room_are_counted() -> None:
    """row 97: nothing is hidden without a sign"""
    table = table_of([{f"column {n}": n * row for n in range(30)} for row in range(1, 3)])
    drawn = draw(table, 60)
    assert drawn.heading.endswith(" more")
    assert "…" in draw(table_of([{"a": "x" * 90}, {"a": "y"}]), 40).rows[0][0]


JSON = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)


@settings(max_examples=25)
@given(st.lists(JSON | st.dictionaries(st.text(max_size=4), JSON, max_size=12), max_size=6), st.integers(8, 90))
def test_no_row_is_wider_than_the_table(items: list[Any], width: int) -> None:
    drawn = draw(table_of(items), width)
    assert len(drawn.rows) == len(items)
    assert all(cell_len(text) <= width and "\n" not in text for text, _ in drawn.rows)


def as_approval(items: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "prompt": "Pay these invoices of March?",
        "context": {"month": "March", "items": INVOICES if items is None else items},
        "schema": {"batch": True},
        **changes,
    }


def as_choice(items: list[Any] | None = None) -> dict[str, Any]:
    return {
        "prompt": "Please review batch 1 of 2:",
        "context": {"batch_number": 1, "batch_items": INVOICES if items is None else items, "items_count": 5},
        "options": list(batch.OPTIONS),
    }


def given_answers(app: Host) -> list[tuple[str, list[str] | None, dict[str, Any]]]:
    """What was submitted: the action, the decisions by item that the model makes of it, and the rest of the data."""
    return [
        (
            each.action,
            [one["decision"][0] for one in stored["decisions"]],
            {key: value for key, value in stored.items() if key != "decisions"},
        )
        for each, stored in checked(app)
    ]


def answer(app: Host) -> BatchAnswer:
    assert isinstance(app.pane.answer, BatchAnswer)
    return app.pane.answer


async def typed(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*text)


async def test_a_batch_is_approved_after_a_line_that_counts() -> None:
    """row 93"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **as_approval())
        text = screen_text(app)
        for words in ("5 items, in the table below", "all 5: account 4711", "R-001", "· 5", "[a] Approve all"):
            assert words in text
        await pilot.press("a")
        await paints(app, "Approve all 5 items? enter approves")
        await pilot.press("escape")
        await paints(app, "[a] Approve")
        assert app.posted == []
        await pilot.press("a", "enter")
        await eventually(lambda: bool(app.answers))
        assert given_answers(app) == [("approve", ["a"] * 5, {})]


async def test_exceptions_are_named_and_reasoned() -> None:
    """row 93: tick to except"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **as_approval(require_reason=True))
        await pilot.press("j", "space", "G", "space", "k", "space", "space", "a")
        await paints(app, "Approve 3 items, reject 2 (items 2, 5). Reason (required):")
        await eventually(lambda: answer(app).field.has_focus)
        await pilot.press("enter")
        await paints(app, "needs a reason")
        assert app.answers == []
        await typed(pilot, "paid")
        await pilot.press("enter")
        await eventually(lambda: bool(app.answers))
        assert given_answers(app) == [("approve", list("araar"), {"reason": "paid"})]


async def test_rejecting_is_of_them_all() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **as_approval())
        await pilot.press("r")
        await paints(app, "Reject all 5 items. Reason (optional):")
        await eventually(lambda: answer(app).field.has_focus)
        await pilot.press("n", "o", "ctrl+s")
        await eventually(lambda: bool(app.answers))
        assert given_answers(app) == [("reject", ["r"] * 5, {"reason": "no"})]


async def test_row_92_items_are_reviewed_one_by_one() -> None:
    """row 92: each is shown whole, a and r go on to the next, the last one leads back to the table"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "choice", **as_choice())
        for option in batch.OPTIONS:
            assert option in screen_text(app)
        await pilot.press("2")
        await paints(app, "item 1 of 5: no decision yet")
        await paints(app, "account    4711")
        await pilot.press("a")
        await paints(app, "item 2 of 5")
        await pilot.press("r")
        await paints(app, "Reject item 2 of 5. Reason (optional):")
        await eventually(lambda: answer(app).field.has_focus)
        await typed(pilot, "dup")
        await pilot.press("enter")
        await paints(app, "item 3 of 5")
        await pilot.press("n")
        await paints(app, "item 4 of 5")
        await pilot.press("p", "a", "a", "escape", "ctrl+s")
        await paints(app, "1 of 5 items have no decision yet")
        await pilot.press("2", "a")
        await paints(app, "Every item is decided: 4 approved, 1 rejected.")
        assert app.answers == []
        await pilot.press("ctrl+s")
        await eventually(lambda: bool(app.answers))
        assert given_answers(app) == [("choose", list("araaa"), {"choice": 2})]
        (given,) = app.answers
        assert given.data is not None and given.data["decisions"][1] == {"decision": "reject", "reason": "dup"}


async def test_row_92_the_other_options() -> None:
    """row 92: pausing is no answer: the screen puts the request aside"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "choice", **as_choice())
        asked: list[LaterAsked] = []
        app.screen.post_message = _watching(app.screen.post_message, asked)  # type: ignore[method-assign]
        await pilot.press("4")
        await eventually(lambda: bool(asked))
        await pilot.press("3")
        await paints(app, "Reject all 5 items.")
        await pilot.press("escape", "space", "1")
        await paints(app, "Approve 4 items, reject 1 (item 1)")
        assert app.answers == []
        await eventually(lambda: answer(app).field.has_focus)
        await pilot.press("enter")
        await eventually(lambda: bool(app.answers))
        assert given_answers(app) == [("choose", list("raaaa"), {"choice": 1})]


def _watching(post: Any, asked: list[LaterAsked]) -> Any:
    def watch(message: Any) -> Any:
        if isinstance(message, LaterAsked):
            asked.append(message)
        return post(message)

    return watch


BATCH = """
graph: Pay
nodes:
  ask:
    agent: choice_interaction
    prompt: "Please review batch 1 of 1:"
    options: [Approve all items in batch, Review items individually, Reject entire batch, Pause for later review]
    inputs: [batch_items]
    timeout: never
    next: done
  done: {agent: output, prompt: done, output: result}
"""


async def read_batch(pilot: Pilot[None], screen: InboxScreen, inbox: Inbox, folder: Path) -> None:
    """The batch of the thread `pay` is opened to be answered."""
    path = folder / "batch.yaml"
    path.write_text(BATCH, encoding="utf-8")
    await inbox.start(path, inputs={"batch_items": INVOICES}, thread_id="pay")
    await inbox.settled("pay", 20)
    await eventually(lambda: isinstance(screen.detail.answer, BatchAnswer))
    await pilot.press("enter")
    await eventually(lambda: isinstance(screen.detail.answer, BatchAnswer) and screen.detail.answer.field.has_focus)


async def test_row_92_pausing_keeps_the_batch_pending(tmp_path: Path) -> None:
    """row 92, on the real inbox: it is put aside, and nothing is decided"""
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await read_batch(pilot, screen, inbox, tmp_path)
        await pilot.press("4")
        await eventually(on_screen(pilot, "aside until"))
        await pilot.press("enter")
        await eventually(lambda: inbox_has(inbox, 0))
        (pending,) = (await inbox.thread("pay")).pending
        assert pending.status == "pending"
        assert pending.snoozed_until is not None
        assert not any(step.decision for step in await inbox.history("pay"))


async def test_pausing_a_batch_that_has_left_the_list_puts_nothing_else_aside(tmp_path: Path) -> None:
    """row 92: somebody answered it while it was read, and another item is under the cursor"""
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await read_batch(pilot, screen, inbox, tmp_path)
        await ask(inbox, tmp_path, "other")
        await inbox.decide("pay", "choose", {"choice": 1})
        await eventually(lambda: selected(screen) == "other")
        await pilot.press("4")
        await eventually(lambda: screen.footer.notice.startswith("not put aside: "))
        assert pilot.app.screen is screen


async def test_a_batch_that_somebody_answers_stays_in_hand_before_the_list_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """row 92: else the next item would take its place under the reviewer's hands"""
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await read_batch(pilot, screen, inbox, tmp_path)
        reload = screen.inbox_list.reload
        monkeypatch.setattr(screen.inbox_list, "reload", AsyncMock())
        await inbox.decide("pay", "choose", {"choice": 1})
        await eventually(on_screen(pilot, "No longer open: choose by ann"))
        monkeypatch.setattr(screen.inbox_list, "reload", reload)
        await ask(inbox, tmp_path, "other")
        await eventually(lambda: selected(screen) == "other")
        await pilot.press("4")
        await eventually(lambda: screen.footer.notice.startswith("not put aside: "))


async def test_leaving_an_opened_item_fast_leaves_the_batch(tmp_path: Path) -> None:
    """row 92: the focus does not come back with a refresh that is later than the next key"""
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await read_batch(pilot, screen, inbox, tmp_path)
        answer = screen.query_one(BatchAnswer)
        answer.action_option(2)
        answer.close_reason()
        screen._back_to_list()
        await pilot.pause()
        assert screen.focused is screen.inbox_list


async def inbox_has(inbox: Any, count: int) -> bool:
    return (await inbox.list(Filter(shelf="waiting"))).total == count


async def test_what_was_said_about_items_is_kept() -> None:
    """Esc goes back one step at a time, and a draft is JSON."""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **as_approval())
        await pilot.press("j", "space", "enter")
        await paints(app, "item 2 of 5: ✗ rejected")
        await pilot.press("escape")
        assert app.posted == []
        await pilot.press("escape")
        assert isinstance(app.posted[-1], LeaveAnswer)
        draft = answer(app).draft()
        assert json.loads(json.dumps(draft)) == draft == {"words": {"1": "reject"}, "reasons": {}, "cursor": 1}
        asked = app.pane.request
        assert asked is not None
        answer(app).load(asked, json.loads(json.dumps(draft)))
        assert answer(app).decided == {1: "reject"}
        assert answer(app).table.cursor == 1


async def test_hostile_items_are_shown_and_harmless() -> None:
    items = [{HOSTILE: HOSTILE, "b": "x" * 1_000_000}, {HOSTILE: n_lines, "b": 1}, HOSTILE, None]
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **as_approval(items))
        await pilot.press("enter")
        await paints(app, "item 1 of 4")
        text = screen_text(app)
        assert not any(sign in text for sign in ("\x1b", "\u202e", "\x9b", "\ud800"))
        assert "[/x]" in text


n_lines = "one\ntwo\r\nthree"


async def test_five_hundred_items_are_fluent() -> None:
    """A key costs what is on the screen, not what is in the batch."""
    items = [{"invoice": f"R-{n}", "amount": n, "vendor": f"v{n % 7}", "currency": "EUR"} for n in range(500)]
    async with Host().run_test(size=(120, 40), notifications=True) as pilot:
        before = time.process_time()
        app = await shown(pilot, "approval", **as_approval(items))
        assert time.process_time() - before < 1.5
        before = time.process_time()
        await pilot.press(*["j", "space"] * 10, "G", "space")
        assert (time.process_time() - before) / 22 < 0.05
        await paints(app, "✗ 500")
        await pilot.press("a")
        await paints(app, "Approve 489 items, reject 11 (items 2, 3, 4, 5, 6, 7, 8, 9 …)")


WORDS = st.dictionaries(st.integers(0, 4), st.sampled_from(["approve", "reject"]))


@settings(max_examples=25)
@given(WORDS, st.sampled_from(["approval", "choice"]), st.sampled_from(["approve", "reject"]), st.booleans())
def test_whatever_is_said_the_answer_fits(words: dict[int, str], kind: str, word: str, strict: bool) -> None:
    """row 93: each item gets what was said about it, and the rest what is said about the batch"""
    made = HumanInteractionRequest(
        thread_id="t",
        node_name="n",
        interaction_type=InteractionType(kind),
        prompt="Pay?",
        context={"items": INVOICES},
        options=list(batch.OPTIONS) if kind == "choice" else [],
        response_schema={"batch": True} if kind == "approval" else None,
        require_reason=strict,
    )
    said = Decisions(5)
    for row, each in words.items():
        said.decide(row, each, "why" if each == "reject" else "")
    assert Decisions.from_draft(5, json.loads(json.dumps(said.draft() or {}))) == said
    if word == "approve" and len(said.rejected) == 5:
        return
    action, data = said.answer(kind, word, "no")
    stored = check_answer(made, action, data)
    expected = ["reject" if word == "reject" else words.get(row, word) for row in range(5)]
    assert [one["decision"] for one in stored["decisions"]] == expected
    if not said.left:
        stored = check_answer(made, *said.one_by_one(kind))
        assert [one["decision"] for one in stored["decisions"]] == [words[row] for row in range(5)]
    else:
        assert said.next_open(0) not in words


async def test_submitting_asks_for_a_reason_that_is_missing() -> None:
    """row 14: an item that was left out by space has none yet"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **as_approval(INVOICES[:2], require_reason=True))
        await pilot.press("space", "enter", "n", "a")
        await paints(app, "Every item is decided: 1 approved, 1 rejected.")
        await pilot.press("ctrl+s")
        await paints(app, "Approve 1 item, reject 1 (item 1). Reason (required):")
        await eventually(lambda: answer(app).field.has_focus)
        await pilot.press("x", "enter")
        await eventually(lambda: bool(app.answers))
        assert given_answers(app) == [("approve", ["r", "a"], {"reason": "x"})]
