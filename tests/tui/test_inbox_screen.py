"""The main screen on a real inbox: decide, go on, be told what went wrong; by keyboard alone."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.model.kinds import InteractionType
from hitl_tui.tui.widgets.chips import Chips
from tests.tui.threads import (
    BROKEN,
    agree,
    ask,
    decision_of,
    listed,
    on_screen,
    opened,
    painted,
    selected,
    shown,
    waiting,
    workflow,
)
from tests.waiting import eventually

HOSTILE = "[/x] [@click=app.quit]go[/] \x1b[2J \u202edlrow [bold"


async def test_row_13_a_approves_and_the_next_item_is_selected(database: Path, tmp_path: Path) -> None:
    """row 13, row 170: the row leaves with one line at the bottom."""
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two")
        await listed(screen, 2)
        first = selected(screen)
        await pilot.press("a")
        await eventually(lambda: screen.footer.notice == "approved Gate · ask")
        await shown(screen, next(name for name in await waiting(inbox)))
        assert screen.inbox_list.has_focus
        decision = await decision_of(inbox, first)
        assert (decision.action, decision.actor, decision.via) == ("approve", "ann", "tui")


async def test_the_line_above_the_list_says_what_is_listed_and_not_what_will_be(database: Path, tmp_path: Path) -> None:
    """row 169: who reads `type:edit` there may go by the rows."""
    async with opened(database) as (_, screen, inbox):
        await ask(inbox, tmp_path, "one")
        await listed(screen, 1)
        chips = screen.query_one(Chips)
        async with screen.inbox_list._reading:
            screen.list_only(Filter("waiting", types=(InteractionType.EDIT,)), "age")
            await eventually(lambda: screen.inbox_list.which.types)
            assert (chips.which, chips.sort, screen.inbox_list.total) == (Filter("waiting"), "due", 1)
        await eventually(lambda: (chips.which, chips.sort) == (screen.inbox_list.which, "age"))
        assert screen.inbox_list.total == 0


async def test_row_13_r_asks_for_the_reason_and_esc_decides_nothing(database: Path, tmp_path: Path) -> None:
    """row 13, row 14"""
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one")
        await listed(screen, 1)
        await pilot.press("r", *"no", "escape", "escape")
        await eventually(lambda: screen.inbox_list.has_focus)
        assert await waiting(inbox) == ["one"]
        await shown(screen)
        await pilot.press("r", *"too dear", "enter")
        await eventually(lambda: screen.footer.notice.startswith("rejected"))
        assert (await decision_of(inbox, "one")).data == {"reason": "too dear"}


@pytest.mark.parametrize(
    ("kind", "keys", "data"),
    [
        ("choice", ["2", "enter"], {"choice": 2}),
        ("edit", ["enter", *" you", "ctrl+s"], {"edited": " youHello"}),
        ("text_input", ["enter", *"yes", "ctrl+s"], {"text": "yes"}),
        ("conversation", ["enter", *"hi", "ctrl+s"], {"message": "hi"}),
    ],
)
@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_row_170_every_type_is_answered_by_keyboard(
    database: Path, tmp_path: Path, kind: str, keys: list[str], data: dict[str, object], size: tuple[int, int]
) -> None:
    """row 170, row 25"""
    async with opened(database, size=size) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", kind=kind)
        await listed(screen, 1)
        if size == (80, 24) and kind == "choice":
            await pilot.press("enter")
            await eventually(lambda: screen.detail.has_focus_within)
        await pilot.press(keys[0])
        await eventually(lambda: screen.detail.has_focus_within)
        await pilot.press(*keys[1:])
        await eventually(lambda: screen.footer.notice != "")
        assert await waiting(inbox) == []
        assert (await decision_of(inbox, "one")).data == data
        await eventually(lambda: screen.inbox_list.has_focus)


async def test_row_169_a_key_right_after_the_list_moved_by_itself_is_ignored_and_says_so(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """row 169"""
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two", "three")
        await listed(screen, 3)
        first = selected(screen)
        monkeypatch.setattr("hitl_tui.tui.settling.SETTLE_SECONDS", 600.0)
        await inbox.cancel(first)
        await eventually(lambda: selected(screen) not in ("", first))
        await pilot.press("a")
        await eventually(lambda: screen.footer.notice.startswith("ignored: "))
        assert len(await waiting(inbox)) == 2
        monkeypatch.setattr("hitl_tui.tui.settling.SETTLE_SECONDS", 0.0)
        await shown(screen)
        await pilot.press("a")
        await eventually(lambda: screen.footer.notice.startswith("approved"))
        assert len(await waiting(inbox)) == 1


async def test_row_169_a_thread_that_came_under_the_cursor_by_itself_is_not_retried(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """row 169"""
    file = tmp_path / "broken.yaml"
    file.write_text(BROKEN)
    async with opened(database) as (pilot, screen, inbox):
        for name in ("one", "two"):
            await inbox.start(file, thread_id=name)
            await inbox.settled(name, 20)
        await screen.shelves.show("failed", "due")
        await listed(screen, 2)
        monkeypatch.setattr("hitl_tui.tui.settling.SETTLE_SECONDS", 600.0)
        await inbox.retry(selected(screen))
        await eventually(lambda: screen.inbox_list.total == 1)
        await pilot.press("R")
        await eventually(lambda: screen.footer.notice.startswith("ignored: "))
        assert (await inbox.thread(selected(screen))).status == "failed"


async def test_a_decision_that_is_stored_late_leaves_the_reviewer_where_they_are_by_then(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process keeps the database busy: what is typed meanwhile must not end up as keys of the list."""
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "first")
        await ask(inbox, tmp_path, "second", kind="text_input")
        await listed(screen, 2)
        decide, free = inbox.decide, asyncio.Event()

        async def busy(*args: Any, **named: Any) -> Any:
            await free.wait()
            return await decide(*args, **named)

        monkeypatch.setattr(inbox, "decide", busy)
        await pilot.press("a", "j")
        await shown(screen, "second")
        await pilot.press("enter", *"my ")
        free.set()
        await eventually(lambda: screen.footer.notice.startswith("approved"))
        await eventually(lambda: screen.inbox_list.total == 1)
        await pilot.press(*"words", "ctrl+s")
        await eventually(lambda: screen.footer.notice.startswith("answered"))
        assert (await decision_of(inbox, "second")).data == {"text": "my words"}


async def test_row_173_a_lost_race_says_who_decided_what(database: Path, tmp_path: Path) -> None:
    """row 173"""
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", kind="text_input")
        await listed(screen, 1)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        async with Inbox.open(database, actor="bob", via="cli") as other:
            view = await inbox.thread("one")
            await pilot.press(*"late")
            await other.decide("one", "respond", {"text": "first"}, request_id=view.pending[0].request_id)
            await pilot.press("ctrl+s")
        await eventually(lambda: "bob" in screen.footer.notice)
        assert "respond" in screen.footer.notice
        assert (await decision_of(inbox, "one")).data == {"text": "first"}


async def test_row_173_a_request_that_others_take_stays_with_its_reader(database: Path, tmp_path: Path) -> None:
    """row 173: what is typed on decides nothing else"""
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "mine", kind="text_input")
        await ask(inbox, tmp_path, "one", "two")
        await listed(screen, 3)
        request = (await inbox.thread("mine")).pending[0].request_id
        await pilot.press("g")
        await eventually(lambda: screen.detail.request is not None and screen.detail.request.request_id == request)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        await pilot.press(*"I agree")
        async with Inbox.open(database, actor="bob", via="cli") as other:
            await other.decide("mine", "respond", {"text": "first"}, request_id=request)
        await eventually(on_screen(pilot, "No longer open: respond by bob"))
        await pilot.press(*"a good idea a")
        assert screen.detail.request is not None
        assert screen.detail.request.request_id == request
        assert [(await inbox.thread(name)).status for name in ("one", "two")] == ["paused", "paused"]
        await pilot.press("escape")
        await eventually(lambda: screen.inbox_list.has_focus)


async def test_what_is_written_for_a_request_that_others_take_can_be_copied(database: Path, tmp_path: Path) -> None:
    """row 173: it is not shown again, and the reviewer is told so in time"""
    async with opened(database, size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "mine", kind="text_input")
        await listed(screen, 1)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        await pilot.press(*"yes")
        async with Inbox.open(database, actor="bob", via="cli") as other:
            await other.decide("mine", "respond", {"text": "first"})
        await eventually(on_screen(pilot, "No longer open: respond by bob"))
        assert "is not shown again: copy now what you need of it" in " ".join(" ".join(painted(pilot)).split())
        await pilot.press("shift+left", "shift+left", "shift+left", "ctrl+c")
        assert pilot.app.clipboard == "yes"


async def test_other_processes_changes_appear_within_400_ms(database: Path, tmp_path: Path) -> None:
    took = []
    async with opened(database, rows=0) as (_, screen, _), Inbox.open(database, actor="bob", via="cli") as other:
        # The quickest of three: how busy the machine is, is not what is measured here.
        for rows, name in enumerate(("one", "two", "three"), start=1):
            await ask(other, tmp_path, name)
            begun = time.monotonic()
            await eventually(lambda rows=rows: screen.inbox_list.total == rows)
            took.append(time.monotonic() - begun)
    assert min(took) < 0.4


async def test_shelves_and_orders_are_switched_and_said(database: Path, tmp_path: Path) -> None:
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two")
        await inbox.cancel("two")
        await listed(screen, 1)
        for shelf, rows in (("active", 0), ("snoozed", 0), ("failed", 0), ("done", 1), ("all", 2), ("waiting", 1)):
            await pilot.press("f")
            await eventually(on_screen(pilot, f"status:{shelf}"))
            await eventually(lambda rows=rows: screen.inbox_list.total == rows)
            assert screen.inbox_list.has_focus
        for sort in ("age", "priority", "type", "due"):
            await pilot.press("s")
            await eventually(on_screen(pilot, f"sort:{sort}"))


async def test_the_header_counts_and_says_whether_a_worker_is_alive(database: Path, tmp_path: Path) -> None:
    async with opened(database) as (pilot, _, inbox):
        await ask(inbox, tmp_path, "one", "two")
        await eventually(lambda: "2 waiting" in painted(pilot)[0])
        assert "ann · local ○ no worker" in painted(pilot)[0]
        stop = asyncio.Event()
        worker = asyncio.create_task(inbox.work(1, stop))
        await eventually(lambda: "ann · local ● worker" in painted(pilot)[0])
        stop.set()
        await worker
        await eventually(lambda: "○ no worker" in painted(pilot)[0])


async def test_a_failed_thread_is_retried_with_a_capital_r(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(BROKEN)
    async with opened(database) as (pilot, screen, inbox):
        await inbox.start(file, thread_id="bad")
        await inbox.settled("bad", 20)
        await screen.shelves.show("failed", "due")
        await listed(screen, 1)
        assert any("1 failed" in line for line in painted(pilot))
        await pilot.press("R")
        await eventually(lambda: screen.inbox_list.total == 0)
        assert (await inbox.thread("bad")).status == "ready"


async def test_x_ends_a_thread_after_a_question(database: Path, tmp_path: Path) -> None:
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one")
        await listed(screen, 1)
        await pilot.press("x")
        await eventually(on_screen(pilot, "End one for good?"))
        await pilot.press("enter", "n")
        await eventually(lambda: pilot.app.screen is screen)
        assert await waiting(inbox) == ["one"]
        await pilot.press("x")
        await eventually(on_screen(pilot, "End one for good?"))
        await agree(pilot)
        await eventually(lambda: screen.inbox_list.total == 0)
        assert (await inbox.thread("one")).status == "cancelled"


async def test_an_empty_inbox_says_what_to_do_next(database: Path) -> None:
    async with opened(database, size=(80, 24), rows=0) as (pilot, _, _):
        for words in ("starts a workflow", "hitl demo", "hitl run"):
            await eventually(on_screen(pilot, words))


async def test_hostile_text_is_shown_and_never_obeyed(database: Path, tmp_path: Path) -> None:
    """Prompts, thread ids and errors are text: no markup, no control character reaches the terminal."""
    file = workflow(tmp_path)
    quoted = HOSTILE.replace("\\", "\\\\").replace("\x1b", "\\e").replace("\u202e", "\\u202e")
    file.write_text(file.read_text().replace("Go ahead?", quoted))
    async with opened(database, size=(160, 45)) as (pilot, screen, inbox):
        await inbox.start(file, thread_id="[bold]x[/y]")
        await inbox.settled("[bold]x[/y]", 20)
        await listed(screen, 1)
        await eventually(on_screen(pilot, "[@click=app.quit]"))
        await pilot.press("x")
        await eventually(on_screen(pilot, "End [bold]x[/y] for good?"))
        await agree(pilot)
        await eventually(lambda: "[bold]x[/y]" in screen.footer.notice)
        assert not any(character in line for line in painted(pilot) for character in "\x1b\u202e")


async def test_an_unreadable_database_is_said_and_the_screen_goes_on(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one")
        await listed(screen, 1)
        counts = Inbox.counts

        async def broken(self: Inbox) -> object:
            raise DatabaseUnusable("the database is locked", hint="close the program that holds it")

        monkeypatch.setattr(Inbox, "counts", broken)
        await eventually(on_screen(pilot, "! the database is locked: close the program that holds it"))
        monkeypatch.setattr(Inbox, "counts", counts)
        await inbox.cancel("one")
        await eventually(lambda: not screen.banner.display)


async def test_a_thread_that_cannot_be_shown_does_not_keep_others_from_it(database: Path, tmp_path: Path) -> None:
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "good", "damaged")
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("update request set context = '{' where thread = 'damaged'")
            connection.commit()
        await eventually(lambda: screen.inbox_list.total == 2)
        await pilot.press("j")
        await eventually(on_screen(pilot, "! this thread cannot be shown: unexpected JSONDecodeError"))
        await pilot.press("a")
        await eventually(lambda: screen.footer.notice.startswith("ignored: "))
        await pilot.press("k")
        await shown(screen, "good")
        assert not screen.banner.display
        await pilot.press("a")
        await eventually(lambda: screen.footer.notice.startswith("approved"))


async def test_quitting_with_work_in_flight_says_that_nothing_is_lost(database: Path, tmp_path: Path) -> None:
    async with opened(database, rows=0) as (pilot, screen, inbox):
        await inbox.start(workflow(tmp_path), thread_id="one")
        await eventually(lambda: screen.counts is not None and screen.counts.ready == 1)
        await pilot.press("q")
        await eventually(lambda: not pilot.app.is_running)
        (words,) = pilot.app._exit_renderables
        assert "1 thread is not done; nothing is lost" in str(words)


async def test_quitting_with_nothing_in_flight_says_nothing(database: Path) -> None:
    async with opened(database, rows=0) as (pilot, _, _):
        await pilot.press("ctrl+c")
        await eventually(lambda: not pilot.app.is_running)
        assert pilot.app._exit_renderables == []
