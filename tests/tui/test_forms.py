"""Forms: what a schema asks for, the data that comes of it, and the widgets at 80 by 24 (rows 97, 98, 115)."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from hitl_tui.model.answer import check_answer
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.kinds import InteractionType
from hitl_tui.tui.forms.model import MISSING, Field, Form, Heading, Kind, form_of
from hitl_tui.tui.forms.values import Entry, fill, first_entry, value_of
from hitl_tui.tui.messages import LeaveAnswer
from hitl_tui.tui.widgets.form_answer import FormAnswer
from hitl_tui.tui.widgets.form_fields import FieldEditor
from hitl_tui.tui.widgets.picks import Picks
from hitl_tui.tui.widgets.review_answer import ReviewAnswer
from tests.tui.request_samples import Host, request, thread
from tests.tui.test_detail import paints, screen_text, shown
from tests.waiting import eventually

ROOM: dict[str, Any] = {
    "type": "object",
    "required": ["seats", "room", "contact"],
    "properties": {
        "seats": {"type": "integer", "minimum": 1, "maximum": 40, "title": "Seats", "description": "who\ncomes"},
        "room": {"enum": ["red", "blue", 3]},
        "beamer": {"type": "boolean"},
        "extras": {"type": "array", "items": {"enum": ["coffee", "lunch"]}},
        "day": {"type": "string", "format": "date"},
        "price": {"type": "number"},
        "note": {"type": "string", "default": "none"},
        "tags": {"type": "array", "items": {"type": "integer"}},
        "contact": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "phone": {"type": ["string", "null"]}},
        },
        "layout": {"oneOf": [{"type": "string"}, {"type": "object"}]},
    },
}


def named(form: Form) -> dict[str, Field]:
    return {".".join(field.path): field for field in form.fields}


def filled(form: Form, **entries: Entry) -> tuple[dict[str, Any], dict[str, str]]:
    """The data and the errors with these entries, `contact__name` for a nested one; the others as they came."""
    given = {field.path: first_entry(field) for field in form.fields}
    given |= {tuple(name.split("__")): entry for name, entry in entries.items()}
    found = fill(form, given)
    return found.data, {".".join(path): message for path, message in found.errors.items()}


def test_every_kind_of_field() -> None:
    form = form_of(ROOM)
    assert {name: field.kind for name, field in named(form).items()} == {
        "seats": Kind.INTEGER,
        "room": Kind.PICK,
        "beamer": Kind.PICK,
        "extras": Kind.PICKS,
        "day": Kind.DATE,
        "price": Kind.NUMBER,
        "note": Kind.TEXT,
        "tags": Kind.LIST,
        "contact.name": Kind.TEXT,
        "contact.phone": Kind.TEXT,
        "layout": Kind.JSON,
    }
    seats = named(form)["seats"]
    assert (seats.label, seats.required, seats.help) == ("Seats", True, "whole number · 1 to 40 · who comes")
    assert [part.label for part in form.parts if isinstance(part, Heading)] == ["contact"]
    assert named(form)["note"].initial == "none"


def test_types_are_kept_and_what_is_left_out_stays_out() -> None:
    """row 115: 42 stays a whole number"""
    data, errors = filled(
        form_of(ROOM), seats=" 42".replace("42", "12"), room=2, extras=[0, 1], tags="1\n\n 2 ", contact__name="Ann"
    )
    assert errors == {}
    assert data == {
        "seats": 12,
        "room": 3,
        "extras": ["coffee", "lunch"],
        "note": "none",
        "tags": [1, 2],
        "contact": {"name": "Ann"},
    }
    assert type(data["seats"]) is int
    assert filled(form_of(ROOM), price="3")[0]["price"] == 3
    assert type(filled(form_of(ROOM), price="3.0")[0]["price"]) is float
    assert "note" not in filled(form_of(ROOM), note="")[0]


def test_errors_stand_at_their_fields() -> None:
    data, errors = filled(form_of(ROOM), seats="many", day="1.3.", tags="1\nx", layout="{", price="inf")
    assert errors == {
        "seats": "'many' is no whole number",
        "room": "required, and missing",
        "day": "'1.3.' is no date: write it like 2026-03-15",
        "tags": "line 2: 'x' is no whole number",
        "layout": "no JSON: Expecting property name enclosed in double quotes in line 1, column 2",
        "price": "'inf' is no number",
        "contact.name": "required, and missing",
    }
    assert data["contact"] == {}
    assert "is greater than the maximum" in filled(form_of(ROOM), seats="41")[1]["seats"]
    whole = form_of({"type": "object", "properties": {"a": {"type": "string"}}, "minProperties": 1})
    assert list(filled(whole)[1]) == [""]


def test_null_where_the_schema_allows_it() -> None:
    schema = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {
            "a": {"type": ["integer", "null"]},
            "b": {"anyOf": [{"type": "null"}, {"enum": ["x", None]}]},
            "c": {"oneOf": [{"type": "string"}, {"type": "null"}]},
        },
    }
    form = form_of(schema)
    assert filled(form) == ({"a": None, "b": None}, {})
    assert filled(form, a="5", b=0, c="z") == ({"a": 5, "b": "x", "c": "z"}, {})


def test_one_and_true_are_two_choices() -> None:
    """row 98: only what was proposed is ticked"""
    picks = {"type": "array", "items": {"enum": [1, True, "x"]}}
    (field,) = form_of({"type": "object", "properties": {"a": picks}}, {"a": [1]}).fields
    assert (field.kind, first_entry(field)) == (Kind.PICKS, [0])


def test_references_and_titles() -> None:
    """As pydantic writes them."""
    schema = {
        "$defs": {
            "Level": {"enum": ["low", "high"], "title": "Level"},
            "Who": {"properties": {"n": {"$ref": "#/$defs/Level"}}},
        },
        "properties": {
            "level": {"$ref": "#/$defs/Level", "default": "low"},
            "who": {"allOf": [{"$ref": "#/$defs/Who"}]},
            "size": {"oneOf": [{"const": 1, "title": "small"}, {"const": 2, "title": "large"}]},
        },
    }
    fields = named(form_of(schema))
    assert (fields["level"].kind, fields["level"].initial) == (Kind.PICK, "low")
    assert fields["who.n"].choices == ("low", "high")
    assert (fields["size"].choices, fields["size"].labels) == ((1, 2), ("small", "large"))


@pytest.mark.parametrize(
    "schema",
    [
        {"oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]},
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "if": {"required": ["a"]}},
        {"$ref": "#/$defs/missing"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
        {"type": "object", "properties": {f"f{n}": {"type": "string"} for n in range(200)}},
        {"properties": 5},
        {"type": "object", "properties": {"a": {"type": "string", "maxLength": "x"}}},
    ],
)
def test_what_no_form_can_show_is_one_field_of_json(schema: dict[str, Any]) -> None:
    (field,) = form_of(schema).fields
    assert (field.path, field.kind) == ((), Kind.JSON)


@pytest.mark.parametrize(
    "inner",
    [
        {},
        {"type": "array", "items": {"type": "object"}},
        {"type": "array"},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        {"$ref": "elsewhere.json"},
        {"type": ["string", "integer"]},
        True,
    ],
)
def test_what_no_field_can_show_is_a_field_of_json_among_the_others(inner: Any) -> None:
    form = form_of({"type": "object", "properties": {"a": inner, "b": {"type": "string"}}})
    assert [(field.path, field.kind) for field in form.fields] == [(("a",), Kind.JSON), (("b",), Kind.TEXT)]


def test_row_98_a_proposal_is_kept_exactly_where_nobody_touched_it() -> None:
    """rows 97 and 98: also what is beyond the schema, and what does not fit the field"""
    proposed = {
        "seats": "many",
        "price": 1.0,
        "tags": ["x", 1],
        "room": "green",
        "note": "\x1b[31m\nred ",
        "hidden": [1],
        "contact": {"phone": None, "more": 1},
        "extras": ["lunch", "coffee"],
    }
    form = form_of(ROOM, proposed)
    fields = named(form)
    assert fields["hidden"].kind is fields["contact.more"].kind is fields["extras"].kind is Kind.JSON
    assert fields["tags"].kind is fields["room"].kind is Kind.JSON
    assert fields["note"].many_lines
    data, errors = filled(form)
    assert data == {key: value for key, value in proposed.items() if key != "seats"}
    assert set(errors) >= {"seats", "tags", "room", "contact.name"}
    assert type(data["price"]) is float
    # Defaults are not proposed.
    assert "note" not in filled(form_of(ROOM, {}))[0]


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', '{"a": 1e999}', "[" * 100_000, "5", ""])
def test_json_that_cannot_be_stored_is_refused(text: str) -> None:
    (field,) = form_of({"type": "object"}).fields
    assert fill(form_of({"type": "object"}), {field.path: text}).errors or text == ""


VALUES: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any]]] = {
    "text": ({"type": "string"}, st.text()),
    "whole": ({"type": "integer"}, st.integers()),
    "number": ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False) | st.integers()),
    "flag": ({"type": "boolean"}, st.booleans()),
    "pick": ({"enum": ["a", 1, None, True, 1.5]}, st.sampled_from(["a", 1, None, True, 1.5])),
    "list": ({"type": "array", "items": {"type": "string"}}, st.lists(st.text())),
    "numbers": ({"type": "array", "items": {"type": "number"}}, st.lists(st.integers())),
    "picks": ({"type": "array", "items": {"enum": ["x", "y"]}}, st.lists(st.sampled_from(["x", "y"]))),
    "free": ({}, st.none() | st.integers() | st.dictionaries(st.text(), st.text())),
    "nested": (
        {"type": "object", "properties": {"a": {"type": "string"}}},
        st.fixed_dictionaries({}, optional={"a": st.text(), "b": st.integers()}),
    ),
}


@settings(max_examples=25)
@given(st.fixed_dictionaries({}, optional={name: strategy for name, (_, strategy) in VALUES.items()}))
def test_any_proposal_comes_back_as_it_was(proposed: dict[str, Any]) -> None:
    """row 98: what stands in the form and was not changed is what was proposed"""
    form = form_of({"type": "object", "properties": {name: schema for name, (schema, _) in VALUES.items()}}, proposed)
    data, errors = filled(form)
    assert errors == {}
    assert {key: value for key, value in proposed.items() if value != {} or key in data} == data
    assert json.dumps(data, sort_keys=True) == json.dumps({key: proposed[key] for key in data}, sort_keys=True)


@settings(max_examples=25)
@given(st.sampled_from(list(Kind)), st.text())
def test_any_text_is_a_value_or_an_error_in_words(kind: Kind, text: str) -> None:
    field = Field(("a",), kind, "a", choices=("x", "y"), item=Kind.NUMBER)
    entry: Entry = text if kind not in (Kind.PICK, Kind.PICKS) else (1 if kind is Kind.PICK else [1])
    with contextlib.suppress(ValueError):
        assert value_of(field, entry) is MISSING or text.strip() or kind in (Kind.PICK, Kind.PICKS)


def answers(app: Host) -> list[tuple[str, Any]]:
    """What was submitted; each passes the model's own check."""
    for each in app.answers:
        asked = app.pane.request
        assert asked is not None
        made = HumanInteractionRequest(
            thread_id=each.thread_id,
            node_name=asked.node,
            interaction_type=InteractionType(asked.type),
            prompt=asked.prompt,
            context=asked.context,
            response_schema=asked.schema,
        )
        check_answer(made, each.action, each.data)
    return [(each.action, each.data) for each in app.answers]


async def typed(pilot: Pilot[None], text: str) -> None:
    """At once: a key by itself costs the test a round through the app."""
    assert isinstance(pilot.app.focused, (TextArea, Input))
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()


async def test_a_form_is_filled_in_by_keys_alone() -> None:
    """Tab and Enter go on, letters and arrows pick, ctrl+s submits; values have the schema's types."""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input", schema=ROOM, context={})
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
        assert answers(app) == [
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
        assert answers(app) == [("respond", {"f0": "x", "f37": 42})]


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
        assert answers(app) == [("respond", {"a": 1})]


HOSTILE = "\x1b[31m\u202e[/x] [@click=app.quit]x[/] \x9b \ud800"


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
        assert answers(app) == [("approve", None)]


async def test_row_98_edit_is_filled_in_with_the_proposed_arguments() -> None:
    """rows 98 and 115: what is not touched stays as proposed, types and all"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **CALL)
        await pilot.press("e")
        await eventually(lambda: isinstance(app.focused, FieldEditor) and app.focused.text == "ann")
        await pilot.press("tab", "tab", "end", "0", "ctrl+s")
        await eventually(lambda: bool(app.answers))
        edited = {"to": "ann", "body": "Dear Ann,\nbest", "copies": 20, "urgent": False}
        assert answers(app) == [("edit", {"args": edited})]


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
        assert answers(app) == [("approve", None)]


async def test_wrong_arguments_are_named_at_the_field() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **CALL)
        await pilot.press("e", "tab", "tab", "home", "-", "ctrl+s")
        await paints(app, "is less than the minimum of 0")
        assert app.answers == []
        await pilot.press("escape", "r")
        await typed(pilot, "no")
        await pilot.press("enter")
        assert answers(app) == [("reject", {"reason": "no"})]


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
        assert answers(app) == [("approve", {"limit": 5})]


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
        assert answers(app) == [("approve", {"b": False})]


async def test_row_20_several_options_are_ticked() -> None:
    """row 20: digits and space tick, Enter submits"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "choice", schema={"multiple": True})
        await pilot.press("enter")
        await paints(app, "Nothing is ticked yet")
        await pilot.press("1", "3", "1", "down", "space", "tab")
        await typed(pilot, "why")
        await pilot.press("enter")
        (given,) = app.answers
        assert (given.action, given.data) == ("choose", {"choices": [2, 3], "justification": "why"})
        assert "☑ 3" in screen_text(app)


def test_which_answer_a_request_gets() -> None:
    from hitl_tui.tui.widgets.answer_kinds import answer_kind

    assert answer_kind(request("text_input")) == "text_input"
    assert answer_kind(request("text_input", schema=ROOM)) == "form"
    assert answer_kind(request("approval", schema={})) == "approval"
    assert answer_kind(request("approval", schema=ROOM)) == answer_kind(request("approval", **CALL)) == "review"
    assert answer_kind(request("choice", schema={"multiple": True})) == "choice"
    assert answer_kind(request("edit", schema=ROOM)) == "edit"
    assert FormAnswer is not None
