"""A row of the list, and the parts of a long list that are loaded: pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hitl_tui.inbox.views import Item
from hitl_tui.safe_text import visible
from hitl_tui.tui.widgets.item_line import item_line, placeholder_line
from hitl_tui.tui.widgets.item_windows import WINDOW, ItemWindows, window_numbers

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ITEM = Item(
    thread_id="deploy-1a2b3c4d",
    graph="Deploy",
    status="paused",
    created_at=NOW - timedelta(hours=3),
    updated_at=NOW - timedelta(minutes=5),
    node="gate",
    type="approval",
    prompt="Release payment_service v2.1.0 to production?\nCheck the migrations.",
    request_id="r1",
    due_at=NOW + timedelta(minutes=12),
    risk="high",
)


def text(item: Item, width: int = 80, *, cursor: bool = False) -> str:
    return "".join(piece for piece, _ in item_line(item, width, NOW, cursor=cursor))


def styles(item: Item) -> dict[str, str]:
    return {style: piece for piece, style in item_line(item, 80, NOW, cursor=False)}


def test_a_row_says_what_is_asked_of_whom_and_until_when() -> None:
    line = text(ITEM, 100)
    assert line.startswith("  A  Release payment_service v2.1.0 to production?  ")
    assert "deploy-1a2b3c4d" in line
    assert line.rstrip().endswith("▲    12m")
    assert "migrations" not in line
    assert text(ITEM, 100, cursor=True).startswith("▌")


@pytest.mark.parametrize(
    ("kind", "letter"),
    [("approval", "A"), ("edit", "E"), ("choice", "C"), ("text_input", "T"), ("conversation", "…")],
)
def test_each_type_has_its_letter(kind: str, letter: str) -> None:
    assert text(replace(ITEM, type=kind))[2] == letter


def test_only_what_is_overdue_is_marked_so() -> None:
    assert "overdue" not in styles(ITEM)
    assert styles(replace(ITEM, due_at=NOW)).get("overdue", "").strip() == "overdue"


def test_a_request_without_a_due_time_shows_its_age() -> None:
    assert text(replace(ITEM, due_at=None)).rstrip().endswith(" 3h")


def test_what_is_put_aside_shows_when_it_comes_back() -> None:
    aside = replace(ITEM, snoozed_until=NOW + timedelta(minutes=5))
    assert text(aside).rstrip().endswith("z 5m")
    assert text(replace(aside, snoozed_until=NOW)).rstrip().endswith(" 12m")


def test_two_items_with_one_prompt_can_be_told_apart_in_a_narrow_list() -> None:
    other = replace(ITEM, thread_id="deploy-9f8e7d6c")
    assert text(ITEM, 44) != text(other, 44)
    assert "2b3c4d" in text(ITEM, 44)


def test_whose_it_is_stands_in_the_row_where_there_is_room() -> None:
    given = replace(ITEM, assignee="Marguerite")
    assert " @Margueri…  " in text(given, 100)
    assert "@" not in text(given, 44), "a narrow row needs its title"
    assert "@" not in text(ITEM, 100)
    assert " +5 @Margueri…  " in text(replace(given, priority=5), 100)
    assert " -3  " in text(replace(ITEM, priority=-3), 100)


@pytest.mark.parametrize(
    ("status", "glyph"), [("ready", "○"), ("running", "◐"), ("completed", "✓"), ("failed", "×"), ("cancelled", "–")]
)
def test_a_thread_without_a_question_shows_its_status_and_node(status: str, glyph: str) -> None:
    thread = replace(ITEM, status=status, type=None, prompt=None, request_id=None, due_at=None, risk=None)
    line = text(thread)
    assert line[2] == glyph
    assert "Deploy · gate" in line
    assert status in line


def test_a_failed_thread_shows_its_error_and_a_blocked_one_why() -> None:
    thread = replace(ITEM, status="failed", type=None, prompt=None, request_id=None, error="out of disk\nmore")
    assert "out of disk" in text(thread)
    assert "more" not in text(thread)
    assert "not trusted" in text(replace(thread, status="ready", error=None, blocked="/x/agents.py"))


@given(
    prompt=st.text(), node=st.text(), thread=st.text(min_size=1), graph=st.text(), width=st.integers(20, 200),
    asks=st.booleans(), cursor=st.booleans(), whose=st.none() | st.text(),
)  # fmt: skip
def test_any_text_fills_the_row_exactly_and_safely(
    prompt: str, node: str, thread: str, graph: str, width: int, asks: bool, cursor: bool, whose: str | None
) -> None:
    item = replace(
        ITEM, prompt=prompt, node=node, thread_id=thread, graph=graph, request_id="r" if asks else None,
        type="choice" if asks else None, error=prompt, assignee=whose,
    )  # fmt: skip
    line = text(item, width, cursor=cursor)
    assert cell_len(line) == width
    assert visible(line) == line


def test_a_placeholder_fills_the_row() -> None:
    assert cell_len("".join(piece for piece, _ in placeholder_line(50, cursor=True))) == 50


def items(first: int, count: int) -> list[Item]:
    return [replace(ITEM, request_id=f"r{number}") for number in range(first, first + count)]


def test_windows_find_rows_by_number_and_by_key() -> None:
    windows = ItemWindows()
    windows.replace(3 * WINDOW, {1: items(WINDOW, WINDOW)})
    assert windows.item(0) is None
    assert windows.missing(0, 2 * WINDOW) == [0]
    found = windows.item(WINDOW + 5)
    assert found is not None and found.key == f"r{WINDOW + 5}"
    assert windows.row_of(f"r{WINDOW + 7}") == WINDOW + 7
    assert windows.row_of("r0") is None
    windows.put(0, items(0, WINDOW))
    assert [item.key for item in windows.items(0, 2) if item] == ["r0", "r1"]


def test_only_so_many_windows_are_kept() -> None:
    windows = ItemWindows()
    windows.replace(100 * WINDOW, {})
    for index in range(100):
        windows.put(index, items(index * WINDOW, 1))
    assert windows.item(0) is None
    assert windows.item(99 * WINDOW) is not None
    assert len(windows.missing(0, 100 * WINDOW)) == 88


def test_window_numbers_cover_the_rows_and_no_more() -> None:
    assert list(window_numbers(0, 1)) == [0]
    assert list(window_numbers(0, WINDOW)) == [0]
    assert list(window_numbers(WINDOW - 1, WINDOW + 1)) == [0, 1]
    assert list(window_numbers(5, 5)) == []
