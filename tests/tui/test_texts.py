"""The pure parts of the request side: times, wrapping, differences."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hitl_tui.inbox.views import Turn
from hitl_tui.safe_text import visible
from hitl_tui.tui.diffing import diff
from hitl_tui.tui.time_left import age, elapsed, is_overdue, time_left
from hitl_tui.tui.widgets.transcript import transcript_lines
from hitl_tui.tui.wrapping import wrap
from tests.tui.request_samples import turns

NOW = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "overdue"),
        (0, "overdue"),
        (59, "<1m"),
        (60, "1m"),
        (12 * 60 + 59, "12m"),
        (100 * 60, "1h40m"),
        (3 * 3600, "3h"),
        (9 * 3600 + 300, "9h05m"),
        (26 * 3600 + 1200, "26h"),
        (3 * 86400 + 7200, "3 d"),
    ],
)
def test_time_left_at_a_glance(seconds: int, shown: str) -> None:
    """row 47"""
    due = NOW + timedelta(seconds=seconds)
    assert time_left(due, NOW) == shown
    assert is_overdue(due, NOW) is (shown == "overdue")


def test_without_a_due_time_there_is_none_left() -> None:
    assert time_left(None, NOW) == ""
    assert not is_overdue(None, NOW)


def test_how_long_ago_and_how_long_already() -> None:
    assert age(NOW - timedelta(hours=5), NOW) == "5h"
    assert age(NOW + timedelta(hours=5), NOW) == "<1m"
    assert [elapsed(NOW - timedelta(seconds=s), NOW) for s in (8, 125, 6000)] == ["8s", "2m05s", "1h40m"]


_TEXT = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp"))) | st.text(alphabet="ab  日é")


@given(_TEXT, st.integers(2, 30))
def test_rows_hold_every_character_once_and_fit(text: str, width: int) -> None:
    text = visible(text)
    rows = wrap(text, width)
    assert "".join(text[start:end] for start, end in rows) == text
    assert all(cell_len(text[start:end].rstrip(" ")) <= width for start, end in rows)
    assert all(end > start for start, end in rows[1:])


def test_words_stay_whole_where_they_fit() -> None:
    for text in ("alpha beta gamma delta", "älpha beta gamma delta"):
        assert [text[start:end].strip() for start, end in wrap(text, 11)] == [text[:10], "gamma delta"]


def test_a_megabyte_without_a_space_is_wrapped() -> None:
    assert len(wrap("x" * 1_000_000, 60)) == 16_667
    assert len(wrap("日" * 100_000, 60)) == 3_334


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_a_difference_counts_its_lines(old: list[str], new: list[str]) -> None:
    found = diff("\n".join(old), "\n".join(new))
    signs = [line.sign for line in found.lines]
    assert signs.count("-") == found.removed
    assert signs.count("+") == found.added
    assert (found.removed == found.added == 0) is ("\n".join(old) == "\n".join(new))


def test_changed_words_are_marked() -> None:
    """row 18"""
    found = diff("one\nthe old line here\nlast", "one\nthe new line here\nlast")
    old, new = (line for line in found.lines if line.sign in "-+")
    assert [old.text[start:end] for start, end in old.changed] == ["old"]
    assert [new.text[start:end] for start, end in new.changed] == ["new"]


def test_long_unchanged_runs_are_left_out_and_say_so() -> None:
    same = "\n".join(map(str, range(50)))
    found = diff(f"{same}\nold", f"{same}\nnew")
    assert [line.text for line in found.lines] == ["48 unchanged lines", "48", "49", "old", "new"]


def test_a_difference_of_huge_texts_ends() -> None:
    found = diff("a b " * 20_000, "b a " * 20_000)
    assert (found.removed, found.added) == (1, 1)
    found = diff("a\nb\n" * 5_000, "b\na\n" * 5_000)
    assert found.removed


def test_a_timeout_in_a_conversation_looks_neither_like_a_person_nor_like_a_question() -> None:
    """row 31, row 73"""
    late = Turn("system", "(nobody answered in time)", NOW, human=False, asks=False)
    lines = transcript_lines([*turns(), late])
    assert [line.lead for line in lines if line.lead] == ["·", "›", "·", "·"]
    assert (lines[-1].text, lines[-1].style) == (late.text, "")
