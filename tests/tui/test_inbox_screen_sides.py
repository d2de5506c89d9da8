"""The main screen narrow and wide: one side or both."""

from __future__ import annotations

from pathlib import Path

from tests.tui.threads import (
    ask,
    listed,
    opened,
    selected,
    shown,
    waiting,
)
from tests.waiting import eventually


async def test_in_a_narrow_terminal_a_decision_key_opens_the_request_first(database: Path, tmp_path: Path) -> None:
    async with opened(database, size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one")
        await listed(screen, 1)
        assert screen.detail.region.width == 0
        await pilot.press("a")
        await eventually(lambda: screen.detail.has_focus_within)
        assert "read it first" in screen.footer.notice
        assert await waiting(inbox) == ["one"]
        await pilot.press("a")
        await eventually(lambda: screen.footer.notice.startswith("approved"))
        await eventually(lambda: screen.inbox_list.has_focus)


async def test_narrow_shows_one_side_and_esc_goes_back_to_the_same_row(database: Path, tmp_path: Path) -> None:
    async with opened(database, size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two", "three")
        await listed(screen, 3)
        await pilot.press("j")
        await shown(screen)
        name = selected(screen)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.region.width == 80)
        assert screen.inbox_list.region.width == 0
        await pilot.press("escape")
        await eventually(lambda: screen.inbox_list.region.width > 70)
        assert screen.inbox_list.has_focus
        assert selected(screen) == name


async def test_wide_shows_both_sides_and_a_resize_keeps_the_side_with_the_focus(database: Path, tmp_path: Path) -> None:
    async with opened(database, size=(120, 30)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two")
        await listed(screen, 2)
        assert screen.inbox_list.region.width in range(44, 50)
        assert screen.detail.region.width in range(70, 74)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        await pilot.resize_terminal(80, 24)
        await eventually(lambda: screen.detail.region.width == 80)
        assert screen.detail.has_focus_within
        await pilot.press("escape")
        await eventually(lambda: screen.inbox_list.has_focus)
        await pilot.resize_terminal(120, 30)
        await eventually(lambda: screen.detail.region.width in range(70, 74))
        assert screen.inbox_list.has_focus
