"""The undo window on the screen: what was decided can be taken back for five seconds (row 99)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.widget import Widget

from hitl_tui.config import environment
from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Counts, Decided
from hitl_tui.tui.undo_windows import UNDO_SECONDS, UndoWindows
from hitl_tui.tui.widgets.header_line import HeaderLine
from hitl_tui.tui.wording import in_flight_words
from tests.tui.threads import agree, ask, decision_of, listed, on_screen, opened, selected, shown, waiting
from tests.waiting import eventually

LONG = 600.0


async def test_u_takes_the_newest_decision_back_and_the_one_before_it(database: Path, tmp_path: Path) -> None:
    """row 99: nothing is executed, the requests wait again, and the newest is selected"""
    async with opened(database, undo_seconds=LONG) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two", "three")
        await listed(screen, 3)
        first = selected(screen)
        await pilot.press("a")
        await eventually(lambda: screen.footer.notice.startswith("approved Gate · ask — u undoes ("))
        await eventually(lambda: selected(screen) not in ("", first))
        await shown(screen)
        second = selected(screen)
        await pilot.press("a")
        await eventually(lambda: "1 more" in screen.footer.notice)
        assert len(await waiting(inbox)) == 1
        await pilot.press("u")
        await eventually(lambda: selected(screen) == second)
        await pilot.press("u")
        await eventually(lambda: selected(screen) == first)
        # And keys act on it.
        await shown(screen, first)
        assert len(await waiting(inbox)) == 3
        for name in ("one", "two"):
            assert [step.status for step in await inbox.history(name)] == ["paused"]
        await pilot.press("u")
        await eventually(lambda: screen.footer.notice.startswith("nothing to undo"))


async def test_what_was_written_is_there_again(database: Path, tmp_path: Path) -> None:
    async with opened(database, undo_seconds=LONG) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", kind="text_input")
        await listed(screen, 1)
        await pilot.press("enter", *"my words", "ctrl+s")
        await eventually(lambda: "u undoes" in screen.footer.notice)
        await eventually(lambda: screen.inbox_list.total == 0)
        await pilot.press("u")
        await listed(screen, 1)
        await eventually(on_screen(pilot, "my words"))


async def test_a_turn_of_a_conversation_is_sent_at_once(database: Path, tmp_path: Path) -> None:
    async with opened(database, undo_seconds=LONG) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", kind="conversation")
        await listed(screen, 1)
        await pilot.press("enter", *"hi", "ctrl+s")
        await eventually(lambda: screen.footer.notice == "answered Gate · ask")
        assert (await decision_of(inbox, "one")).data == {"message": "hi"}


async def test_after_the_window_it_is_released_and_u_says_so(database: Path, tmp_path: Path) -> None:
    """row 99: another process let it take effect before the reviewer changed their mind"""
    async with opened(database, undo_seconds=0.3) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one")
        await listed(screen, 1)
        await pilot.press("a")
        await eventually(lambda: "u undoes" in screen.footer.notice)
        assert (await inbox.settled("one", 20)).status == "completed"
        await pilot.press("u")
        await eventually(lambda: screen.footer.notice.startswith("nothing to undo"))


async def test_a_held_thread_says_until_when_and_u_undoes_it_whoever_decided(database: Path, tmp_path: Path) -> None:
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one")
        await listed(screen, 1)
        async with Inbox.open(database, actor="bob", via="cli") as other:
            await other.decide("one", "approve", hold=LONG)
        await eventually(lambda: screen.inbox_list.total == 0)
        await pilot.press("f")
        await eventually(on_screen(pilot, "Decided at ask"))
        (request,) = (await inbox.thread("one")).pending
        assert request.held_until is not None
        await eventually(on_screen(pilot, f"held      until {request.held_until.astimezone():%H:%M:%S}"))
        await eventually(on_screen(pilot, "[u] Undo"))
        await pilot.press("u")
        await eventually(lambda: screen.footer.notice == "undone: approved Gate · ask; it waits again")
        await listed(screen, 1)
        assert await waiting(inbox) == ["one"]


@pytest.mark.parametrize("names", [["one"], ["one", "two"]], ids=" ".join)
async def test_who_reads_a_request_is_told_no_longer_that_it_is_taken(
    names: list[str], database: Path, tmp_path: Path
) -> None:
    """row 173: somebody else decided it, and took that back"""
    async with opened(database) as (pilot, screen, inbox), Inbox.open(database, actor="bob", via="cli") as other:
        await ask(inbox, tmp_path, *names)
        await listed(screen, len(names))
        await pilot.press("g")
        await shown(screen, "one")
        await pilot.press("enter")
        await other.decide("one", "approve", hold=LONG)
        await eventually(on_screen(pilot, "No longer open: it is decided, and can still be taken back"))
        await other.undo("one")
        await eventually(lambda: not on_screen(pilot, "No longer open")())
        await pilot.press("a")
        await eventually(lambda: screen.footer.notice == "approved Gate · ask")
        assert (await decision_of(inbox, "one")).actor == "ann"


async def test_what_was_written_for_a_request_is_said_to_come_back_if_it_may(database: Path, tmp_path: Path) -> None:
    """row 173: who is told to undo something can do so"""
    async with opened(database) as (pilot, screen, inbox), Inbox.open(database, actor="bob", via="cli") as other:
        await ask(inbox, tmp_path, "one", kind="text_input")
        await listed(screen, 1)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        await pilot.press(*"yes")
        await other.decide("one", "respond", {"text": "first"}, hold=LONG)
        await eventually(on_screen(pilot, "is shown again only if that is undone"))
        await other.undo("one")
        await eventually(lambda: not on_screen(pilot, "No longer open")())


async def test_an_undo_that_fails_can_be_tried_again(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database, undo_seconds=LONG) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one")
        await listed(screen, 1)
        await pilot.press("a")
        await eventually(lambda: screen.inbox_list.total == 0)

        async def locked(*_: object) -> None:
            raise DatabaseUnusable("the database is locked")

        with monkeypatch.context() as patch:
            patch.setattr(inbox, "undo", locked)
            await pilot.press("u")
            await eventually(lambda: "locked" in screen.footer.notice)
        await pilot.press("u")
        await listed(screen, 1)


async def test_a_batch_is_taken_back_at_once(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, the last of a large batch were released before their turn came."""
    async with opened(database, undo_seconds=LONG) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two")
        await listed(screen, 2)
        await pilot.press("asterisk", "a")
        await agree(pilot)
        await eventually(lambda: screen.footer.notice.startswith("approved 2 requests — u undoes ("))
        undo, both = inbox.undo, asyncio.Barrier(2)

        async def beside_the_other(thread_id: str, request_id: str | None) -> Decided:
            async with asyncio.timeout(5):
                await both.wait()
            return await undo(thread_id, request_id)

        monkeypatch.setattr(inbox, "undo", beside_the_other)
        await pilot.press("u")
        await eventually(lambda: screen.footer.notice == "undone: approved 2 requests; they wait again")
        await listed(screen, 2)


async def test_the_line_of_a_batch_says_what_was_refused_as_well(database: Path, tmp_path: Path) -> None:
    """row 173: who decided it, what and when; also in a narrow terminal, and when the undo window is over"""
    later = [timedelta()]
    named: dict[str, Any] = {"undo_seconds": LONG, "now": lambda: datetime.now(UTC) + later[0]}
    async with opened(database, size=(80, 24), **named) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two")
        await listed(screen, 2)
        await pilot.press("asterisk")
        async with Inbox.open(database, actor="bob", via="cli") as other:
            await other.decide("two", "reject")
        await pilot.press("a")
        await agree(pilot)
        await eventually(on_screen(pilot, "approved Gate · ask — u undoes ("))
        assert "; not 1: two: " in screen.footer.notice
        assert on_screen(pilot, "reject by bob")()
        later[0] = timedelta(seconds=LONG)
        await eventually(lambda: screen.footer.notice.startswith("not 1: two: "))


async def test_what_of_a_batch_the_database_did_not_take_can_be_tried_again(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database, undo_seconds=LONG) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two")
        await listed(screen, 2)
        await pilot.press("asterisk", "a")
        await agree(pilot)
        await listed(screen, 0)
        undo = inbox.undo

        async def locked_for_one(thread_id: str, request_id: str | None) -> Decided:
            if thread_id == "one":
                raise DatabaseUnusable("the database is locked")
            return await undo(thread_id, request_id)

        with monkeypatch.context() as patch:
            patch.setattr(inbox, "undo", locked_for_one)
            await pilot.press("u")
            await eventually(lambda: "locked" in screen.footer.notice)
        await listed(screen, 1)
        await pilot.press("u")
        await eventually(lambda: screen.footer.notice == "undone: approved Gate · ask; it waits again")
        await listed(screen, 2)


async def test_the_countdown_paints_the_last_line_only(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database, undo_seconds=LONG) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two")
        await listed(screen, 2)
        await pilot.press("a")
        await eventually(lambda: "u undoes (" in screen.footer.notice)
        await shown(screen)
        drawn: list[Widget] = []
        for widget in (screen.inbox_list, screen.detail.material, screen.query_one(HeaderLine)):
            monkeypatch.setattr(widget, "refresh", lambda *_, widget=widget, **__: drawn.append(widget))
        before = screen.footer.notice
        await eventually(lambda: screen.footer.notice != before)
        assert drawn == []


async def test_the_header_counts_the_held_request_no_longer(database: Path, tmp_path: Path) -> None:
    async with opened(database, undo_seconds=LONG) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two")
        await listed(screen, 2)
        await pilot.press("a")
        await eventually(on_screen(pilot, " 1 waiting"))
        await pilot.press("u")
        await eventually(on_screen(pilot, " 2 waiting"))


async def test_undo_is_in_the_help_and_in_the_palette(database: Path) -> None:
    async with opened(database, rows=0, size=(100, 75)) as (pilot, _, _):
        await pilot.press("question_mark")
        await eventually(on_screen(pilot, "Take back the newest decision"))
        await pilot.press("escape", "ctrl+p", *"take back")
        await eventually(on_screen(pilot, "Take back the newest decision"))


@pytest.mark.parametrize(
    ("counts", "held", "served", "words"),
    [
        (Counts(), True, False, "The last decision stands; `hitl` or `hitl worker` goes on with it."),
        (Counts(), True, True, ""),
        (Counts(running=1), True, False, "1 thread is not done; nothing is lost"),
        (Counts(), False, False, ""),
        (None, False, False, ""),
    ],
)
def test_leaving_says_what_becomes_of_a_held_decision(
    counts: Counts | None, held: bool, served: bool, words: str
) -> None:
    said = in_flight_words(counts, held=held, served=served)
    assert said.startswith(words) if words else said == ""


def test_the_line_counts_down_and_names_how_many_there_are() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    now = [start]

    def at(seconds: float) -> datetime:
        return start + timedelta(seconds=seconds)

    windows = UndoWindows(lambda: now[0])
    decided = Decided("t", "r", "Gate", "ask", "approve", "held", at(5))
    later = replace(decided, held_until=at(6.5))
    assert windows.line("u") == ""
    windows.open([decided], "approved Gate · ask")
    assert windows.line("u") == "approved Gate · ask — u undoes (5 s)"
    now[0] = at(1.5)
    windows.open([later, replace(later, held_until=at(9))], "approved 2 requests")
    assert windows.line("u") == "approved 2 requests — u undoes (5 s, 1 more)"
    now[0] = at(6)
    assert windows.line("u") == "approved 2 requests — u undoes (1 s)"
    now[0] = at(7)
    assert windows.line("u") == ""


@pytest.mark.parametrize(("text", "seconds"), [("0", 0.0), ("2.5", 2.5), ("soon", UNDO_SECONDS), ("-1", UNDO_SECONDS)])
def test_the_window_can_be_set(monkeypatch: pytest.MonkeyPatch, text: str, seconds: float) -> None:
    monkeypatch.setenv("HITL_UNDO_SECONDS", text)
    assert environment.undo_seconds(UNDO_SECONDS) == seconds
