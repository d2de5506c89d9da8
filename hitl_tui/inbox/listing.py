"""List the inbox: windows, row numbers, counts."""

from __future__ import annotations

import base64
import json
import sqlite3
from datetime import datetime, timedelta

import pydantic_core

from hitl_tui.engine import presence
from hitl_tui.errors import UsageError
from hitl_tui.inbox import searching
from hitl_tui.inbox.filters import Filter, Sort
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.trust import trusted
from hitl_tui.inbox.views import Counts, Item, Page
from hitl_tui.model import search_text
from hitl_tui.model.jsontext import from_iso, iso
from hitl_tui.store import listing
from hitl_tui.store.listing import Place, Selection

DUE_SOON = timedelta(hours=1)
_CATCH_UP_SECONDS = 0.1
"""How long a search may wait for what is new; a change announces more of it."""
_SHELVES: dict[str, tuple[str, ...]] = {
    # Paused without an open request: what it waited for is decided, and held.
    "active": ("ready", "running", "paused"),
    "failed": ("failed", "timed_out"),
    "done": ("completed", "cancelled"),
}


async def page(session: Session, which: Filter, sort: Sort, limit: int, offset: int, cursor: str | None) -> Page:
    """At most `limit` items, and the cursor of the page after them.

    Raises `UsageError` for a cursor that no page of this order gave.
    """
    now = session.clock()
    after = _place(cursor, sort) if cursor else None
    skipped = 0 if after else offset
    if which.text:
        await searching.catch_up(session, _CATCH_UP_SECONDS)

    def read(connection: sqlite3.Connection) -> tuple[int, list[tuple[Place, sqlite3.Row]]]:
        selection = listing.searched(connection, _selection(connection, which, now))
        if skipped == 0 and after is None:
            rows = listing.window(connection, selection, sort, limit + 1)
            # Few rows were searched for in the whole index: to count them would search it again.
            return len(rows) if len(rows) <= limit else listing.count(connection, selection, sort), rows
        total = listing.count(connection, selection, sort)
        return total, listing.window(connection, selection, sort, limit + 1, skipped, after, total)

    total, rows = await session.database.read(read)
    known = set(trusted())
    items = [_item(row, known) for _, row in rows[:limit]]
    return Page(items, total, _cursor(sort, rows[limit - 1][0]) if len(rows) > limit else None)


async def rank(session: Session, which: Filter, sort: Sort, key: str) -> int | None:
    """How many items of the list stand before the one with this key."""
    now = session.clock()

    def read(connection: sqlite3.Connection) -> int | None:
        selection = listing.searched(connection, _selection(connection, which, now))
        place = listing.place(connection, selection, sort, key)
        return None if place is None else listing.count(connection, selection, sort, before=place)

    return await session.database.read(read)


async def counts(session: Session) -> Counts:
    """The header's figures and whether a worker is alive, and at work."""
    moment = session.clock()
    now, soon, stuck = iso(moment), iso(moment + DUE_SOON), iso(moment - presence.STUCK_AFTER)
    row = await session.database.read(lambda connection: listing.counts(connection, now, soon, stuck, trusted()))
    return Counts(
        waiting=row["waiting"],
        due_soon=row["due_soon"],
        snoozed=row["snoozed"],
        ready=row["ready"],
        running=row["running"],
        failed=row["failed"],
        done=row["done"],
        blocked=row["blocked"],
        live_worker=not row["stuck"] and presence.anyone(session.database.path),
    )


def _selection(connection: sqlite3.Connection, which: Filter, now: datetime) -> Selection:
    statuses = which.statuses or _SHELVES.get(which.shelf)
    asked = which.shelf in ("waiting", "snoozed")
    people = [who for who in which.assignees if who]
    return Selection(
        requests=asked or which.shelf == "all",
        threads=not asked and not which.types and not which.risks,
        statuses=statuses or None,
        types=which.types or None,
        graphs=which.graphs or None,
        risks=which.risks or None,
        assignees=people or None,
        unassigned=which.assignees == ("",),
        asked_before=int((now - which.older_than).timestamp()) if which.older_than else None,
        awake_at=iso(now) if which.shelf == "waiting" and listing.any_snoozed(connection, iso(now)) else None,
        asleep_at=iso(now) if which.shelf == "snoozed" else None,
        text=search_text.parse(which.text).expression or None,
        keys=which.keys,
    )


def _item(row: sqlite3.Row, known: set[str]) -> Item:
    waits = row["status"] == "ready" and row["agents"] is not None and row["agents"] not in known
    return Item(
        thread_id=row["thread"],
        graph=row["graph_name"],
        status=row["status"],
        created_at=from_iso(row["created_at"]),
        updated_at=from_iso(row["updated_at"]),
        node=row["node"],
        type=row["type"],
        prompt=row["prompt"],
        request_id=row["request"],
        due_at=from_iso(row["due_at"]) if row["due_at"] else None,
        reminded_at=from_iso(row["reminded_at"]) if row["reminded_at"] else None,
        priority=row["priority"],
        assignee=row["assignee"],
        risk=row["risk"],
        error=row["error"],
        blocked=row["agents"] if waits else None,
        snoozed_until=from_iso(row["snoozed_until"]) if row["snoozed_until"] else None,
        digest=row["digest"],
        is_plain=bool(row["plain"]),
    )


def _cursor(sort: Sort, place: Place) -> str:
    words = [sort, place.key, place.thread, place.position]
    return base64.urlsafe_b64encode(json.dumps(words).encode()).decode()


def _place(cursor: str, sort: Sort) -> Place:
    try:
        words = pydantic_core.from_json(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        words = None
    match words:
        case [str(order), (str() | int()) as key, str(thread), int(position)] if _storable(key) and _storable(position):
            if order == sort:
                return Place(key, thread, position)
            raise UsageError(
                f"the cursor is of a list by {order}, not by {sort}", hint="keep the order from page to page"
            )
    raise UsageError("the cursor is not one that `hitl list` gave", hint="take the `next` of the page before")


def _storable(value: str | int) -> bool:
    """Whether SQLite can compare with it."""
    return isinstance(value, str) or -(2**63) <= value < 2**63
