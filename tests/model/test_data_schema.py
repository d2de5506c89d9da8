"""A request's own JSON Schema: every misfit with its place, dates and times included."""

from __future__ import annotations

from typing import Any

import pytest

from hitl_tui.errors import InvalidData
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


def test_our_own_words_cost_nothing() -> None:
    assert misfits({"multiple": True}, {"choices": [1]}) == misfits({"batch": True}, 5) == []
