"""Forms: what a schema asks for, and the data that comes of it (rows 97, 98, 115)."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitl_tui.model import schema_keywords
from hitl_tui.tui.forms.model import MISSING, Field, Form, Heading, Kind, form_of
from hitl_tui.tui.forms.values import Entry, fill, first_entry, value_of
from tests.tui.request_samples import ROOM


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
    data, errors = filled(form_of(ROOM), seats=" 12", room=2, extras=[0, 1], tags="1\n\n 2 ", contact__name="Ann")
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


def test_a_check_that_takes_too_long_is_an_error_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_keywords, "BUDGET", 0.02)
    form = form_of({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a|aa)+$"}}})
    data, errors = filled(form, a="a" * 60 + "!")
    assert errors[""].startswith("a: the check of this answer against the request's schema takes more than")
    assert data == {"a": "a" * 60 + "!"}


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


def test_a_text_that_looks_like_another_value_is_told_apart() -> None:
    (field,) = form_of({"type": "object", "properties": {"a": {"enum": [1, "1", "x", True, "true"]}}}).fields
    assert field.labels == ("1", '"1"', "x", "true", '"true"')


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


def test_what_a_description_hides_stays_in_it() -> None:
    """The screen shows it as signs."""
    field = named(form_of({"properties": {"a": {"type": "string", "description": " one\n two\r\x85 "}}}))["a"]
    assert "one two\r\x85" in field.help


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
