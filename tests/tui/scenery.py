"""One database with a request of every kind and a thread in every state, made by the real inbox at a given time."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from textual import events
from textual.pilot import Pilot

from hitl_tui.errors import HitlError
from hitl_tui.inbox import Inbox
from hitl_tui.tui.app import HitlApp
from hitl_tui.tui.screens.inbox import InboxScreen
from tests.tui.scenes import ASKING, BROKEN, IMPATIENT
from tests.tui.threads import shown
from tests.waiting import eventually

NOW = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)


class _Clock:
    """Stands at a moment that is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def now() -> datetime:
    """When everything is looked at."""
    return NOW


async def build(database: Path) -> None:
    """Make the database; its workflow files lie beside it."""
    clock = _Clock()
    async with Inbox.open(database, actor="ann", via="cli", clock=clock) as inbox:

        async def start(name: str, before: timedelta, **scene: Any) -> None:
            clock.now = NOW - before
            path = database.with_name(f"{name}.yaml")
            path.write_text(json.dumps(scene["flow"], ensure_ascii=False), encoding="utf-8")
            await inbox.start(path, None, scene.get("inputs"), thread_id=name)
            if scene.get("run", True):
                await inbox.settled(name, 20)

        for number, (name, scene) in enumerate(ASKING.items()):
            await start(name, timedelta(minutes=7 * number + 3), **scene)
        clock.now = NOW - timedelta(minutes=2)
        await inbox.decide("consult-1", "respond", {"message": "A monolith, with one team of eight.\nWeekly deploys."})
        await inbox.settled("consult-1", 20)
        expense = ASKING["expense-1"]
        for minutes, name in enumerate(("bought-1", "refused-1", "ended-1", "later-1", "held-1"), 100):
            await start(name, timedelta(minutes=minutes), **expense)
        await start("late-1", timedelta(hours=3), flow=IMPATIENT)
        await start("broken-1", timedelta(hours=3), flow=BROKEN)
        await start("ready-1", timedelta(minutes=4), **expense, run=False)
        await start("running-1", timedelta(minutes=5), **expense, run=False)
        await start("blocked-1", timedelta(minutes=6), **expense, run=False)
        clock.now = NOW - timedelta(minutes=50)
        await inbox.decide("bought-1", "approve")
        await inbox.decide("refused-1", "reject", {"reason": "too dear"})
        for name in ("bought-1", "refused-1"):
            await inbox.settled(name, 20)
        await inbox.cancel("ended-1")
        await inbox.snooze("later-1", NOW + timedelta(hours=3))
        await inbox.note("broken-1", "the service is down until Monday")
        with suppress(HitlError):
            # Too late: its timeout is applied first.
            await inbox.decide("late-1", "respond", {"text": "no"})
        await inbox.settled("late-1", 20)
        clock.now = NOW
        await inbox.decide("held-1", "approve", hold=3600)
        await inbox.assign("form-1", "ben")
        await inbox.prioritise("expense-1", 3)
        await inbox.note("expense-1", "asked the team which model; they need the light one")
        await inbox.catch_up_search()
    _run(database)


def _run(database: Path) -> None:
    """What only a worker does: have a thread, and know that it may not run one."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "update thread set status = 'running', lease_owner = 'worker-7', "
            "lease_until = '2024-03-01T12:00:12.000000Z' where id = 'running-1'"
        )
        connection.execute("update thread set agents = '/srv/agents/expenses.py' where id = 'blocked-1'")


def made(folder: Path) -> Path:
    """Build the database in a folder; returns its path."""
    path = folder / "hitl.db"
    asyncio.run(build(path))
    return path


@asynccontextmanager
async def visited(
    database: Path, size: tuple[int, int], *, undo_seconds: float = 0
) -> AsyncIterator[tuple[Pilot[None], InboxScreen]]:
    """The app on a database, at the time of the scenery."""
    async with Inbox.open(database, actor="ann", via="tui", clock=now) as inbox:
        app = HitlApp(inbox, actor="ann", now=now, undo_seconds=undo_seconds)
        async with app.run_test(size=size, notifications=True) as pilot:
            screen = app.inbox_screen
            await eventually(lambda: screen.counts is not None)
            yield pilot, screen


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other; a text after `=` is pasted."""
    for key in keys:
        if key.startswith("="):
            pilot.app.post_message(events.Paste(key[1:]))
            await pilot.pause()
        else:
            await pilot.press(key)


async def put_cursor_on(screen: InboxScreen, thread_id: str) -> None:
    """Select the item of a thread that is listed, and wait until it is shown."""
    await screen.inbox_list.select(next(item.key for item in screen.inbox_list.loaded if item.thread_id == thread_id))
    await shown(screen, thread_id)
    await eventually(lambda: screen.detail.thread_id == thread_id)


def change_prompt(database: Path, thread_id: str) -> None:
    """Somebody else has the agent ask something else."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "update request set prompt = 'Buy 4 laptops for 6000 EUR?', digest = 'another' where thread = ?",
            [thread_id],
        )
