"""Run threads: one until it settles, or whatever becomes ready as a worker."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from typing import Any

from hitl_tui.engine import clockwork, presence
from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.runner import Watcher
from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox import reading
from hitl_tui.inbox.local_runner import LocalRun, LocalRunner, runners_of
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import ThreadView
from hitl_tui.model.jsontext import iso
from hitl_tui.model.kinds import ThreadStatus

LOG = logging.getLogger(__name__)

_UNSETTLED = ("ready", "running")
TICK_SECONDS = 0.5
SHORT_HOLD = timedelta(seconds=5)
"""How long a wait waits for an undo window: as long as that of the inbox is, unless it is set otherwise."""


async def settled(session: Session, local: LocalRunner | None, thread_id: str, timeout: float | None) -> ThreadView:
    """Run (or without a runner, wait) until the thread pauses, ends or is blocked, at most `timeout` seconds.

    A step that runs here by then is let end: to cut it off would undo nothing of what it did. While another program
    keeps the database locked, it goes on. A decision that can be taken back is a pause, unless it takes effect soon and
    nobody else is asked.
    """
    run = None if local is None else local.run()
    settling = asyncio.create_task(_settle(session, run, thread_id))
    try:
        await asyncio.wait({settling}, timeout=timeout)
        if run is not None and not settling.done():
            await run.wind_down()
        if settling.done():
            return settling.result()
    finally:
        settling.cancel()
        with suppress(asyncio.CancelledError):
            await settling
    if local is not None:
        await local.hand_back(thread_id)
    return await reading.thread(session, thread_id)


async def check_timeouts(session: Session) -> list[dict[str, Any]]:
    """Sweep once; what expired, as the documents name its fields (row 63)."""
    expired = await clockwork.sweep(session.database, iso(session.clock()))
    fields = ("thread_id", "request_id", "timeout_duration")
    return [{name: getattr(item, name) for name in fields} for item in expired]


async def work(session: Session, concurrency: int, stop: asyncio.Event, watcher: Watcher | None) -> None:
    """Serve until `stop`, known to others as a live worker of this database."""
    hosts = Hosts(keep=concurrency)
    try:
        with presence.announced(session.database.path):
            await runners_of(session, hosts, watcher)().serve(concurrency, stop)
    finally:
        await hosts.close()


async def _settle(session: Session, run: LocalRun | None, thread_id: str) -> ThreadView:
    is_told = False
    # The end of a lease or of an undo window is no change that could be waited for.
    async with aclosing(session.database.changes.listen(every=TICK_SECONDS)) as changes:
        async for _ in changes:
            try:
                await clockwork.tick(session.database, iso(session.clock()))
                if run is not None:
                    await run.advance(thread_id)
            except DatabaseUnusable as error:
                if not error.busy:
                    raise
                LOG.warning("%s; trying again", error)
            view = await reading.thread(session, thread_id)
            # It may have been named by a request of it, and only a thread can be run.
            thread_id = view.thread_id
            if view.blocked:
                return view
            if view.status in _UNSETTLED:
                continue
            held_until = _released_soon(view, session.clock())
            if held_until is None:
                return view
            if not is_told:
                LOG.info("thread '%s' waits until %s, while its decision can be taken back", thread_id, iso(held_until))
                is_told = True
    # The database was closed, which this says.
    return await reading.thread(session, thread_id)


def _released_soon(view: ThreadView, now: datetime) -> datetime | None:
    """When a paused thread goes on by itself, if that is worth waiting for."""
    if view.status != ThreadStatus.PAUSED:
        return None
    held = [request.held_until for request in view.pending if request.held_until is not None]
    patience = SHORT_HOLD if len(held) == len(view.pending) else timedelta()
    return min((until for until in held if until - now <= patience), default=None)
