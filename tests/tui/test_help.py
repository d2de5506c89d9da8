"""`?`: every key that works here, in as many columns as there is room for."""

from __future__ import annotations

from pathlib import Path

from hitl_tui.tui.screens.help import column_lines, halves
from tests.tui.threads import ask, listed, on_screen, opened, painted
from tests.waiting import eventually


def test_two_columns_are_as_equally_high_as_whole_groups_can_be() -> None:
    blocks = [(str(rows), [("k", "words")] * rows) for rows in (9, 3, 4, 2)]
    assert [[name for name, _ in half] for half in halves(blocks)] == [["9"], ["3", "4", "2"]]


def test_words_that_are_too_long_go_on_below_themselves() -> None:
    lines = [line.plain for line in column_lines([("List", [("ctrl+d", "half a page down the list")])], 26)]
    assert lines == ["List", "ctrl+d       half a page", "             down the list"]


async def test_wide_terminals_have_two_columns(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", kind="choice")
        await listed(screen, 1)
        await pilot.press("question_mark")
        await eventually(on_screen(pilot, "The list"))
        (row,) = [line for line in painted(pilot) if "The list" in line]
        assert "Everywhere" not in row
        # Nine keys for one deed are one line.
        await eventually(on_screen(pilot, "1-9          The option of that number"))
        await pilot.resize_terminal(160, 45)
        await eventually(lambda: any("The list" in line and "Everywhere" in line for line in painted(pilot)))
