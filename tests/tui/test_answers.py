"""The five answer areas, each driven to its decision by keyboard alone (row 170)."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from hitl_tui.tui.settling import SETTLE_SECONDS
from hitl_tui.tui.widgets.choice_answer import ChoiceAnswer
from hitl_tui.tui.widgets.edit_answer import EditAnswer, original_of
from hitl_tui.tui.widgets.line_input import LineInput
from hitl_tui.tui.widgets.written_answer import WrittenAnswer
from tests.tui.request_samples import OPTIONS, ORIGINAL, Host, given, request, thread, typed
from tests.tui.test_batch_answer import as_approval
from tests.tui.test_detail import paints, screen_text, shown
from tests.waiting import eventually


async def type_text(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*("space" if character == " " else character for character in text))


def editor(app: Host) -> WrittenAnswer:
    assert isinstance(app.pane.answer, WrittenAnswer)
    return app.pane.answer


async def test_row_13_approve_is_one_key() -> None:
    """row 13"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "approval")
        await pilot.press("enter")
        assert given(app) == []
        await pilot.press("a")
        assert given(app) == [("approve", None)]


async def test_row_13_reject_asks_for_a_reason_in_place_and_enter_submits_it() -> None:
    """row 13"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "approval")
        await pilot.press("r")
        assert isinstance(app.focused, Input)
        await type_text(pilot, "too a r 1")
        await pilot.press("enter")
        assert given(app) == [("reject", {"reason": "too a r 1"})]


async def test_row_13_escape_in_the_reason_decides_nothing() -> None:
    """row 13"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "approval")
        await pilot.press("r", "x", "escape")
        assert app.posted == []
        await paints(app, "Reject…")
        await pilot.press("a")
        assert given(app) == [("approve", None)]


async def test_row_14_a_reason_is_optional_unless_it_is_demanded() -> None:
    """row 14, D-1"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "approval")
        await pilot.press("r")
        await paints(app, "Reason (optional)")
        await pilot.press("enter")
        assert given(app) == [("reject", None)]


async def test_row_14_a_required_reason_is_stated_and_enforced() -> None:
    """row 14, D-1"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "approval", require_reason=True)
        await pilot.press("r")
        await paints(app, "Reason (required)")
        await pilot.press("space", "enter")
        assert given(app) == []
        await paints(app, "needs a reason")
        await pilot.press("n", "o", "ctrl+s")
        assert given(app) == [("reject", {"reason": "no"})]


async def test_a_decision_that_is_not_allowed_is_not_offered() -> None:
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "approval", allowed=["approve"])
        assert "Reject" not in screen_text(app)
        await pilot.press("r")
        app.pane.decide_key("reject")
        await pilot.pause()
        assert given(app) == []
        await paints(app, "does not allow to reject")


async def test_a_paste_of_many_lines_into_a_reason_keeps_them_all() -> None:
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "approval")
        await pilot.press("r")
        assert app.focused is not None
        app.focused.post_message(events.Paste("one\ntwo\n\x1b[2Jthree"))
        await pilot.pause()
        await pilot.press("enter")
        assert given(app) == [("reject", {"reason": "one two ␛[2Jthree"})]


async def test_the_list_decides_through_the_pane() -> None:
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "approval")
        app.set_focus(None)
        app.pane.decide_key("reject")
        await pilot.pause()
        assert isinstance(app.focused, Input)
        await pilot.press("escape")
        app.pane.decide_key("approve")
        await pilot.pause()
        assert given(app) == [("approve", None)]
        await shown(pilot, "text_input")
        app.pane.decide_key("approve")
        await pilot.pause()
        assert editor(app).editor.has_focus
        await shown(pilot, "choice")
        app.pane.decide_key("3")
        await pilot.pause()
        assert isinstance(app.pane.answer, ChoiceAnswer)
        assert app.pane.answer.chosen == 3
        assert app.focused is app.pane.answer.field


async def test_buttons_can_be_clicked() -> None:
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "approval")
        await pilot.click(".approval--reject")
        assert isinstance(app.focused, Input)
        await pilot.press("escape")
        await pilot.click(".approval--approve")
        assert given(app) == [("approve", None)]


async def test_row_15_the_editor_starts_with_the_original() -> None:
    """row 15"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "edit")
        assert editor(app).editor.answer == ORIGINAL
        await paints(app, "unchanged")
        await pilot.press("ctrl+s")
        assert given(app) == [("edit", {"edited": ORIGINAL})]


async def test_row_18_the_difference_is_live_and_toggles() -> None:
    """row 18"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "edit")
        await pilot.press("f6")
        await paints(app, "No changes yet.")
        await type_text(pilot, "Look! ")
        await eventually(lambda: f"+ Look! {ORIGINAL[:30]}" in screen_text(app))
        await paints(app, f"- {ORIGINAL[:30]}")
        await paints(app, "-1 +1 lines")
        await pilot.press("f6")
        assert f"- {ORIGINAL[:30]}" not in screen_text(app)
        await paints(app, "target_audience")
        await pilot.press("ctrl+s")
        assert given(app) == [("edit", {"edited": f"Look! {ORIGINAL}"})]


@pytest.mark.parametrize(
    "text", ["a\u202eb\x1b[2J ␛ \u200b", "one\r\ntwo\r\n", "one\n\ttwo\x85\x0bthree\n", "\ud800", ""]
)
async def test_an_edit_gives_hidden_characters_back_as_they_were(text: str) -> None:
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "edit", context={"original_content": text}, digest="d")
        if "\u202e" in text:
            # The picture of ESC is in the text itself, so another sign stands for ESC.
            await paints(app, "¤ = U+001B, ◊ = U+200B, § = U+202E")
        await pilot.press("ctrl+end", "ctrl+s")
        assert [answer.data for answer in app.answers] == [{"edited": text}]


async def test_a_text_too_large_to_type_in_goes_to_the_editor_whole() -> None:
    huge = "x" * 1_000_000
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "edit", context={"original_content": huge})
        await paints(app, "1,000,000 characters: too long to edit here, F2")
        await pilot.press("y", "ctrl+s")
        assert given(app) == [("edit", {"edited": huge})]


def test_without_original_content_the_only_text_is_the_original() -> None:
    assert original_of({"generated_content": "draft", "length": 3}) == "draft"
    assert original_of({"content": "draft", "title": "t"}) == "draft"
    assert original_of({"a": "one", "b": "two"}) == ""


async def test_row_20_options_are_numbered_from_one() -> None:
    """row 20"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "choice")
        for number, option in enumerate(OPTIONS, 1):
            await paints(app, f"○ {number}  {option}")
        await pilot.press("2")
        await paints(app, f"● 2  {OPTIONS[1]}")


@pytest.mark.parametrize(
    ("keys", "choice"),
    [(["1"], 1), (["2"], 2), (["down"], 1), (["down", "down", "down", "up"], 2), (["end"], 4), (["4", "down"], 4)],
)
async def test_row_25_digits_and_arrows_choose_and_enter_submits(keys: list[str], choice: int) -> None:
    """row 21, row 25"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "choice")
        await pilot.press(*keys)
        assert given(app) == []
        await pilot.press("enter")
        assert given(app) == [("choose", {"choice": choice})]


async def test_row_22_tab_leads_to_the_justification() -> None:
    """row 22, row 25"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "choice")
        await pilot.press("2", "tab")
        await type_text(pilot, "Staging 1st")
        await pilot.press("enter")
        assert given(app) == [("choose", {"choice": 2, "justification": "Staging 1st"})]


async def test_row_24_nothing_chosen_or_out_of_range_submits_nothing() -> None:
    """row 24"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "choice")
        await pilot.press("enter")
        await paints(app, "Nothing is chosen yet")
        await pilot.press("9")
        await paints(app, "There is no option 9; there are 4.")
        await pilot.press("ctrl+s")
        assert given(app) == []


async def test_more_than_nine_options_are_reached_with_the_arrows() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        options = [f"option number {number}" for number in range(1, 31)]
        app = await shown(pilot, "choice", options=options)
        await pilot.press("9", *["down"] * 8)
        await paints(app, "● 17  option number 17")
        await pilot.press("enter")
        assert given(app) == [("choose", {"choice": 17})]


async def test_a_long_option_wraps() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "choice", options=["word " * 30 + "the end", "short"])
        await paints(app, "the end")
        await pilot.click(".choice--options", offset=(8, 2))
        assert isinstance(app.pane.answer, ChoiceAnswer)
        assert app.pane.answer.chosen == 1


async def test_row_26_a_text_of_many_lines_is_submitted() -> None:
    """row 26"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "text_input")
        await pilot.press("a", "enter", "r", "enter", "1", "ctrl+s")
        assert given(app) == [("respond", {"text": "a\nr\n1"})]


async def test_row_28_an_empty_text_is_refused_in_words() -> None:
    """row 28"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "text_input")
        await pilot.press("space", "ctrl+s")
        assert given(app) == []
        await paints(app, "The answer is empty")


async def test_row_30_a_message_is_sent() -> None:
    """row 30"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "conversation")
        await pilot.press("ctrl+s")
        await paints(app, "The message is empty")
        await pilot.press("h", "i", "ctrl+s")
        assert given(app) == [("respond", {"message": "hi"})]


async def test_row_32_f4_ends_the_conversation_after_asking_once() -> None:
    """row 32, D-2"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "conversation")
        await pilot.press("f4")
        assert given(app) == []
        await paints(app, "Press F4 again")
        await pilot.press("x")
        await eventually(lambda: "Press F4 again" not in screen_text(app))
        await pilot.press("f4", "f4")
        assert given(app) == [("respond", {"message": "x", "end": True})]


async def test_row_32_an_end_without_a_last_message() -> None:
    """row 32, D-2"""
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "conversation")
        await pilot.press("f4", "f4")
        assert given(app) == [("respond", {"end": True})]


async def test_tab_goes_between_editor_and_material_and_scrolls_there() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input", prompt="line\n" * 100)
        await pilot.press("shift+tab")
        assert app.pane.material.has_focus
        await pilot.press("pagedown", "j")
        assert app.pane.material.scroll_offset.y > 1
        await pilot.press("tab")
        assert editor(app).editor.has_focus


async def test_an_edit_answer_serves_one_request_after_another() -> None:
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "edit")
        first = app.pane.answer
        other = request("edit", request_id="other", context={"original_content": "other"})
        app.pane.show(thread(other), "other", [])
        await pilot.pause()
        assert app.pane.answer is first
        assert isinstance(first, EditAnswer)
        assert first.editor.answer == first.original == "other"


async def test_a_paste_with_hidden_characters_says_which_sign_stands_for_what() -> None:
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "text_input")
        app.post_message(events.Paste("\x07a\u202eb"))
        await paints(app, "¤ = U+202E, ␇ = U+0007")
        await pilot.press("ctrl+s")
        assert given(app) == [("respond", {"text": "\x07a\u202eb"})]


async def test_a_paste_too_large_to_type_in_is_kept_whole_and_can_be_taken_back() -> None:
    """Each key would take seconds with a megabyte in the editor."""
    huge = "x\n" * 500_000
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, "text_input")
        await pilot.press(*"before after", *["left"] * 6)
        app.post_message(events.Paste(huge))
        await paints(app, "1,000,012 characters: too long to edit here, F2 opens it in $EDITOR, ctrl+z")
        await pilot.press("ctrl+s", "ctrl+z")
        assert given(app) == [("respond", {"text": f"before{huge} after"})]
        assert editor(app).editor.answer == "before after"
        await eventually(lambda: "characters" not in screen_text(app))


@pytest.mark.parametrize(("kind", "keys"), [("approval", ["r"]), ("choice", ["tab"])])
async def test_a_paste_too_large_for_one_line_is_refused_in_words(kind: str, keys: list[str]) -> None:
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, kind)
        await pilot.press(*keys, *"mine")
        assert isinstance(app.focused, LineInput)
        app.focused.post_message(events.Paste("x" * 1_000_000))
        await paints(app, "! 1,000,000 characters are too many to paste into one line: at most 10,000.")
        assert app.focused.value == "mine"


@pytest.mark.parametrize(
    ("kind", "changes", "draft", "keys"),
    [
        ("approval", {}, "first", []),
        ("choice", {}, [1, "first"], ["tab"]),
        ("approval", as_approval(), {"words": {"0": "reject"}, "reasons": {"0": "first"}}, ["enter", "r"]),
    ],
)
async def test_a_half_written_line_goes_on(kind: str, changes: dict[str, Any], draft: Any, keys: list[str]) -> None:
    async with Host().run_test(notifications=True) as pilot:
        app = await shown(pilot, kind, **changes)
        app.query_one(LineInput).value = "x"
        asked = request(kind, request_id="another", **changes)
        app.pane.show(thread(asked), "another", [], {"digest": asked.digest, "draft": draft})
        app.moment += SETTLE_SECONDS
        app.set_focus(app.pane.answer.field if app.pane.answer else None)
        await pilot.press(*keys, *" more")
        assert isinstance(app.focused, LineInput)
        assert app.focused.value == "first more"


async def test_row_20_several_options_are_ticked() -> None:
    """row 20: digits and space tick, Enter submits"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "choice", schema={"multiple": True})
        await pilot.press("enter")
        await paints(app, "Nothing is ticked yet")
        await pilot.press("1", "3", "1", "down", "space", "tab")
        await typed(pilot, "why")
        await pilot.press("enter")
        (answer,) = app.answers
        assert (answer.action, answer.data) == ("choose", {"choices": [2, 3], "justification": "why"})
        assert "☑ 3" in screen_text(app)
