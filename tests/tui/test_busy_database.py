"""While somebody keeps the database busy, what the reviewer does waits to be stored: no key does, and leaving does."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.inbox.views import Decided
from hitl_tui.store.patience import BUSY_SECONDS
from hitl_tui.tui.app import HitlApp
from hitl_tui.tui.screens.inbox import InboxScreen
from tests.tui.threads import agree, ask, decision_of, listed, on_screen, opened, selected, shown, waiting, workflow
from tests.waiting import eventually


@contextmanager
def busy(database: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else holds the database, until the connection rolls back or the block ends."""
    with closing(sqlite3.connect(database, isolation_level=None)) as somebody_else:
        somebody_else.execute("begin immediate")
        yield somebody_else


@pytest.fixture
def gives_up(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Once it is set, whatever waits for the database gives up."""
    event = threading.Event()
    monkeypatch.setattr("hitl_tui.store.patience.Patience.is_over", lambda _: event.is_set())
    return event


@asynccontextmanager
async def half_written(folder: Path, text: str) -> AsyncIterator[tuple[Pilot[None], InboxScreen, sqlite3.Connection]]:
    """The app with this half written in an answer, before it can be stored: the connection holds the database."""
    database = folder / "hitl.db"
    async with opened(database, size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, folder, "t1", kind="text_input")
        await listed(screen, 1)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        with busy(database) as somebody_else:
            await pilot.press(*text)
            await eventually(lambda: screen.drafts.busy)
            yield pilot, screen, somebody_else


async def start_a_workflow(pilot: Pilot[None]) -> None:
    """Press the keys for the workflow that lies here, up to where it waits for the database."""
    await pilot.press("n")
    await eventually(on_screen(pilot, "gate_approval.yaml"))
    await pilot.press("enter")
    await eventually(on_screen(pilot, "Thread id"))
    await pilot.press("ctrl+s")
    await eventually(on_screen(pilot, "starting…"))


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
        await eventually(on_screen(pilot, "the database is busy: what you did is being stored"))
        assert screen.drafts.busy
        await pilot.press("ctrl+q")
        await eventually(lambda: not pilot.app.is_running)


async def test_the_terminal_says_at_once_what_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen is gone then, and the program ends only when what was done is stored."""
    async with half_written(tmp_path, "half") as (pilot, screen, _):
        said: list[object] = []
        monkeypatch.setattr(pilot.app, "exit", lambda message: said.append(message))
        await pilot.press("ctrl+q")
        await eventually(on_screen(pilot, "the database is busy"))
        await pilot.press("ctrl+q")
        await eventually(lambda: said)
        assert f"up to {BUSY_SECONDS:.0f} seconds for {screen.inbox.path}, which" in str(said[0])


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
        await eventually(on_screen(pilot, "the database is busy: what you did is being stored"))
        assert pilot.app.is_running
        somebody_else.execute("rollback")
        await eventually(lambda: not pilot.app.is_running)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="tui") as inbox:
        assert (await decision_of(inbox, "t1")).data == {"text": "all"}


async def test_an_answer_that_cannot_be_stored_keeps_the_reviewer_here(
    tmp_path: Path, gives_up: threading.Event
) -> None:
    async with half_written(tmp_path, "all") as (pilot, _, _):
        await pilot.press("ctrl+s")
        await eventually(on_screen(pilot, "saving…"))
        await pilot.press("ctrl+q")
        gives_up.set()
        await eventually(on_screen(pilot, "locked"))
        assert pilot.app.is_running


async def test_a_draft_that_cannot_be_stored_is_not_left_without_a_word(
    tmp_path: Path, gives_up: threading.Event
) -> None:
    async with half_written(tmp_path, "half") as (pilot, _, _):
        gives_up.set()
        await eventually(on_screen(pilot, "locked"))
        await pilot.press("ctrl+q")
        await eventually(on_screen(pilot, "what you wrote is not stored"))
        assert pilot.app.is_running
        await pilot.press("ctrl+q")
        await eventually(lambda: not pilot.app.is_running)


async def test_leaving_takes_a_draft_of_another_request_along(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", "t2", kind="text_input")
        await listed(screen, 2)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        with busy(tmp_path / "hitl.db"):
            await pilot.press(*"one")
            await eventually(lambda: screen.drafts.busy)
            await pilot.press(*" two", "escape", "j")
            await eventually(lambda: selected(screen) == "t2")
            await pilot.press("q")
            await eventually(on_screen(pilot, "the database is busy"))
        await eventually(lambda: not pilot.app.is_running)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="tui") as inbox:
        assert await draft_of(inbox, "t1") == "one two"


async def test_a_failure_is_said_where_the_reviewer_has_gone_on(tmp_path: Path, gives_up: threading.Event) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", "t2")
        await listed(screen, 2)
        with busy(tmp_path / "hitl.db"):
            await pilot.press("a", "j")
            await shown(screen, "t2")
            await eventually(on_screen(pilot, "saving…"))
            gives_up.set()
            await eventually(on_screen(pilot, "t1 is not answered"))


async def test_leaving_waits_for_a_batch(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", "t2")
        await listed(screen, 2)
        with busy(tmp_path / "hitl.db"):
            await pilot.press("asterisk", "a")
            await agree(pilot)
            await eventually(on_screen(pilot, "saving…"))
            await pilot.press("q")
            await eventually(on_screen(pilot, "the database is busy"))
        await eventually(lambda: not pilot.app.is_running)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="tui") as inbox:
        assert await waiting(inbox) == []


async def test_marks_stay_where_the_batch_can_be_tried_again(tmp_path: Path, gives_up: threading.Event) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", "t2")
        await listed(screen, 2)
        with busy(tmp_path / "hitl.db"):
            await pilot.press("asterisk", "a")
            await agree(pilot)
            gives_up.set()
            await eventually(on_screen(pilot, "locked"))
        assert len(screen.inbox_list.marks) == 2


async def test_each_undo_takes_back_one_decision_however_fast_they_come(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", undo_seconds=600) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", "t2")
        await listed(screen, 2)
        await pilot.press("a")
        await listed(screen, 1)
        await pilot.press("a")
        await listed(screen, 0)
        with busy(tmp_path / "hitl.db"):
            await pilot.press("u", "u")
            await eventually(on_screen(pilot, "saving…"))
        await listed(screen, 2)


async def test_an_undo_that_could_not_be_stored_can_be_tried_again(tmp_path: Path, gives_up: threading.Event) -> None:
    async with opened(tmp_path / "hitl.db", undo_seconds=600) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1")
        await listed(screen, 1)
        await pilot.press("a")
        await listed(screen, 0)
        with busy(tmp_path / "hitl.db"):
            await pilot.press("u")
            gives_up.set()
            await eventually(on_screen(pilot, "locked"))
        await pilot.press("u")
        await listed(screen, 1)


@pytest.fixture
def beside_a_workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of a database, in a folder from which a workflow can be started."""
    monkeypatch.chdir(tmp_path)
    workflow(tmp_path)
    return tmp_path / "hitl.db"


async def test_a_workflow_is_started_once_however_often_the_key_is_pressed(beside_a_workflow: Path) -> None:
    async with opened(beside_a_workflow) as (pilot, screen, inbox):
        with busy(beside_a_workflow):
            await start_a_workflow(pilot)
            await pilot.press("ctrl+s", "escape")
            assert on_screen(pilot, "starting…")()
        await listed(screen, 1)
        assert len((await inbox.list(Filter(shelf="all"))).items) == 1


async def test_what_is_half_written_is_stored_when_a_signal_ends_the_app(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", kind="text_input")
        await listed(screen, 1)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        await pilot.press(*"half")
        app = pilot.app
        assert isinstance(app, HitlApp)
        await app.leave_on_signal(15)
        assert await draft_of(inbox, "t1") == "half"
        assert app.return_code == 143


async def test_whoever_asks_to_leave_again_is_told_again(tmp_path: Path) -> None:
    """Where something else has been said since, and what would be left without is not on the screen any more."""
    async with half_written(tmp_path, "half") as (pilot, screen, _):
        await pilot.press("ctrl+q")
        await eventually(on_screen(pilot, "the database is busy"))
        screen.footer.say("something else")
        await eventually(on_screen(pilot, "something else"))
        await pilot.press("ctrl+q")
        await eventually(on_screen(pilot, "the database is busy"))
        assert pilot.app.is_running
        await pilot.press("ctrl+q")
        await eventually(lambda: not pilot.app.is_running)


async def test_a_workflow_starts_under_what_was_opened_meanwhile(beside_a_workflow: Path) -> None:
    async with opened(beside_a_workflow) as (pilot, screen, _):
        with busy(beside_a_workflow):
            await start_a_workflow(pilot)
            form = pilot.app.screen
            await pilot.press("ctrl+p")
            await eventually(lambda: pilot.app.screen is not form)
        await eventually(lambda: pilot.app.screen is screen)
        await listed(screen, 1)


async def test_what_is_left_of_a_batch_can_be_taken_back_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undo, calls = Inbox.undo, []

    async def second_fails(inbox: Inbox, thread_id: str, request_id: str | None = None) -> Decided:
        calls.append(thread_id)
        if len(calls) == 2:
            raise DatabaseUnusable("locked", busy=True)
        return await undo(inbox, thread_id, request_id)

    monkeypatch.setattr(Inbox, "undo", second_fails)
    async with opened(tmp_path / "hitl.db", undo_seconds=600) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", "t2")
        await listed(screen, 2)
        await pilot.press("asterisk", "a")
        await agree(pilot)
        await listed(screen, 0)
        await pilot.press("u")
        await eventually(lambda: screen.footer.notice == "locked")
        await listed(screen, 1)
        await pilot.press("u")
        await listed(screen, 2)
        await eventually(lambda: screen.footer.notice.startswith("undone: approved Gate · ask"))
        assert calls[1:] == calls[-1:] * 2
