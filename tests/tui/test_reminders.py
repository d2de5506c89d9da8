"""Reminders on the screen: a sign in the list and in the request, and one ring each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hitl_tui.engine import clockwork
from hitl_tui.inbox import Inbox
from hitl_tui.model.jsontext import iso
from hitl_tui.store.database import Database
from tests.tui.threads import listed, on_screen, opened, painted, workflow
from tests.waiting import eventually


def reminding(folder: Path) -> Path:
    """The sample workflow, with an hour to answer and a reminder ten minutes before its end."""
    path = workflow(folder)
    path.write_text(path.read_text().replace("output: answer", "output: answer\n    timeout: 1h\n    remind: 10m"))
    return path


async def pass_time(database: Path, minutes: int) -> None:
    """Do what is due in so many minutes, as a worker would by then."""
    async with Database.open(database) as store:
        await clockwork.tick(store, iso(datetime.now(UTC) + timedelta(minutes=minutes)))


async def test_a_reminder_is_seen_said_and_rung_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "hitl.db"
    async with opened(database, size=(140, 30), rows=0) as (pilot, screen, inbox):
        rings: list[str] = []
        monkeypatch.setattr(pilot.app, "bell", lambda: rings.append("ring"))
        for name in ("one", "two"):
            await inbox.start(reminding(tmp_path), thread_id=name)
            await inbox.settled(name, 20)
        await listed(screen, 2)
        assert not on_screen(pilot, "! 59m")()
        await pass_time(database, 51)
        await eventually(on_screen(pilot, "! 59m"))
        await eventually(on_screen(pilot, "! due 59m"))
        assert screen.footer.notice == "reminder: Go ahead? — due 59m"
        assert rings == ["ring"]
        await pass_time(database, 52)
        await inbox.decide("two", "approve")
        await listed(screen, 1)
        assert rings == ["ring"]


async def test_reminders_from_before_the_screen_was_opened_do_not_ring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "hitl.db"
    async with opened(database, rows=0) as (_, _, inbox):
        await inbox.start(reminding(tmp_path), thread_id="one")
        await inbox.settled("one", 20)
        await pass_time(database, 51)
    rings: list[str] = []
    later = datetime.now(UTC) + timedelta(minutes=52)
    async with opened(database, now=lambda: later) as (pilot, screen, _):
        monkeypatch.setattr(pilot.app, "bell", lambda: rings.append("ring"))
        await listed(screen, 1)
        await eventually(on_screen(pilot, "! 7m"))
        assert rings == []


async def test_who_writes_until_it_is_too_late_is_not_told_to_undo_that(database: Path, tmp_path: Path) -> None:
    """row 173: nobody can undo a timeout"""
    async with opened(database, size=(80, 24)) as (pilot, screen, inbox):
        path = workflow(tmp_path, "text_input")
        path.write_text(path.read_text().replace("output: answer", "output: answer\n    timeout: 1h"))
        await inbox.start(path, thread_id="one")
        await inbox.settled("one", 20)
        await listed(screen, 1)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        await pilot.press(*"yes")
        await pass_time(database, 61)
        await eventually(on_screen(pilot, "No longer open: timeout by system"))
        assert "What you wrote is not shown again: copy now" in " ".join(" ".join(painted(pilot)).split())


async def test_a_request_that_somebody_else_has_closed_is_not_overdue(database: Path, tmp_path: Path) -> None:
    """row 173: as long as that is not taken back"""
    late = datetime.now(UTC) + timedelta(hours=2)
    async with opened(database, now=lambda: late) as (pilot, screen, inbox):
        path = workflow(tmp_path, "text_input")
        path.write_text(path.read_text().replace("output: answer", "output: answer\n    timeout: 1h"))
        await inbox.start(path, thread_id="one")
        await inbox.settled("one", 20)
        await listed(screen, 1)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        await eventually(on_screen(pilot, "text   overdue"))
        async with Inbox.open(database, actor="bob", via="cli") as other:
            await other.decide("one", "respond", {"text": "first"}, hold=600)
            await eventually(on_screen(pilot, "No longer open"))
            await eventually(lambda: not on_screen(pilot, "overdue")())
            await other.undo("one")
        await eventually(on_screen(pilot, "text   overdue"))
