"""Forms on the screen at 80 by 24: filled in, left, refused (rows 97, 98)."""

from __future__ import annotations

import json

from hitl_tui.tui.messages import LeaveAnswer
from hitl_tui.tui.widgets.form_answer import FormAnswer
from tests.tui.hostile import HOSTILE
from tests.tui.request_samples import ROOM, Host, given, request, thread, typed
from tests.tui.test_detail import paints, screen_text, shown
from tests.waiting import eventually


async def test_a_form_is_filled_in_by_keys_alone() -> None:
    """Tab and Enter go on, letters and arrows pick, ctrl+s submits; values have the schema's types."""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input", schema=ROOM, context={})
        assert isinstance(app.pane.answer, FormAnswer)
        await typed(pilot, "12")
        await pilot.press("enter", "b", "tab", "right", "tab", "space", "right", "space", "tab")
        await typed(pilot, "2026")
        await pilot.press("ctrl+s")
        await paints(app, "'2026' is no date")
        await typed(pilot, "-03-15")
        await pilot.press("ctrl+s")
        await paints(app, "! required, and missing")
        await typed(pilot, "Ann")
        assert not app.answers
        await pilot.press("ctrl+s")
        await eventually(lambda: bool(app.answers))
        assert given(app) == [
            (
                "respond",
                {
                    "seats": 12,
                    "room": "blue",
                    "beamer": True,
                    "extras": ["coffee", "lunch"],
                    "day": "2026-03-15",
                    "note": "none",
                    "contact": {"name": "Ann"},
                },
            )
        ]


FORTY = {
    "type": "object",
    "required": ["f37"],
    "properties": {f"f{n}": {"type": "integer" if n == 37 else "string"} for n in range(40)},
}


async def test_forty_fields_at_80_by_24_scroll_to_the_one_that_is_wrong() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input", schema=FORTY, context={})
        await pilot.press("x", "ctrl+s")
        await paints(app, "f37 (required)")
        await paints(app, "! required, and missing")
        await paints(app, "One field does not fit yet.")
        await typed(pilot, "42")
        # The error goes as soon as something else is written.
        await eventually(lambda: "and missing" not in screen_text(app))
        await pilot.press("ctrl+s")
        await eventually(lambda: bool(app.answers))
        assert given(app) == [("respond", {"f0": "x", "f37": 42})]


async def test_escape_leaves_and_keeps_what_was_written() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input", schema=ROOM, context={})
        await pilot.press("7", "f2")
        # Without a terminal to hand over, it says so and keeps the text.
        await paints(app, "Your text is kept.")
        await pilot.press("tab", "f2")
        await paints(app, "go to one first")
        await pilot.press("r", "escape")
        assert isinstance(app.posted[-1], LeaveAnswer)
        draft = app.pane.answer.draft() if app.pane.answer else None
        assert json.loads(json.dumps(draft)) == [[["seats"], "7"], [["room"], 0]]
        app.pane.show(thread(request("text_input", schema=FORTY, request_id="other", prompt="Other?")), "other", [])
        assert app.pane.answer is not None and app.pane.answer.draft() is None
        await shown(pilot, "text_input", schema=ROOM, context={})
        assert app.pane.answer is not None and app.pane.answer.draft() == draft
        await paints(app, "●\u00a0red")
        await pilot.press("f8")
        assert app.pane.answer.draft() is None


async def test_what_no_form_can_show_is_written_as_json() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input", schema={"type": "object", "minProperties": 1}, context={})
        await typed(pilot, "{")
        await pilot.press("ctrl+s")
        await paints(app, "! no JSON")
        await typed(pilot, '"a": 1}')
        await pilot.press("ctrl+s")
        await eventually(lambda: bool(app.answers))
        assert given(app) == [("respond", {"a": 1})]


async def test_hostile_words_in_a_schema_are_shown_and_harmless() -> None:
    """Labels, help, choices, defaults and errors are foreign text."""
    schema = {
        "type": "object",
        "properties": {
            HOSTILE: {"type": "string", "title": HOSTILE, "description": HOSTILE, "default": HOSTILE, "pattern": "^z"},
            "b": {"enum": [HOSTILE, "x" * 300]},
            "c": {"type": "object", "title": HOSTILE, "properties": {HOSTILE: {"const": HOSTILE}}},
        },
    }
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input", schema=schema, context={})
        await pilot.press("ctrl+s", "tab", "down", "tab", "space")
        await pilot.pause()
        text = screen_text(app)
        assert "[/x]" in text
        assert not any(sign in text for sign in ("\x1b", "\u202e", "\x9b", "\ud800"))
        assert app.is_running


async def test_huge_words_and_values_are_cut_with_a_sign() -> None:
    """row 97: what does not fit is said, and F2 opens it; the value stays whole"""
    huge = "z" * 1_000_000
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "title": huge, "description": huge, "default": huge},
            "b": {"enum": [huge, "x"]},
        },
    }
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input", schema=schema, context={})
        await paints(app, "F2")
        await pilot.press("ctrl+s")
        await eventually(lambda: bool(app.answers))
        assert app.answers[0].data == {"a": huge}
