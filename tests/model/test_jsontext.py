"""The codec of the state (row 165)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.errors import NotSerialisable
from hitl_tui.model.jsontext import canonical, digest, from_iso, from_json, iso, to_json

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.datetimes(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON)
def test_round_trip(value: Any) -> None:
    """row 165: datetimes survive"""
    assert from_json(to_json(value)) == value


@pytest.mark.parametrize(
    ("state", "field"),
    [
        ({"database_connection": threading.Lock()}, "state.database_connection"),
        ({"a": [{"file_handle": object()}]}, "state.a[0].file_handle"),
        ({"ratio": float("nan")}, "state.ratio"),
        ({"names": {1: "x"}}, "state.names"),
        ({"tags": {"x"}}, "state.tags"),
    ],
)
def test_the_field_is_named(state: dict[str, Any], field: str) -> None:
    """row 165"""
    with pytest.raises(NotSerialisable) as caught:
        to_json(state)
    assert caught.value.details["field"] == field
    assert field in caught.value.message


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_that_could_not_be_read_again_is_not_stored(sign: int) -> None:
    """row 165: a thread with one in its state would stop every runner that claims it"""
    largest = sign * (10**4300 - 1)
    assert from_json(to_json({"n": largest})) == {"n": largest}
    with pytest.raises(NotSerialisable, match=r"state\.n is a number of more than 4300 digits"):
        to_json({"n": largest + sign})


def test_aware_datetimes_keep_their_moment() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=13)))
    assert from_json(to_json({"at": moment}))["at"] == moment
    assert iso(moment) == "2026-01-01T14:04:05.000006Z"
    assert from_iso(iso(moment)) == moment.astimezone(UTC)


def test_canonical_form_ignores_key_order() -> None:
    assert canonical({"b": 1, "a": 2}) == '{"a":2,"b":1}'
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})


@pytest.mark.parametrize(
    "value",
    [
        {"$datetime": "garbage"},
        {"$datetime": "2026-01-01"},
        {"$dict": {"$datetime": "2026-01-01"}},
        {"$dict": {"$dict": 1}},
        {"$dict": 1},
        {"a": [{"$datetime": None}], "$datetime": "x"},
    ],
)
def test_what_looks_like_our_notation_comes_back_as_it_was(value: Any) -> None:
    assert from_json(to_json(value)) == value


@pytest.mark.parametrize(
    "value",
    ["\ud800", {"a\udfff": "é\x00\u2028🎉"}, 10**400, -0.0, 5e-324, 1.7976931348623157e308, 1e22, 2**63, [[]]],
)
def test_odd_values_come_back(value: Any) -> None:
    back = from_json(to_json(value))
    assert (back, repr(back)) == (value, repr(value))


def test_a_deep_value_comes_back() -> None:
    value: Any = "deep"
    for _ in range(300):
        value = [value]
    assert from_json(to_json(value)) == value


def test_text_enums_are_their_text() -> None:
    class Colour(str, Enum):  # noqa: UP042 - its `str()` is not its text
        RED = "red"

    assert from_json(to_json({"x": Colour.RED})) == {"x": "red"}
