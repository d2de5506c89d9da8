"""Every answer in every state, every tab, every status of a thread, at three sizes (see `snapshot.py`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from hitl_tui.tui.screens.inbox import InboxScreen
from tests.tui.scenery import press, put_cursor_on, visited
from tests.tui.snapshot import SIZES, check
from tests.tui.threads import listed
from tests.waiting import eventually

REQUESTS: dict[str, dict[str, tuple[str, ...]]] = {
    "thread_12345": {"approval_row_10": (), "approval_reason": ("r", "=too dear")},
    "release-1": {
        "approval_high_risk": (),
        "approval_reason_missing": ("r", "enter"),
    },
    "alert-1": {
        "edit_row_15": (),
        "edit_changed": ("=NEW ",),
        "edit_diff": ("f6",),
    },
    "deploy-1": {
        "choice_row_20": (),
        "choice_picked": ("2",),
        "choice_justified": ("tab", "=staging first"),
    },
    "topics-1": {"choice_several": (), "choice_several_none": ("enter",), "choice_several_ticked": ("1", "3")},
    "feature-1": {"text_row_29": (), "text_written": ("=Passkeys",), "text_empty": ("ctrl+u", "ctrl+s")},
    "consult-1": {"conversation": (), "conversation_written": ("=Slowly.",), "conversation_end": ("f4",)},
    "form-1": {
        "form": (),
        "form_errors": ("=many", "ctrl+s"),
        "form_filled": ("ctrl+u", "1", "tab", "2", "tab", "1", "tab", "1", "2", "tab", "=2024-3-15"),
    },
    "mail-1": {
        "tool_call": (),
        "tool_call_form": ("e",),
        "tool_call_error": ("tab", "tab", "=77", "ctrl+s"),
        "tool_call_edited": ("backspace", "escape", "a"),
    },
    "invoices-1": {
        "batch": (),
        "batch_exceptions": ("j", "space", "a"),
        "batch_item": ("escape", "G", "enter"),
    },
    "garbled-1": {"mojibake_row_168": ()},
}
"""The states of a request by its thread: the name of each, and the keys (`=text` for a paste) that lead there."""


async def back(pilot: Pilot[None], screen: InboxScreen) -> None:
    """Leave the request for the list."""
    for _ in range(4):
        if screen.inbox_list.has_focus:
            break
        await pilot.press("escape")
    assert screen.inbox_list.has_focus


@pytest.mark.parametrize("size", [SIZES[0], SIZES[-1]], ids=str)
async def test_the_answers(stage: Path, size: tuple[int, int]) -> None:
    """rows 9, 20, 29, 168, 170: each sample request, and each answer in its states"""
    async with visited(stage, size) as (pilot, screen):
        await listed(screen, len(REQUESTS) + 1)
        for thread_id, states in REQUESTS.items():
            await put_cursor_on(screen, thread_id)
            await pilot.press("enter")
            await eventually(lambda: screen.detail.has_focus_within)
            for name, keys in states.items():
                await press(pilot, *keys)
                await check(pilot, name)
            await back(pilot, screen)
