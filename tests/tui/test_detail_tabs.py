"""The tabs of the request side, in the real app: what they show, when it is read, and whose keys stay whose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import PendingView
from hitl_tui.model.consequence import Consequence, Way
from hitl_tui.safe_text import visible
from hitl_tui.tui.consequence_words import way_lines
from hitl_tui.tui.diffing import diff
from hitl_tui.tui.screens.inbox import InboxScreen
from hitl_tui.tui.widgets.detail_tabs import AUDIT, DIFF, GRAPH, HISTORY, REQUEST, STATE, DetailTabs
from hitl_tui.tui.widgets.edit_answer import EditAnswer
from hitl_tui.tui.widgets.graph_view import GraphView
from hitl_tui.tui.widgets.json_tree import JsonTree
from hitl_tui.tui.widgets.lines import LinesView
from hitl_tui.tui.widgets.prompt_view import prompt_lines
from hitl_tui.tui.widgets.side_by_side import SideBySide, _pairs
from tests.tui.request_samples import Host, request, steps, thread
from tests.tui.test_detail import host
from tests.tui.threads import ask, opened
from tests.waiting import eventually

HOSTILE = "\x1b[2J \x9b \u202e [/x] [@click=app.quit]go[/]"
FLOW = """
graph: Release
nodes:
  prepare: {agent: echo, inputs: service, output: copied, next: gate}
  gate:
    agent: approval_interaction
    prompt: Release it?
    context: {steps: [a, b]}
    next: migrate
    on_failure: note
  migrate: {agent: output, prompt: moved, next: done, context: {risk: destructive}}
  done: {agent: output, prompt: done}
  note: {agent: output, prompt: stopped}
"""


async def start(inbox: Inbox, folder: Path, name: str = "r1", text: str = FLOW, **inputs: Any) -> None:
    """A thread of the flow that waits at its gate."""
    path = folder / "release.yaml"
    path.write_text(text, encoding="utf-8")
    await inbox.start(path, None, inputs, thread_id=name)
    await inbox.settled(name, 20)


def text_of(tabs: DetailTabs) -> str:
    """What the tab that is open shows."""
    page = tabs.page
    assert isinstance(page, (LinesView, GraphView))
    return page.plain_text


async def shows(screen: InboxScreen, thread_id: str) -> DetailTabs:
    """Wait until the thread is at the right."""
    await eventually(lambda: screen.detail.thread_id == thread_id and screen.detail.request is not None)
    return screen.detail.tabs


async def turn_to(pilot: Pilot[None], tabs: DetailTabs, tab: str) -> None:
    """Press the key until the tab is open and has something to show."""
    for _ in tabs.tabs:
        if tabs.tab == tab:
            break
        await pilot.press("right_square_bracket")
    assert tabs.tab == tab
    await eventually(lambda: tabs.page is not None and text_of(tabs) != "")


async def test_every_tab_shows_its_part_and_esc_goes_back(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await start(inbox, tmp_path, service="pay")
        tabs = await shows(screen, "r1")
        assert tabs.tabs == [REQUEST, STATE, HISTORY, GRAPH, AUDIT], "only an edit has a difference"
        await pilot.press("enter")
        await turn_to(pilot, tabs, STATE)
        assert "copied: pay" in text_of(tabs)
        await turn_to(pilot, tabs, HISTORY)
        await eventually(lambda: "in     service   pay" in text_of(tabs))
        assert "out    copied   pay" in text_of(tabs) and "gate" in text_of(tabs)
        await turn_to(pilot, tabs, GRAPH)
        await eventually(lambda: "migrate (destructive) → done, to the end" in text_of(tabs))
        assert "[▶ gate ?]" in text_of(tabs) and "[✓ prepare]" in text_of(tabs) and "failure" in text_of(tabs)
        await turn_to(pilot, tabs, AUDIT)
        await eventually(lambda: "asked" in text_of(tabs))
        await pilot.press("escape")
        await eventually(lambda: screen.inbox_list.has_focus)


async def test_the_consequences_stand_above_the_answer(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", size=(80, 24)) as (pilot, screen, inbox):
        await start(inbox, tmp_path, service="pay")
        tabs = await shows(screen, "r1")
        await eventually(lambda: bool(tabs.preview.lines))
        assert tabs.preview.lines == [
            "Approve  runs migrate (destructive) → done, to the end",
            "Reject   runs note, to the end",
        ]
        await pilot.press("enter")
        await eventually(lambda: tabs.preview.region.height == 2)
        await turn_to(pilot, tabs, STATE)
        assert not tabs.preview.display


async def test_what_was_shown_is_what_then_runs(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (_, screen, inbox):
        await start(inbox, tmp_path, service="pay")
        tabs = await shows(screen, "r1")
        await eventually(lambda: bool(tabs.preview.lines))
        await inbox.decide("r1", "approve")
        await inbox.settled("r1", 20)
        assert [step.node for step in await inbox.history("r1")][2:] == ["migrate", "done"]
        await eventually(lambda: not tabs.preview.lines)


async def test_the_tab_stays_while_moving_through_the_inbox_and_is_read_when_opened(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        wanted: list[str] = []
        real = inbox.chart
        inbox.chart = lambda thread_id: wanted.append(thread_id) or real(thread_id)  # type: ignore[method-assign]
        await ask(inbox, tmp_path, "one", "two")
        tabs = await shows(screen, "one")
        assert wanted == []
        await turn_to(pilot, tabs, GRAPH)
        await pilot.press("j")
        await shows(screen, "two")
        await eventually(lambda: "two" in wanted)
        assert tabs.tab == GRAPH and set(wanted) == {"one", "two"}
        assert screen.inbox_list.has_focus, "turning the tabs from the list stays in the list"


async def test_the_key_for_editors_takes_no_letter_from_them(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", kind="edit")
        tabs = await shows(screen, "one")
        await pilot.press("enter")
        await eventually(lambda: screen.detail.answer is not None and screen.detail.answer.field.has_focus)
        await pilot.press("left_square_bracket", "right_square_bracket", "f7")
        assert screen.detail.answer is not None
        assert screen.detail.answer.draft() in ("[]Hello", "Hello[]")
        assert tabs.tab == DIFF and screen.detail.answer.field.has_focus
        await eventually(lambda: isinstance(tabs.page, SideBySide) and "[]" in text_of(tabs))


async def test_row_18_both_sides_of_an_edit_stand_beside_each_other() -> None:
    """Row 18: what was removed at the left, what was added at the right, with their signs."""
    old, new = "same\nfirst line\nlast", "same\nfirst longer line\nadded\nlast"
    pairs = [
        (one and (one.sign, one.text), other and (other.sign, other.text))
        for one, other in _pairs(diff(old, new).lines)
    ]
    assert pairs == [
        ((" ", "same"), (" ", "same")),
        (("-", "first line"), ("+", "first longer line")),
        (None, ("+", "added")),
        ((" ", "last"), (" ", "last")),
    ]


async def test_row_18_the_columns_follow_the_width() -> None:
    """Row 18"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = host(pilot)
        sample = request("edit", context={"original_content": "a long line of words " * 10})
        app.pane.show(thread(sample), "request-edit", [])
        app.pane.tabs.choose(DIFF)
        await pilot.pause()
        page, answer = app.pane.tabs.page, app.pane.answer
        assert isinstance(page, SideBySide) and isinstance(answer, EditAnswer)
        answer.write("a long line of other words " * 10)
        await eventually(lambda: "other" in page.plain_text)
        for width in (80, 120, 44):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            await eventually(lambda: len({line.text.index("│") for line in page.lines}) == 1)
            assert all(len(line.text) <= page.size.width for line in page.lines)


async def test_row_29_and_96_lists_dates_and_every_key_are_in_the_tree_of_the_state() -> None:
    """Rows 29, 96: a list and a date of a context read well in the tab too."""
    context = {"current_requirements": ["OAuth", "SAML"], "deadline": "2024-03-15", "urgent": True}
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = host(pilot)
        app.pane.show(thread(request("text_input"), state=context), "request-text_input", [])
        app.pane.tabs.choose(STATE)
        await pilot.pause()
        text = text_of(app.pane.tabs)
        for part in ("current_requirements  (2 items)", "[0]: OAuth", "deadline: 2024-03-15", "urgent: true"):
            assert part in text


async def test_row_31_the_history_tells_who_decided_what() -> None:
    """Row 31: each turn and decision is in the timeline, in its order."""
    async with Host().run_test(size=(100, 30), notifications=True) as pilot:
        app = host(pilot)
        app.pane.show(thread(request("approval")), "request-approval", steps())
        app.pane.tabs.choose(HISTORY)
        await pilot.pause()
        text = text_of(app.pane.tabs)
        assert "reject by Reviewer via tui: too dear" in text and "reason   too dear" in text
        assert text.index("first_gate") < text.index("notify") and "request_data   a budget" in text


async def test_live_changes_leave_the_reader_where_they_are() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = host(pilot)
        state = {f"key{number}": number for number in range(60)}
        app.pane.show(thread(request("approval"), state=state), "request-approval", [])
        app.pane.tabs.choose(STATE)
        await pilot.pause()
        tree = app.pane.tabs.page
        assert isinstance(tree, JsonTree)
        tree.scroll_to(y=20, animate=False)
        await pilot.pause()
        app.pane.show(thread(request("approval"), state={**state, "key5": "new"}), "request-approval", [])
        await pilot.pause()
        assert tree.scroll_offset.y == 20 and "key5: new" in tree.plain_text


@pytest.mark.parametrize("size", [(80, 24), (160, 45), (1, 1)])
async def test_hostile_text_goes_through_every_tab(size: tuple[int, int], tmp_path: Path) -> None:
    text = FLOW.replace("gate", f'"{"[/x] [@click=app.quit]go[/]"}"').replace(
        "Release it?", "See [it](https://x.invalid)"
    )
    async with opened(tmp_path / "hitl.db", size=size) as (pilot, screen, inbox):
        await start(inbox, tmp_path, text=text, service=HOSTILE)
        tabs = await shows(screen, "r1")
        for tab in (STATE, HISTORY, GRAPH, AUDIT):
            tabs.choose(tab)
            await eventually(lambda: text_of(tabs) != "")
            await pilot.pause()
            assert visible(text_of(tabs), newlines=True) == text_of(tabs)


def one(label: str, *ways: Way, **fields: Any) -> Consequence:
    """A consequence of an answer."""
    return Consequence("choose" if "option" in fields else label.lower(), label, ways, **fields)


def lines(*consequences: Consequence, whole: bool = False) -> list[tuple[str, str]]:
    """The lines as (label, words)."""
    return [(line.label, line.words) for line in way_lines(consequences, whole=whole)]


def test_ways_in_words() -> None:
    way = Way((("a", "b"), ("c",)), "asks", ("lead",), ("x > 1",), risks=(("c", "high"), ("lead", "financial")))
    assert lines(one("Approve", way)) == [
        ("Approve", "if x > 1: runs a + b → c (high risk), then asks lead (financial)")
    ]
    assert lines(one("Reject", Way((), "end", outcome="rejected"))) == [("Reject", "ends it as rejected; nothing runs")]
    assert lines(one("Submit", Way((("a",),), "loop", ("a",)), whole=False, waits_for=("legal",))) == [
        ("Submit", "waits for legal; then runs a, then again a"),
        ("", "or in yet other ways: there are too many to list"),
    ]


def test_options_that_lead_to_the_same_are_one_line() -> None:
    way, other = Way((("a",),), "end"), Way((("b",),), "end")
    options = [one(name, w, option=n) for n, (name, w) in enumerate([("x", way), ("y", other), ("z", way)], 1)]
    assert [label for label, _ in lines(*options)] == ["1,3", "2"]
    assert [label for label, _ in lines(*options, whole=True)] == ["1 x, 3 z", "2 y"]
    assert [label for label, _ in lines(options[0], options[2])] == ["Any option"]


async def test_many_ways_are_cut_and_say_where_the_rest_is() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = host(pilot)
        app.pane.show(thread(request("approval")), "request-approval", [])
        shown: PendingView | None = app.pane.request
        ways = [Way((("n" * 100,),), "end", when=(f"x == {number}",)) for number in range(5)]
        found = [one("Approve", *ways), one("Reject", ways[0])]
        app.pane.tabs.give(DetailTabs.Wanted(REQUEST, thread(request("approval")), shown), found)
        await pilot.pause()
        preview = app.pane.tabs.preview
        assert [line.split()[0] for line in preview.lines] == ["Approve", "or", "Reject", "…"]
        assert preview.region.height == 4 and preview.size.width <= 78
        rows = [preview.render_line(row).text for row in range(4)]
        assert rows[0].rstrip().endswith("…"), "cut where everybody can see it"


def test_markdown_is_marked_and_every_character_stays() -> None:
    """Links are shown with where they lead; nothing is left out of what is approved."""
    prompt = "Deploy **now**?\n# Plan\n- see [the plan](https://x.invalid/p)\n```\n**raw**\n```\n__init__ `code` [/x]"
    lines = prompt_lines(prompt)
    assert "\n".join(line.text for line in lines) == prompt
    marked = [[(line.text[start:end], style) for start, end, style in line.marks] for line in lines]
    assert marked[0] == [("**now**", "strong")] and marked[1] == [("# Plan", "strong")]
    assert marked[2] == [("-", "accent"), ("[the plan](https://x.invalid/p)", "accent")]
    assert marked[4] == [("**raw**", "label")]
    assert marked[6] == [("__init__", "strong"), ("`code`", "label")]
    assert not prompt_lines("x\n" + "**a** " * 100_000, whole=True)[1].marks, "a line that long is no prose"
