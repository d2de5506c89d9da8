"""While somebody keeps the database busy a half-written answer waits to be stored, and no key waits for that."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hitl_tui.inbox import Inbox
from hitl_tui.tui.screens.inbox import InboxScreen
from tests.tui.threads import ask, decision_of, listed, on_screen, opened
from tests.waiting import eventually


@asynccontextmanager
async def half_written(folder: Path, text: str) -> AsyncIterator[tuple[Pilot[None], InboxScreen, sqlite3.Connection]]:
    """The app with this half written in an answer, before it can be stored: the connection holds the database."""
    database = folder / "hitl.db"
    async with opened(database, size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, folder, "t1", kind="text_input")
        await listed(screen, 1)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        with closing(sqlite3.connect(database, isolation_level=None)) as somebody_else:
            somebody_else.execute("begin immediate")
            await pilot.press(*text)
            await eventually(lambda: screen.drafts.busy)
            yield pilot, screen, somebody_else


async def draft_of(inbox: Inbox, thread_id: str) -> str | None:
    """The text that is stored as half written."""
    (request,) = (await inbox.thread(thread_id)).pending
    stored = await inbox.draft(request.request_id)
    return None if stored is None else str(stored["draft"])


async def test_writing_goes_on_while_a_draft_waits(tmp_path: Path) -> None:
    async with half_written(tmp_path, "one") as (pilot, screen, somebody_else):
        await pilot.press(*" two")
        await eventually(on_screen(pilot, "one two"))
        assert screen.drafts.busy
        somebody_else.execute("rollback")

        async def newest_is_stored() -> bool:
            return await draft_of(screen.inbox, "t1") == "one two"

        await eventually(newest_is_stored)


async def test_leaving_says_what_it_waits_for_and_leaves_at_once_when_asked_again(tmp_path: Path) -> None:
    async with half_written(tmp_path, "half") as (pilot, screen, _):
        await pilot.press("ctrl+q")
        await eventually(on_screen(pilot, "the database is busy: what you wrote is being saved"))
        assert screen.drafts.busy
        await pilot.press("ctrl+q")
        await eventually(lambda: not pilot.app.is_running)


async def test_leaving_takes_what_is_half_written_along(tmp_path: Path) -> None:
    async with half_written(tmp_path, "half") as (pilot, _, somebody_else):
        await pilot.press("ctrl+q")
        await eventually(on_screen(pilot, "the database is busy"))
        somebody_else.execute("rollback")
        await eventually(lambda: not pilot.app.is_running)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="tui") as inbox:
        assert await draft_of(inbox, "t1") == "half"


async def test_leaving_waits_for_an_answer_that_is_being_stored(tmp_path: Path) -> None:
    async with half_written(tmp_path, "all") as (pilot, _, somebody_else):
        await pilot.press("ctrl+s")
        await eventually(on_screen(pilot, "saving…"))
        await pilot.press("ctrl+q")
        await eventually(on_screen(pilot, "the database is busy: what you wrote is being saved"))
        assert pilot.app.is_running
        somebody_else.execute("rollback")
        await eventually(lambda: not pilot.app.is_running)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="tui") as inbox:
        assert (await decision_of(inbox, "t1")).data == {"text": "all"}


async def test_an_answer_that_cannot_be_stored_keeps_the_reviewer_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gives_up = threading.Event()
    monkeypatch.setattr("hitl_tui.store.patience.Patience.is_over", lambda _: gives_up.is_set())
    async with half_written(tmp_path, "all") as (pilot, _, _):
        await pilot.press("ctrl+s")
        await eventually(on_screen(pilot, "saving…"))
        await pilot.press("ctrl+q")
        gives_up.set()
        await eventually(on_screen(pilot, "is locked by another process"))
        assert pilot.app.is_running
