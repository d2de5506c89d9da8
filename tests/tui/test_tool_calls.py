"""Tool calls and approvals with a form on the screen: what may be done, and by which key (rows 97, 98, 112)."""

from __future__ import annotations

from typing import Any

from hitl_tui.model.consequence import Consequence, Way
from hitl_tui.tui.widgets.answer_kinds import answer_kind
from hitl_tui.tui.widgets.form_fields import FieldEditor
from hitl_tui.tui.widgets.picks import Picks
from hitl_tui.tui.widgets.review_answer import ReviewAnswer
from tests.tui.request_samples import ROOM, Host, given, request, typed
from tests.tui.test_detail import paints, screen_text, shown
from tests.waiting import eventually

MAIL: dict[str, Any] = {
    "tool": "send_email",
    "args": {"to": "ann", "body": "Dear Ann,\nbest", "copies": 2, "urgent": False},
    "args_schema": {
        "type": "object",
        "required": ["to"],
        "properties": {
            "to": {"type": "string", "minLength": 1},
            "body": {"type": "string"},
            "copies": {"type": "integer", "minimum": 0},
            "urgent": {"type": "boolean"},
        },
    },
}
CALL = {"context": MAIL, "allowed": ["approve", "edit", "reject"]}


async def test_row_97_a_tool_call_shows_its_name_and_all_arguments() -> None:
    """row 97"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **CALL)
        assert isinstance(app.pane.answer, ReviewAnswer)
        text = screen_text(app)
        for words in ("send_email", "Dear Ann,", "best", "copies   2", "urgent   false", "Approve send_email"):
            assert words in text
        assert "args_schema" not in text
        await pilot.press("a")
        assert given(app) == [("approve", None)]


async def test_row_98_edit_is_filled_in_with_the_proposed_arguments() -> None:
    """rows 98 and 115: what is not touched stays as proposed, types and all"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **CALL)
        await pilot.press("e")
        await eventually(lambda: isinstance(app.focused, FieldEditor) and app.focused.text == "ann")
        await pilot.press("tab", "tab", "end", "0", "ctrl+s")
        await eventually(lambda: bool(app.answers))
        edited = {"to": "ann", "body": "Dear Ann,\nbest", "copies": 20, "urgent": False}
        assert given(app) == [("edit", {"args": edited})]


async def test_changed_arguments_are_never_dropped_in_silence() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **CALL)
        await pilot.press("ctrl+s")
        await paints(app, "Nothing was changed")
        await pilot.press("e", "x", "escape")
        assert app.posted == []
        await pilot.press("a")
        await paints(app, "You changed to: ctrl+s approves with that")
        assert app.answers == []
        await pilot.press("f8", "a")
        assert given(app) == [("approve", None)]


async def test_wrong_arguments_are_named_at_the_field() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **CALL)
        await pilot.press("e", "tab", "tab", "home", "-", "ctrl+s")
        await paints(app, "is less than the minimum of 0")
        assert app.answers == []
        await pilot.press("escape", "r")
        await typed(pilot, "no")
        await pilot.press("enter")
        assert given(app) == [("reject", {"reason": "no"})]


async def test_edit_is_offered_only_where_it_is_allowed() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", context=MAIL)
        assert "Edit" not in screen_text(app)
        await pilot.press("e")
        assert not isinstance(app.focused, FieldEditor)


async def test_an_approval_with_a_schema_of_its_own() -> None:
    schema = {"type": "object", "required": ["limit"], "properties": {"limit": {"type": "integer"}}}
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", schema=schema)
        await pilot.press("a")
        await paints(app, "! required, and missing")
        await typed(pilot, "5a")
        await pilot.press("ctrl+s")
        await paints(app, "is no whole number")
        await pilot.press("backspace", "escape", "a")
        assert given(app) == [("approve", {"limit": 5})]


async def test_letters_in_a_field_of_choices_decide_nothing() -> None:
    """a and r are decision keys only outside of the form."""
    schema = {"type": "object", "properties": {"b": {"type": "boolean"}}}
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", schema=schema)
        await pilot.press("e")
        await eventually(lambda: isinstance(app.focused, Picks))
        await pilot.press("a", "r", "n")
        assert app.answers == []
        await pilot.press("ctrl+s")
        assert given(app) == [("approve", {"b": False})]


async def test_row_98_what_is_typed_goes_on_with_the_value_and_the_keys_stay_in_sight() -> None:
    """row 98: a number that is proposed is changed at its end; an error does not push the line of keys away"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **CALL)
        await pilot.press("e")
        await paints(app, "ctrl+s approve with it")
        await pilot.press("tab", "tab", "x", "ctrl+s")
        await paints(app, "One field does not fit yet")
        await eventually(lambda: "ctrl+s approve with it" in screen_text(app))
        await pilot.press("backspace", "0")
        await eventually(lambda: "does not fit yet" not in screen_text(app))
        await pilot.press("ctrl+s")
        await eventually(lambda: bool(app.answers))
        assert app.answers[0].data == {"args": {"to": "ann", "body": "Dear Ann,\nbest", "copies": 20, "urgent": False}}


async def test_the_keys_stay_in_sight_below_what_the_answers_lead_to() -> None:
    """On a small terminal the form gives way, not the line that says how to submit it."""
    many = {f"field_{number}": number for number in range(9)}
    schema = {"type": "object", "properties": {name: {"type": "integer"} for name in many}}
    context = {"tool": "order", "args": many, "args_schema": schema}
    # What header and footer leave of 24 lines.
    async with Host().run_test(size=(80, 22), notifications=True) as pilot:
        app = await shown(pilot, "approval", context=context, allowed=["approve", "edit", "reject"])
        ways = (Way((("ship",),), "end"), Way((("wait",),), "end"))
        found = [Consequence(word, word, ways) for word in ("approve", "edit", "reject")]
        app.pane.tabs.preview.show(found)
        await pilot.press("e", "x", "ctrl+s")
        for words in ("field_0", "more in the tab Graph", "One field does not fit yet", "ctrl+s approve with it"):
            await paints(app, words)


async def test_an_edit_that_is_not_allowed_says_so() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **{**CALL, "allowed": ["approve", "reject"]})
        await pilot.press("e")
        await paints(app, "This request does not allow to edit its arguments")


async def test_row_112_only_what_is_allowed_is_offered() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", context=MAIL, allowed=["approve", "reject"])
        text = screen_text(app)
        assert "[a] Approve send_email" in text and "[r] Reject…" in text
        assert "Edit" not in text and "Message" not in text
        await pilot.press("e", "m")
        assert app.answers == [] and "Result" not in screen_text(app)


async def test_a_message_stands_in_place_of_the_result() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        mail = {**MAIL, "tool": "send_an_email_to_many_people_at_once"}
        app = await shown(pilot, "approval", context=mail, allowed=["approve", "edit", "reject", "respond"])
        text = screen_text(app)
        for words in ("[a] Approve send_an_email_to_man…", "[e] Edit…", "[m] Message…", "[r] Reject…"):
            assert words in text
        await pilot.press("m")
        await paints(app, "Result, in your words")
        await pilot.press("enter")
        await paints(app, "The tool does not run")
        await pilot.press("escape", "r")
        await paints(app, "Reason (optional)")
        await pilot.press("escape", "m")
        await typed(pilot, "sent it already")
        await pilot.press("enter")
        assert [(each.action, each.data) for each in app.answers] == [("respond", {"message": "sent it already"})]


def test_which_answer_a_request_gets() -> None:
    assert answer_kind(request("text_input")) == "text_input"
    assert answer_kind(request("text_input", schema=ROOM)) == "form"
    assert answer_kind(request("approval", schema={})) == "approval"
    assert answer_kind(request("approval", schema=ROOM)) == answer_kind(request("approval", **CALL)) == "review"
    assert answer_kind(request("choice", schema={"multiple": True})) == "choice"
    assert answer_kind(request("edit", schema=ROOM)) == "edit"
