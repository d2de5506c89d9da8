"""The hostile corpus through every place of the screen: each painted row is exactly as wide as the terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.pilot import Pilot
from wcwidth import wcswidth  # type: ignore[import-untyped]

from hitl_tui.inbox import Inbox
from hitl_tui.safe_text import visible
from hitl_tui.tui.app import HitlApp
from hitl_tui.tui.own_settings import OwnSettings
from tests.tui.hostile_inbox import ACTOR, hostile_inbox, hostile_settings
from tests.tui.hostile_walk import STEPS
from tests.tui.threads import on_screen, painted
from tests.waiting import eventually


def wrong_rows(pilot: Pilot[None]) -> list[str]:
    """The rows that are too wide, too narrow, or hold a character that a terminal would obey, hide or measure anew."""
    width, height = pilot.app.size
    rows = painted(pilot)
    wrong = [
        f"{wcswidth(row)}: {row!r}"
        for row in rows
        if wcswidth(row) != width or visible(row) != row or {"\ufe0f", "🏽"} & set(row)
    ]
    return wrong if len(rows) == height else [f"{len(rows)} rows", *wrong]


async def resized(pilot: Pilot[None], width: int, height: int) -> None:
    """Give the terminal another size, and wait until that is painted."""
    await pilot.resize_terminal(width, height)
    await eventually(lambda: len(painted(pilot)) == height)


async def test_every_row_is_as_wide_as_the_terminal(tmp_path: Path) -> None:
    """row 168, row 100"""
    database = await asyncio.to_thread(hostile_inbox, tmp_path)
    hostile_settings()
    async with Inbox.open(database, actor=ACTOR, via="tui") as inbox:
        app = HitlApp(inbox, actor=ACTOR, undo_seconds=30, settings=OwnSettings.of_user())
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            for step in STEPS:
                await pilot.press(*step.keys)
                try:
                    await eventually(on_screen(pilot, step.words))
                except AssertionError:
                    raise AssertionError("\n".join([step.name, *painted(pilot)])) from None
                assert wrong_rows(pilot) == [], step.name
                # From the side of the list to both sides, and back.
                if step.name in ("tab Graph", "form answered", "batch answered", "traceback"):
                    await resized(pilot, 160, 45)
                    assert wrong_rows(pilot) == [], step.name
                    await resized(pilot, 80, 24)
