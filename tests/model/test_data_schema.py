"""A request's own JSON Schema: every misfit with its place, dates and times included."""

from __future__ import annotations

from typing import Any

import pytest

from hitl_tui.errors import InvalidData
from hitl_tui.model import schema_keywords
from hitl_tui.model.data_schema import check, is_day, is_moment, misfits, problem_of

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name", "address"],
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "mail": {"type": "string", "format": "email"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "address": {"type": "object", "required": ["city", "zip"], "properties": {"zip": {"type": "integer"}}},
    },
}


def found(data: Any) -> dict[str, str]:
    return {misfit.field: misfit.message for misfit in misfits(SCHEMA, data)}


def test_every_misfit_with_its_place() -> None:
    assert found({"name": "Ann", "address": {"city": "Ulm", "zip": 1}, "day": "2026-03-15"}) == {}
    assert list(found({"name": "A", "address": {"zip": "1"}, "tags": ["x", 2], "day": "15.3."})) == [
        "address.city",
        "address.zip",
        "day",
        "name",
        "tags.1",
    ]
    assert found({}) == {"address": "required, and missing", "name": "required, and missing"}
    with pytest.raises(InvalidData, match="address: required, and missing") as refused:
        check(SCHEMA, {})
    assert [each["field"] for each in refused.value.details["misfits"]] == ["address", "name"]


def test_a_long_value_is_not_repeated_whole() -> None:
    assert len(found({"name": "n", "address": "x" * 100_000})["address"]) < 400


@pytest.mark.parametrize("text", ["2026-03-15", "2024-02-29"])
def test_days(text: str) -> None:
    assert is_day(text)


@pytest.mark.parametrize("text", ["2026-02-29", "20260315", "2026-3-5", "2026-03-15T00:00:00Z", "", "2026-W10-1"])
def test_no_days(text: str) -> None:
    assert not is_day(text)
    assert "write it like 2026-03-15" in found({"name": "Ann", "address": {"city": 1, "zip": 1}, "day": text})["day"]


@pytest.mark.parametrize("text", ["2026-03-15T14:00:00Z", "2026-03-15t14:00:00.25+01:00", "2026-03-15 14:00Z"])
def test_moments(text: str) -> None:
    assert is_moment(text)


@pytest.mark.parametrize("text", ["2026-03-15", "2026-03-15T14:00:00", "2026-03-15T25:00:00Z", "now"])
def test_no_moments(text: str) -> None:
    assert not is_moment(text)


def test_amounts_are_multiples_as_they_are_written() -> None:
    money = {"type": "number", "multipleOf": 0.01}
    assert [cents for cents in (7, 29, 110, 435, 1999, 10_000) if misfits(money, cents / 100)] == []
    assert misfits(money, 1e300) == misfits(money, 10**400) == misfits({"multipleOf": 3}, 9) == []
    assert [misfit.message for misfit in misfits(money, 0.015)] == ["0.015 is not a multiple of 0.01"]
    assert misfits({"multipleOf": 3}, 10.0)
    assert misfits(money, float("inf"))


@pytest.mark.parametrize(
    ("value", "is_unique"),
    [
        ([], True),
        ([1, True, "1", [1], [True], {"a": 1}, {"a": True}, None], True),
        ([0, False, "", [], {}, None], True),
        ([1, 1.0], False),
        ([{"a": 1, "b": [2]}, {"b": [2.0], "a": 1}], False),
        ([[1, 2], [2, 1]], True),
        ("aa", True),
    ],
)
def test_items_are_unique_as_json_has_it(value: Any, is_unique: bool) -> None:
    message = [] if is_unique else [f"{value} has non-unique elements"]
    assert [misfit.message for misfit in misfits({"uniqueItems": True}, value)] == message
    assert misfits({"uniqueItems": False}, value) == []


def test_unique_items_are_not_compared_in_pairs() -> None:
    class Counted(str):
        compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            Counted.compared += 1
            return str.__eq__(self, other)

    lines = [{"iban": Counted(f"DE{n}"), "amount": n} for n in range(200)]
    assert misfits({"uniqueItems": True}, lines) == []
    assert Counted.compared < 1000


def test_other_formats_are_left_open() -> None:
    assert found({"name": "Ann", "address": {"city": 1, "zip": 1}, "mail": "no mail"}) == {}


def test_a_schema_that_is_none_is_the_authors_fault() -> None:
    with pytest.raises(InvalidData, match="the request's schema is no JSON Schema"):
        misfits({"type": "strin"}, {})
    endless = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    with pytest.raises(InvalidData, match="refers to itself"):
        misfits(endless, {})


@pytest.mark.parametrize(
    ("reference", "is_found"),
    [
        ("#/$defs/seats", True),
        ("#", True),
        ("#hall", True),
        ("https://json-schema.org/draft/2020-12/schema", True),
        ("#/nope", False),
        ("#/required/x", False),
        ("#/$defs/any/x", False),
        ("http://127.0.0.1:9/x.json", False),
    ],
)
def test_a_schema_holds_what_it_refers_to(reference: str, is_found: bool) -> None:
    """A form that refers to what it does not have would refuse every answer."""
    parts = {"seats": {"type": "integer"}, "hall": {"$anchor": "hall"}, "any": True}
    schema = {"required": ["a"], "$defs": parts, "properties": {"a": {"items": {"$ref": reference}}}}
    assert problem_of(schema) == (None if is_found else f"it refers to {reference}, which is not part of it")


@pytest.mark.parametrize("part", [{"pattern": "("}, {"multipleOf": 0}, {"items": {"$ref": "#/parts/nope"}}, 5])
def test_what_only_a_reference_leads_to_is_looked_at_as_well(part: Any) -> None:
    schema = {"parts": {"odd": part, "even": {"items": {"$ref": "#/parts/even"}}}, "properties": {}}
    assert problem_of(schema | {"$ref": "#/parts/even"}) is None
    assert problem_of(schema | {"$ref": "#/parts/odd"})


def test_our_own_words_cost_nothing() -> None:
    assert misfits({"multiple": True}, {"choices": [1]}) == misfits({"batch": True}, 5) == []


SLOW = "^(a|aa)+$"
LONG = "a" * 60 + "!"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    ("schema", "data", "field"),
    [
        ({"properties": {"text": {"pattern": SLOW}}}, {"text": LONG}, "text"),
        ({"properties": {"l": {"items": {"not": {"pattern": SLOW}}}}}, {"l": ["a", LONG]}, "l.1"),
        ({"patternProperties": {SLOW: {"type": "string"}}}, {LONG: "x"}, LONG),
        ({"additionalProperties": False, "patternProperties": {SLOW: {}}}, {LONG: "x"}, LONG),
        # A part that names another draft is checked no longer than the others.
        ({"properties": {"text": {"pattern": SLOW, "$schema": DRAFT_7}}}, {"text": LONG}, "text"),
    ],
)
def test_a_pattern_that_takes_too_long(
    schema: dict[str, Any], data: dict[str, Any], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema_keywords, "BUDGET", 0.02)
    with pytest.raises(InvalidData) as refused:
        misfits(schema, data)
    takes = "the check of this answer against the request's schema takes more than 0.02 seconds"
    assert refused.value.message == f"{field}: {takes}, because of the pattern {SLOW}"
    assert refused.value.hint == "the workflow's author must mend the pattern"
    assert refused.value.details["field"] == field


@pytest.mark.parametrize("words", [{}, {"unevaluatedProperties": False}])
def test_a_schema_that_asks_for_the_same_without_end(words: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    doubled = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(30)}
    schema = {**words, "$ref": "#/$defs/a0", "$defs": {**doubled, "a30": {"type": "object"}}}
    monkeypatch.setattr(schema_keywords, "BUDGET", 0.02)
    with pytest.raises(InvalidData, match=r"takes more than 0\.02 seconds\n") as refused:
        misfits(schema, {"text": "x"})
    assert refused.value.hint == "the workflow's author must mend the schema"


def test_patterns_are_searched() -> None:
    schema = {"pattern": "b{2}", "additionalProperties": False, "properties": {"b": {}}}
    schema["patternProperties"] = {"x$": {"pattern": "b{2}"}, "^y": {}}
    assert misfits(schema, {"b": 1, "ax": "abba", "yes": 2}) == misfits(schema, 5) == misfits(schema, "abba") == []
    assert [misfit.message for misfit in misfits(schema, "aba")] == ["'aba' does not match 'b{2}'"]
    assert {misfit.field: misfit.message for misfit in misfits(schema, {"ax": "aba", "xa": 1, "c": 2})} == {
        "": "'c', 'xa' do not match any of the regexes: '^y', 'x$'",
        "ax": "'aba' does not match 'b{2}'",
    }
    assert [misfit.field for misfit in misfits({**schema, "additionalProperties": {"type": "null"}}, {"c": 2})] == ["c"]


@pytest.mark.parametrize(
    ("pattern", "fitting", "misfitting"),
    [
        ("^PO-{d}$", "PO-{d}", "PO"),
        ("^(?:DE|AT){s}$", "AT{s}", "XX"),
        (r"^{id}-\d+$", "{id}-5", "-5"),
        ("R{3d<", "R{3d<", "RRR"),
        ("^[{e}]{2}$", "{e", "xx"),
        (r"^\{i}\\{i}$", r"{i}\{i}", "{i}"),
        ("^a{1}b{1,}c{,1}d{0,2}$", "abbdd", "a{1}"),
        (r"^\p{Lu}\P{L}\N{DIGIT ONE}$", "Ä-1", "äb1"),
    ],
)
def test_a_brace_counts_or_means_itself(pattern: str, fitting: str, misfitting: str) -> None:
    assert problem_of({"pattern": pattern}) is None
    assert misfits({"pattern": pattern}, fitting) == []
    assert misfits({"pattern": pattern}, misfitting)


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"properties": {"text": {"pattern": "("}}}, "properties.text.pattern: '(' is not a 'regex'"),
        ({"patternProperties": {"[z-a]": {}}}, "patternProperties: '[z-a]' is not a 'regex'"),
        ({"pattern": 5}, "pattern: 5 is not of type 'string'"),
        ({"pattern": "a{" + "9" * 5000 + "}"}, "pattern: 'a{" + "9" * 5000 + "}' is not a 'regex'"),
        ({"pattern": r"^\p{L}+$"}, None),
    ],
)
def test_a_pattern_is_a_regular_expression(schema: dict[str, Any], problem: str | None) -> None:
    assert problem_of(schema) == problem


@pytest.mark.parametrize(
    ("schema", "is_one"),
    [
        ({"patternProperties": {"^a": {}}, "unevaluatedProperties": False}, False),
        ({"allOf": [{"patternProperties": {"^a": {}}}], "unevaluatedProperties": False}, False),
        ({"x": {"y": {"patternProperties": {}}}, "$ref": "#/x/y", "unevaluatedProperties": False}, False),
        ({"patternProperties": {"^a": {}}, "additionalProperties": False}, True),
        ({"properties": {"a": {}}, "unevaluatedProperties": False}, True),
    ],
)
def test_pattern_properties_go_with_additional_ones(schema: dict[str, Any], is_one: bool) -> None:
    """Beside `unevaluatedProperties`, names would be searched by a library that knows no limit of time."""
    problem = "patternProperties goes with additionalProperties, not with unevaluatedProperties"
    assert problem_of(schema) == (None if is_one else problem)
    if not is_one:
        with pytest.raises(InvalidData, match=problem):
            misfits(schema, {})
