"""Durations as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.model.durations import parse_duration, parse_durations, written


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30m", 1800),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1 h 30 min", 5400),
        ("1d", 86400),
        ("2 days", 172800),
        ("1w", 604800),
        ("1.5h", 5400),
        ("90", 90),
        ("90S", 90),
        (3600, 3600),
        (90.0, 90),
    ],
)
def test_lengths_of_time(value: Any, seconds: int) -> None:
    assert parse_duration(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "soon", "m", "-1h", "0", 0, -5, True, None, [], "1h30", "30mo", "1x", "1:30", "99999d"),
        *(float("nan"), float("inf"), "9" * 5000, "1h" * 9999 + "!", "٣m"),
    ],
)
def test_anything_else_is_refused_with_the_way_to_write_it(value: Any) -> None:
    with pytest.raises(ValueError, match="30m, 2h"):
        parse_duration(value)


def test_an_integer_too_long_to_print_is_refused() -> None:
    with pytest.raises(ValueError, match="30m, 2h"):
        parse_duration(10**5000)


@given(st.text() | st.integers() | st.floats() | st.text(alphabet="0123456789hmsd. "))
def test_a_whole_number_of_seconds_or_value_error(value: Any) -> None:
    try:
        seconds = parse_duration(value)
    except ValueError:
        return
    assert 1 <= seconds <= 3650 * 86400


@given(st.integers(0, 30), st.integers(0, 23), st.integers(0, 59), st.integers(1, 59))
def test_parts_add_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    expected = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    assert parse_duration(f"{days}d{hours}h{minutes}m{seconds}s") == expected


@given(st.integers(1, 3650 * 86400))
def test_what_is_written_is_read(seconds: int) -> None:
    assert parse_duration(written(seconds)) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("10m", [600]), (90, [90]), (["1h", "1d", "60m"], [86400, 3600]), ("1h | 1d", [86400, 3600]), ((60,), [60])],
)
def test_several_lengths_of_time(value: Any, seconds: list[int]) -> None:
    assert parse_durations(value) == seconds


@pytest.mark.parametrize("value", [[], "", "1h|", ["1h", "soon"], [["1h"]], None, {"1h": 1}])
def test_one_that_is_none_spoils_them_all(value: Any) -> None:
    with pytest.raises(ValueError, match="30m, 2h"):
        parse_durations(value)
