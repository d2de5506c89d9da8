"""The request pane: what it shows of each sample request, and what it never disturbs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from hitl_tui.inbox.views import ErrorView
from hitl_tui.safe_text import visible
from hitl_tui.tui.messages import AnswerGiven, LeaveAnswer
from hitl_tui.tui.settling import SETTLE_SECONDS
from hitl_tui.tui.widgets.detail_tabs import HISTORY, REQUEST
from hitl_tui.tui.widgets.text_answer import TextAnswer
from tests.tui.request_samples import NOW, THREAD, Host, request, steps, thread, turns
from tests.waiting import eventually

KINDS = ("approval", "edit", "choice", "text_input", "conversation")
HOSTILE = "[/x] [@click=app.quit]go[/] \x1b[2J \u202edlrow \ud800 [bold"


def screen_text(app: Host) -> str:
    """What is painted, row by row."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


async def paints(app: Host, text: str) -> None:
    """Wait until this text is on the screen."""
    await eventually(lambda: text in screen_text(app))


def host(pilot: Pilot[None]) -> Host:
    """The app under test."""
    assert isinstance(pilot.app, Host)
    return pilot.app


async def shown(pilot: Pilot[None], kind: str, **changes: object) -> Host:
    """The app, with a sample request shown and its answer focused."""
    app = host(pilot)
    app.pane.show(thread(request(kind, **changes)), f"request-{kind}", [])
    app.pane.open(THREAD, f"request-{kind}")
    answer = app.pane.answer
    assert answer is not None
    await eventually(lambda: answer.field.has_focus and answer.field.region.height)
    await pilot.pause()
    return app


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
@pytest.mark.parametrize("kind", KINDS)
async def test_row_9_every_sample_request_shows_all_of_it(kind: str, size: tuple[int, int]) -> None:
    """row 9, row 10: thread, node, type, prompt and every context key with its value."""
    async with Host().run_test(size=size, notifications=True) as pilot:
        app = await shown(pilot, kind)
        sample = request(kind)
        painted = screen_text(app)
        for text in (THREAD, sample.node, {"text_input": "text"}.get(kind, kind), "due 1h40m", sample.prompt[:40]):
            assert text in painted
        lines = app.pane.material.plain_text.splitlines()
        for key, value in sample.context.items():
            expected = [str(item) for item in value] if isinstance(value, list) else [str(value)]
            assert any(key in line for line in lines)
            assert all(any(text in line for line in lines) for text in expected)


@pytest.mark.parametrize("kind", ["edit", "text_input", "conversation"])
async def test_the_editor_has_six_lines_on_a_small_terminal(kind: str) -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, kind)
        assert app.focused is not None
        assert app.focused.size.height >= 6
        assert app.pane.material.size.height >= 6


async def test_row_29_a_list_and_a_date_read_well() -> None:
    """row 29"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input")
        text = app.pane.material.plain_text
        assert "current_requirements\n  - OAuth 2.0\n  - Multi-factor auth\n" in text
        assert "deadline               2024-03-15" in text


async def test_row_31_the_transcript_is_above_the_composer_in_order() -> None:
    """row 31"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = host(pilot)
        app.pane.show(thread(request("conversation"), transcript=turns()), "request-conversation", [])
        await pilot.pause()
        text = app.pane.material.plain_text
        places = [text.index(turn.text.split("\n")[0]) for turn in turns()]
        assert places == sorted(places)
        assert "› Reviewer" in text
        assert "· technical_consultant" in text
        await eventually(lambda: "proposed microservices approach?" in screen_text(app))


async def test_row_31_the_newest_turn_is_in_sight_when_the_pane_appears_later() -> None:
    """row 31: on a narrow screen the pane is filled before it is shown"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = host(pilot)
        app.pane.display = False
        await pilot.pause()
        app.pane.show(thread(request("conversation"), transcript=turns()), "request-conversation", [])
        await pilot.pause()
        app.pane.display = True
        await paints(app, "proposed microservices approach?")


async def test_hostile_text_is_shown_and_obeyed_nowhere() -> None:
    """Markup, escape sequences, bidi and surrogates in every place a request has."""
    async with Host().run_test(size=(120, 40), notifications=True) as pilot:
        app = host(pilot)
        for kind in KINDS:
            held = request(
                kind,
                prompt=HOSTILE,
                node=HOSTILE,
                risk=HOSTILE,
                context={HOSTILE: HOSTILE, "original_content": HOSTILE, "n": [{HOSTILE: [HOSTILE]}]},
                options=[HOSTILE, ""],
                digest="d",
            )
            view = thread(held, graph=HOSTILE, state={HOSTILE: HOSTILE}, transcript=turns())
            app.pane.show(view, held.request_id, steps())
            app.pane.show_error(held.request_id, HOSTILE)
            app.pane.open(THREAD, held.request_id)
            await pilot.pause()
            painted = screen_text(app)
            assert painted == visible(painted, newlines=True)
            assert "[/x] [@click=app.quit]go[/] ␛[2J" in painted
            app.pane.action_history()
            await pilot.pause()
            assert screen_text(app) == visible(screen_text(app), newlines=True)
            app.pane.action_history()
        failed = thread(
            status="failed", error=ErrorView(HOSTILE, HOSTILE, HOSTILE), blocked=HOSTILE, frontier=[HOSTILE]
        )
        app.pane.show(failed, None, steps())
        await pilot.pause()
        assert screen_text(app) == visible(screen_text(app), newlines=True)
        assert app.is_running


async def test_huge_material_is_cut_where_it_can_be_seen_and_all_of_it_on_request() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        context = {"huge": "x" * 1_000_000, "last": "the end"}
        app = await shown(pilot, "approval", prompt="line\n" * 1_000, context=context)
        text = app.pane.material.plain_text
        assert "more characters in 600 lines — v shows all" in text
        assert "800,000 more characters" in text
        assert "the end" in text
        await pilot.press("v")
        text = app.pane.material.plain_text
        assert "v shows all" not in text
        assert text.count("line\n") == 1_000
        assert "x" * 1_000_000 in text


async def test_five_thousand_keys_and_deep_nesting_can_all_be_reached() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        deep: dict[str, object] = {}
        inner = deep
        for _ in range(2_000):
            inner["k"] = inner = {}
        inner["deepest"] = "here"
        context = {**{f"key{number}": number for number in range(5_000)}, "deep": deep}
        app = await shown(pilot, "approval", context=context, digest="d")
        lines = app.pane.material.plain_text.splitlines()
        assert sum(line.startswith("key") for line in lines) == 5_000
        assert any("deepest" in line and "here" in line for line in lines)
        await pilot.press("end")
        await eventually(lambda: "History" in screen_text(app) or THREAD in screen_text(app).splitlines()[-6])


async def test_the_same_request_again_disturbs_nothing() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        long = {f"key{number}": number for number in range(30)}
        app = await shown(pilot, "text_input", context=long)
        await pilot.press("h", "i")
        editor = app.focused
        app.pane.material.scroll_to(y=2, animate=False)
        again = thread(request("text_input", context=long), updated_at=NOW, state={"new": 1})
        app.pane.show(again, "request-text_input", steps())
        await pilot.pause()
        assert app.focused is editor
        assert app.pane.material.scroll_offset.y == 2
        await pilot.press("!", "ctrl+s")
        assert [answer.data for answer in app.answers] == [{"text": "hi!"}]


async def test_a_draft_survives_a_look_at_another_request() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input")
        await pilot.press("h", "i")
        await shown(pilot, "approval")
        app.pane.clear()
        await shown(pilot, "text_input")
        assert isinstance(app.pane.answer, TextAnswer)
        assert app.pane.answer.editor.answer == "hi"


async def test_a_changed_question_keeps_the_words_and_says_so() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input")
        await pilot.press("h", "i")
        await shown(pilot, "text_input", prompt="Something else?")
        assert isinstance(app.pane.answer, TextAnswer)
        assert app.pane.answer.editor.answer == "hi"
        await paints(app, "The question has changed")


async def test_keys_typed_ahead_do_not_decide_the_next_request() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input")
        other = request("approval")
        app.pane.show(thread(other), other.request_id, [])
        await pilot.press("a")
        assert app.answers == []
        await paints(app, "press the key again")
        app.moment += SETTLE_SECONDS
        await pilot.press("a")
        assert [answer.action for answer in app.answers] == ["approve"]


@pytest.mark.parametrize("before", [None, "approval"])
async def test_a_request_that_was_opened_gets_the_focus_when_it_arrives_however_late(before: str | None) -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, before) if before else host(pilot)
        sample = request("text_input")
        app.pane.open(THREAD, sample.request_id)
        await eventually(lambda: app.pane.material.has_focus)
        await pilot.press("a")
        assert app.answers == []
        app.moment += 60
        app.pane.show(thread(sample), sample.request_id, [])
        await eventually(lambda: app.pane.answer is not None and app.pane.answer.field.has_focus)


async def test_a_request_that_nobody_opened_does_not_get_the_keys() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval")
        sample = request("text_input")
        app.pane.show(thread(sample), sample.request_id, [])
        await pilot.press("x")
        assert app.pane.material.has_focus
        assert isinstance(app.pane.answer, TextAnswer)
        assert app.pane.answer.editor.answer == ""


async def test_an_answer_names_what_was_seen_and_is_given_once() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval")
        await pilot.press("a", "a")
        sample = request("approval")
        assert app.answers == [AnswerGiven(THREAD, sample.request_id, sample.type, sample.digest, "approve", None)]


async def test_an_error_appears_at_the_field_and_the_input_stays() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input")
        await pilot.press("h", "i", "ctrl+s")
        app.pane.show_error("another request", "not for you")
        app.pane.show_error("request-text_input", "Someone answered first, at 12:00")
        await pilot.pause()
        await paints(app, "! Someone answered first, at 12:00")
        assert "not for you" not in screen_text(app)
        await pilot.press("ctrl+s")
        assert [answer.data for answer in app.answers] == [{"text": "hi"}] * 2


async def test_escape_leaves_for_the_list() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        for kind in KINDS:
            app = await shown(pilot, kind)
            await pilot.press("escape")
            assert isinstance(app.posted.pop(), LeaveAnswer)


async def test_h_goes_to_the_history_and_back() -> None:
    async with Host().run_test(size=(100, 30), notifications=True) as pilot:
        app = host(pilot)
        app.pane.show(thread(request("approval")), "request-approval", steps())
        app.pane.open(THREAD, None)
        await pilot.press("h")
        assert app.pane.tabs.tab == HISTORY
        for text in ("reject by Reviewer via tui: too dear", "ConnectionError: no route", "notify ×2"):
            await paints(app, text)
        await pilot.press("h")
        assert app.pane.tabs.tab == REQUEST
        await eventually(lambda: "too dear" not in screen_text(app))


async def test_a_long_line_of_a_log_keeps_its_bar_where_it_wraps() -> None:
    """What a node printed cannot be laid out so that a row of it passes for a step."""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = host(pilot)
        printed = replace(steps()[3], logs="x" * 80 + " ✓ approve ok  approve by ann")
        app.pane.show(thread(status="completed"), None, [printed])
        app.pane.action_history()
        await paints(app, "✓ approve ok")
        (row,) = [line for line in screen_text(app).splitlines() if "✓ approve ok" in line]
        assert row.lstrip().startswith("│ xx")


async def test_how_long_ago_goes_on_while_nobody_touches_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitl_tui.tui.widgets.detail._TICKS_AT_REST", 1)
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval")
        await paints(app, "asked 20m ago")
        app.time = NOW + timedelta(minutes=3)
        await paints(app, "asked 23m ago")


async def test_a_running_thread_shows_its_node_and_the_seconds_go_on() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = host(pilot)
        app.pane.show(thread(), None, [])
        await pilot.pause()
        await paints(app, "Running process")
        await paints(app, "42s")
        app.time = NOW + timedelta(seconds=5)
        await eventually(lambda: "47s" in screen_text(app))


async def test_a_failed_thread_says_where_and_why_and_what_to_press() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = host(pilot)
        app.pane.show(thread(status="failed", error=ErrorView("notify", "ConnectionError", "no route")), None, steps())
        await pilot.pause()
        for text in ("Failed at notify", "ConnectionError", "no route", "[R] Retry"):
            await paints(app, text)


async def test_a_completed_thread_shows_its_final_state() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = host(pilot)
        done = thread(status="completed", outcome="rejected", state={"final_result": "done", "responses": {"a": 1}})
        app.pane.show(done, "request-approval", [])
        await pilot.pause()
        await paints(app, "Completed — rejected")
        await paints(app, "final_result   done")
        assert "responses" not in screen_text(app)


async def test_the_due_time_counts_down() -> None:
    """row 47"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval")
        app.time = NOW + timedelta(hours=2)
        await eventually(lambda: "overdue" in screen_text(app))


async def test_nothing_selected_says_what_to_do() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval")
        app.pane.clear()
        await pilot.pause()
        assert "Nothing is selected" in str(app.query_one(".detail--empty", Static).content)
        assert "budget proposal" not in screen_text(app)
        app.pane.decide_key("approve")
        await pilot.pause()
        assert app.answers == []
