"""Every screen but the request side, in its states, at three sizes (see `snapshot.py`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.engine import presence
from tests.tui.scenery import change_prompt, press, put_cursor_on, visited
from tests.tui.scenes import PAYMENT
from tests.tui.snapshot import SIZES, check
from tests.tui.threads import listed, on_screen, shown
from tests.waiting import eventually

WAITING = 12
LIST: dict[str, tuple[str, ...]] = {
    "inbox": (),
    "inbox_marks": ("space", "space"),
    "confirm_marked": ("asterisk", "asterisk", "a"),
    "prompt_reason": ("escape", "r"),
    "prompt_priority_wrong": ("escape", "p", "=12", "enter"),
    "prompt_snooze": ("escape", "asterisk", "z"),
    "confirm_cancel": ("escape", "x"),
    "filters": ("escape", "l", "space", "j", "j", "space"),
    "inbox_filtered": ("enter",),
    "search_found": ("L", "slash", "=review"),
    "search_nothing": ("=xyz",),
    "search_kept": ("ctrl+u", "=budget", "enter"),
    "palette": ("escape", "ctrl+p"),
    "palette_found": ("=snoo",),
    "inbox_notice": ("escape", "y"),
}
"""The states of the inbox with the focus in the list, and the keys that lead there from the one before."""
SHELVES = {
    "active": ("blocked-1", "ready-1", "running-1"),
    "snoozed": ("later-1",),
    "failed": ("broken-1", "late-1"),
    "done": ("bought-1", "ended-1"),
    "all": ("held-1",),
}
"""The shelves after the first one, and of each the threads to show."""


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_list_and_its_dialogs(stage: Path, size: tuple[int, int]) -> None:
    """row 169"""
    async with visited(stage, size) as (pilot, screen):
        await listed(screen, WAITING)
        for name, keys in LIST.items():
            await press(pilot, *keys)
            await check(pilot, name)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_shelves_and_a_thread_in_every_status(stage: Path, size: tuple[int, int]) -> None:
    async with visited(stage, size) as (pilot, screen):
        await listed(screen, WAITING)
        for shelf, threads in SHELVES.items():
            await pilot.press("f")
            await eventually(lambda shelf=shelf: screen.inbox_list.which.shelf == shelf)
            await eventually(lambda threads=threads: threads[0] in [one.thread_id for one in screen.inbox_list.loaded])
            await shown(screen)
            await check(pilot, f"shelf_{shelf}")
            for thread_id in threads:
                await put_cursor_on(screen, thread_id)
                await pilot.press("enter")
                await eventually(lambda: screen.detail.has_focus_within)
                await check(pilot, f"thread_{thread_id.removesuffix('-1')}")
                await pilot.press("escape")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_tabs(stage: Path, size: tuple[int, int]) -> None:
    async with visited(stage, size) as (pilot, screen):
        await listed(screen, WAITING)
        for thread_id, tabs in {"alert-1": ["diff"], "consult-1": ["state", "history", "graph", "audit"]}.items():
            await put_cursor_on(screen, thread_id)
            await pilot.press("enter")
            await eventually(lambda: screen.detail.answer is not None and screen.detail.answer.field.has_focus)
            if tabs == ["diff"]:
                # Nobody pastes into an editor that is not laid out yet.
                await eventually(on_screen(pilot, "pipeline."))
                await press(pilot, "=NEW\n")
                await eventually(on_screen(pilot, "NEW"))
            for tab in tabs:
                await press(pilot, "f7")
                await check(pilot, f"tab_{tab}")
            await press(pilot, *["f7"] * (5 if tabs == ["diff"] else 1), "escape")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_decided_stale_and_wrong(stage: Path, size: tuple[int, int]) -> None:
    """row 173: what is said after a decision, about a request that changed, and while something is wrong"""
    async with visited(stage, size, undo_seconds=60) as (pilot, screen):
        await listed(screen, WAITING)
        await put_cursor_on(screen, "thread_12345")
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        await pilot.press("a")
        await listed(screen, WAITING - 1)
        await check(pilot, "undo_line")
        await put_cursor_on(screen, "expense-1")
        await pilot.press("enter")
        await eventually(lambda: screen.detail.answer is not None and screen.detail.answer.field.has_focus)
        change_prompt(stage, "expense-1")
        # Before the screen has heard of it.
        screen.detail.decide_key("approve")
        await check(pilot, "stale")
        screen.banner.say("worker", "The worker ended with exit code 1; it is started again in 4 s. Threads wait.")
        screen.footer.say("Thread 'expense-1' was answered by ben: approve at 11:58 (2 minutes ago) " * 2, error=True)
        await check(pilot, "banner_and_error")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_dashboards(stage: Path, size: tuple[int, int]) -> None:
    """row 107"""
    with presence.announced(stage):
        async with visited(stage, size) as (pilot, screen):
            await listed(screen, WAITING)
            for key, name in (("W", "runner"), ("M", "metrics")):
                await pilot.press(key)
                await check(pilot, name)


@pytest.fixture
def workflows(stage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workflow that can be started, and one that cannot."""
    stage.with_name("payment.yaml").write_text(PAYMENT)
    stage.with_name("torn.yaml").write_text("graph: Torn\nnodes: {x: {agent: echo, next: nowhere}}\n")
    monkeypatch.setattr("hitl_tui.locations.sample_graphs", lambda: None)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_first_run(stage: Path, workflows: None, size: tuple[int, int]) -> None:
    """Nothing is there yet: what to do is said; a workflow is picked and started."""
    async with visited(stage.with_name("new.db"), size) as (pilot, screen):
        await listed(screen, 0)
        states: dict[str, tuple[str, ...]] = {
            "first_run": (),
            "first_run_metrics": ("M",),
            "first_run_runner": ("W",),
            "empty_shelf": ("escape", "f", "f"),
            "picker": ("n",),
            "picker_torn": ("j",),
            "start_form": ("k", "enter"),
            "start_form_wrong": ("=:= {", "ctrl+s"),
        }
        for name, keys in states.items():
            await press(pilot, *keys)
            await check(pilot, name)


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "xterm", "COLORTERM": ""}], ids=["none", "16"])
async def test_few_colours(stage: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    """Nothing is told by colour alone."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    kind = "no_colour" if "NO_COLOR" in variables else "16_colours"
    async with visited(stage, SIZES[0]) as (pilot, screen):
        await listed(screen, WAITING)
        await press(pilot, "j", "j", "space")
        await check(pilot, f"{kind}_inbox")
        await put_cursor_on(screen, "release-1")
        await pilot.press("enter", "r", "enter")
        await check(pilot, f"{kind}_approval")


@pytest.mark.parametrize("size", [(20, 6), (1, 1)], ids=str)
async def test_a_terminal_that_is_too_small(stage: Path, size: tuple[int, int]) -> None:
    """Nothing crashes, and all is there again once there is room."""
    async with visited(stage, size) as (pilot, screen):
        for keys in (
            ("enter",),
            ("escape", "l"),
            ("escape", "question_mark"),
            ("escape", "M"),
            ("W",),
            ("escape", "n"),
        ):
            await press(pilot, *keys)
        await press(pilot, "escape", "escape")
        await pilot.resize_terminal(*SIZES[0])
        await listed(screen, WAITING)
        await check(pilot, "inbox")
