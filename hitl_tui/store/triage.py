"""Triage: put a request aside for a while, give a thread to somebody, say how urgent it is, leave a note."""

from __future__ import annotations

import shlex
import sqlite3
from dataclasses import dataclass
from typing import Any, ClassVar

from hitl_tui.errors import NothingPending, NotPossible, RequestNotFound
from hitl_tui.model.jsontext import from_iso, iso
from hitl_tui.model.kinds import ENDED
from hitl_tui.store import queries
from hitl_tui.store.requests import open_of_thread, several_pending
from hitl_tui.store.threads import Thread, audit, locked

SQL = queries.load("triage")
_SHARE_ASLEEP = 0.75
"""A snoozed request is back when so much of its time has passed: there must be some left to answer it."""


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, through which surface, when."""

    actor: str
    via: str
    now: str


@dataclass(frozen=True, slots=True)
class Snoozed:
    """A request that was put aside; `until` is None when it was taken back, and sooner than asked before a deadline."""

    request_id: str
    node: str
    until: str | None


@dataclass(frozen=True, slots=True)
class Assigned:
    """From whom to whom a thread went; None is nobody."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote about a thread."""

    at: str
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class Snooze:
    """Put a pending request aside until a time, or take it back with None. Its deadline goes on."""

    point: ClassVar[str] = "triage"
    thread_id: str
    request_id: str | None
    until: str | None
    by: By

    def __call__(self, connection: sqlite3.Connection) -> Snoozed:
        """Raises `ThreadNotFound`, `RequestNotFound`, `NothingPending`, `SeveralPending`, or `NotPossible`: overdue."""
        row = self._pending(connection)
        until = self.until
        if until is not None and row["due_at"] is not None:
            if row["due_at"] < self.by.now:
                raise NotPossible(
                    f"the time to answer the request at '{row['node']}' was over at {row['due_at']}",
                    hint="what its timeout policy says happens as soon as a worker runs",
                    request_id=row["id"],
                )
            until = min(until, _latest(self.by.now, row["due_at"]))
        connection.execute(SQL["snooze"], {"request": row["id"], "until": until})
        connection.execute(SQL["touch"], {"thread": self.thread_id, "now": self.by.now})
        event = "unsnoozed" if until is None else "snoozed"
        _audit(connection, self.thread_id, row["id"], event, self.by, {} if until is None else {"until": until})
        return Snoozed(row["id"], row["node"], until)

    def _pending(self, connection: sqlite3.Connection) -> sqlite3.Row:
        locked(connection, self.thread_id)
        which = {"thread": self.thread_id, "request": self.request_id}
        found = connection.execute(SQL["request" if self.request_id else "only_pending"], which).fetchall()
        see = f"`hitl show {shlex.quote(self.thread_id)}`"
        if self.request_id and not found:
            raise RequestNotFound(self.thread_id, self.request_id)
        if len(found) > 1:
            raise several_pending(self.thread_id, [(row["id"], row["node"]) for row in found])
        if not found or found[0]["status"] != "pending":
            raise NothingPending(
                f"Thread '{self.thread_id}' has nothing to put aside", hint=f"{see} says where it stands"
            )
        row: sqlite3.Row = found[0]
        return row


@dataclass(frozen=True, slots=True)
class SnoozesOver:
    """Bring back what was put aside until now, at most 200 requests at a time."""

    point: ClassVar[str] = "snooze_over"
    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        connection.execute(SQL["over"], {"now": self.now})


@dataclass(frozen=True, slots=True)
class Assign:
    """Give a thread to somebody, or to nobody. With `escalate` the audit says that it went up (row 100)."""

    point: ClassVar[str] = "triage"
    thread_id: str
    who: str | None
    by: By
    escalate: bool = False

    def __call__(self, connection: sqlite3.Connection) -> Assigned:
        """Raises `ThreadNotFound`, `NotPossible` when the thread has ended."""
        before = _must_go_on(connection, self.thread_id).assignee
        if before != self.who:
            give(connection, self.thread_id, self.who, self.by.now)
            event = "escalated" if self.escalate else "unassigned" if self.who is None else "assigned"
            _audit(connection, self.thread_id, None, event, self.by, {"from": before, "to": self.who})
        return Assigned(before, self.who)


@dataclass(frozen=True, slots=True)
class Prioritise:
    """Say how urgent a thread is; a higher number comes first, 0 is the default."""

    point: ClassVar[str] = "triage"
    thread_id: str
    priority: int
    by: By

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Raises `ThreadNotFound`, `NotPossible` when the thread has ended."""
        before = _must_go_on(connection, self.thread_id).priority
        if before == self.priority:
            return
        names = {"thread": self.thread_id, "priority": self.priority, "now": self.by.now}
        connection.execute(SQL["prioritise"], names)
        connection.execute(SQL["prioritise_requests"], names)
        details = {"from": before, "to": self.priority}
        _audit(connection, self.thread_id, None, "prioritised", self.by, details)


@dataclass(frozen=True, slots=True)
class AddNote:
    """Leave a note on a thread, for whoever looks at it next."""

    point: ClassVar[str] = "triage"
    thread_id: str
    text: str
    by: By

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Raises `ThreadNotFound`."""
        locked(connection, self.thread_id)
        names = {"thread": self.thread_id, "now": self.by.now, "actor": self.by.actor, "text": self.text}
        connection.execute(SQL["add_note"], names)
        # An ended thread is as old as its end, from which its retention counts.
        connection.execute(SQL["touch"], names)
        # Its text is in one place only: the audit is for ever.
        _audit(connection, self.thread_id, None, "noted", self.by, {"length": len(self.text)})


def give(connection: sqlite3.Connection, thread_id: str, who: str | None, now: str) -> None:
    """A thread, with what it asks, is somebody's from now on."""
    names = {"thread": thread_id, "who": who, "now": now}
    connection.execute(SQL["assign"], names)
    connection.execute(SQL["assign_requests"], names)


def notes(connection: sqlite3.Connection, thread_id: str) -> list[Note]:
    """The notes on a thread, oldest first."""
    rows = connection.execute(SQL["notes"], {"thread": thread_id})
    return [Note(row["at"], row["actor"], row["text"]) for row in rows]


def any_snooze_over(connection: sqlite3.Connection, now: str) -> bool:
    """Whether something that was put aside is to come back."""
    return connection.execute(SQL["any_over"], {"now": now}).fetchone() is not None


def _latest(now: str, due_at: str) -> str:
    start, due = from_iso(now), from_iso(due_at)
    return iso(start + (due - start) * _SHARE_ASLEEP)


def _must_go_on(connection: sqlite3.Connection, thread_id: str) -> Thread:
    """A thread that has not ended, or that failed and still asks somebody."""
    thread = locked(connection, thread_id)
    if thread.status in ENDED and not open_of_thread(connection, thread_id):
        raise NotPossible(
            f"Thread '{thread_id}' is {thread.status.value}; nobody needs to do anything about it",
            status=thread.status.value,
        )
    return thread


def _audit(
    connection: sqlite3.Connection,
    thread_id: str,
    request_id: str | None,
    event: str,
    by: By,
    details: dict[str, Any],
) -> None:
    audit(connection, by.now, thread_id, request_id, event, by.actor, by.via, details)
