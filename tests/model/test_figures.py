"""Numbers as a terminal shows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.model.figures import bar, brief, chart, percent, sparks

COUNTS = st.lists(st.integers(0, 10**9), max_size=60)


@pytest.mark.parametrize(
    ("rate", "words"),
    [(None, "–"), (0.0, "0 %"), (0.0001, "0.1 %"), (0.049, "4.9 %"), (0.5, "50 %"), (0.9999, "99 %"), (1.0, "100 %")],
)
def test_percent(rate: float | None, words: str) -> None:
    assert percent(rate) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((None, "–"), (0.04, "0.0s"), (9.5, "9.5s"), (59.9, "59s"), (60, "1m"), (200, "3m20s")),
        *((6000, "1h40m"), (3 * 86_400 + 7_300, "3d2h"), (86_400, "1d")),
    ],
)
def test_brief(seconds: float | None, words: str) -> None:
    assert brief(seconds) == words


def test_sparks() -> None:
    assert sparks([]) == ""
    assert sparks([0, 0]) == "··"
    assert sparks([0, 1, 2, 4]) == "·▃▅█"
    assert sparks([1, 1, 4, 4, 0, 0], cells=3) == "▃█·"


def test_chart() -> None:
    assert chart([0, 1, 4], 2, 1) == ["  █", "·▄█"]
    assert chart([1, 2], 1, 3) == ["▄▄ ██"]


@given(COUNTS, st.integers(1, 40))
def test_something_is_never_drawn_as_nothing(counts: list[int], cells: int) -> None:
    drawn = sparks(counts, cells)
    assert len(drawn) <= max(cells, 0)
    assert ("·" * len(drawn) == drawn) == (not any(counts))
    rows = chart(counts, 3, 2)
    assert len(rows) == 3
    assert [rows[-1][place : place + 1] == "·" for place in range(0, 2 * len(counts), 2)] == [not n for n in counts]
    for count in counts:
        drawn = bar(count / max(max(counts), 1), cells)
        assert len(drawn) == cells
        assert ("█" in drawn) == (count > 0)
