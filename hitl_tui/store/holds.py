"""The undo window: a held decision is released when its time is up, or taken back before (row 99)."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hitl_tui.errors import NotPossible, RequestNotFound
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import from_iso, iso
from hitl_tui.model.kinds import RequestStatus
from hitl_tui.store import decisions, queries
from hitl_tui.store.requests import named, open_of_thread
from hitl_tui.store.threads import audit, locked

SQL = queries.load("holds")
DECISIONS = queries.load("decisions")


@dataclass(frozen=True, slots=True)
class Undone:
    """A decision that was taken back; its request is pending again, with the time that was left."""

    request_id: str
    node: str
    action: str
    request: HumanInteractionRequest


def any_due(connection: sqlite3.Connection, now: str) -> bool:
    """Whether some held decision is to be released."""
    return connection.execute(SQL["any_due"], {"now": now}).fetchone() is not None


@dataclass(frozen=True, slots=True)
class Release:
    """Let the held decisions whose window has passed take effect; any runner may do it, once each."""

    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        for row in connection.execute(SQL["due"], {"now": self.now}).fetchall():
            names = {"request": row["id"], "thread": row["thread"], "step": row["step"], "now": self.now}
            connection.execute(SQL["release"], names)
            connection.execute(DECISIONS["wake"], names)
            audit(connection, self.now, row["thread"], row["id"], "released", "system", "runner", {})


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back a held decision of a thread: the newest, or the named request's.

    `now` is when that was asked for, which must be inside the window. The clock is asked when the transaction runs: the
    request has as much time left as it had when it was decided, however long this waited for others.
    """

    thread_id: str
    request_id: str | None
    actor: str
    via: str
    now: str
    clock: Callable[[], datetime]

    def __call__(self, connection: sqlite3.Connection) -> Undone:
        """Raises `ThreadNotFound`, `RequestNotFound`, or `NotPossible` when it is released already or there is none."""
        locked(connection, self.thread_id)
        which = {"thread": self.thread_id, "request": self.request_id, "now": self.now}
        if self.request_id is not None and connection.execute(SQL["known"], which).fetchone() is None:
            raise RequestNotFound(self.thread_id, self.request_id)
        row = connection.execute(SQL["held_of_thread"], which).fetchone()
        if row is None:
            last = connection.execute(DECISIONS["last_decision"], which).fetchone()
            raise _too_late(self.thread_id, last)
        names = {"request": row["id"], "thread": self.thread_id, "now": self.now}
        # Deadline and reminder stood still since the decision. A clock may have been set back.
        stood = max(self.clock() - from_iso(row["at"]), timedelta())
        for name in ("due_at", "remind_at"):
            names[name] = iso(from_iso(row[name]) + stood) if row[name] is not None else None
        connection.execute(SQL["restore"], names)
        connection.execute(SQL["forget_response"], names)
        connection.execute(SQL["enter_inbox"], names)
        (stored,) = (item for item in open_of_thread(connection, self.thread_id) if item.id == row["id"])
        details = named(stored.label, stored.request) | {"action": row["action"]}
        audit(connection, self.now, self.thread_id, row["id"], "undone", self.actor, self.via, details)
        return Undone(row["id"], row["node"], row["action"], stored.request)


def _too_late(thread_id: str, last: sqlite3.Row | None) -> NotPossible:
    if last is None or last["action"] is None:
        return NotPossible(f"Thread '{thread_id}' has no decision to undo", thread_id=thread_id)
    decided = decisions.last_of(last)
    waits = decided.status == RequestStatus.HELD
    return NotPossible(
        f"the decision at '{decided.node}' is already released: {decided.action} by {decided.actor} at {decided.at}",
        hint=f"it takes effect as soon as the thread is run: `hitl wait {shlex.quote(thread_id)}`"
        if waits
        else "it has taken effect and cannot be undone",
        thread_id=thread_id,
        request_id=decided.request_id,
    )
