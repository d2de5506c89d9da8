"""Reminders: a person is told, once, that a request is soon due; whoever sweeps first sees to it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import ClassVar

from hitl_tui.model.jsontext import from_json
from hitl_tui.model.policy import next_reminder
from hitl_tui.store import outbox, queries
from hitl_tui.store.threads import audit

SQL = queries.load("reminders")


def any_due(connection: sqlite3.Connection, now: str) -> bool:
    """Whether the time of some reminder has come; never of a request that is held, snoozed or closed."""
    return connection.execute(SQL["any_due"], {"now": now}).fetchone() is not None


@dataclass(frozen=True, slots=True)
class Remind:
    """Remind of what is soon due, at most 100 requests at a time, each once for all reminders that it missed.

    In one transaction: the audit says so, a message goes into the outbox, and the request's next reminder is set. The
    message names things and holds nothing that somebody wrote: it may leave this machine.
    """

    point: ClassVar[str] = "remind"
    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        for row in connection.execute(SQL["due"], {"now": self.now}).fetchall():
            # What is overdue waits for the sweep: a new deadline brings new reminders.
            soon = row["due_at"] >= self.now
            names = {
                "request": row["id"],
                "remind_at": next_reminder(from_json(row["remind"]), row["due_at"], self.now),
                "reminded_at": self.now if soon else None,
            }
            connection.execute(SQL["reminded"], names)
            if not soon:
                continue
            details = {"due_at": row["due_at"]}
            audit(connection, self.now, row["thread"], row["id"], "reminded", "system", "runner", details)
            message = {
                "thread_id": row["thread"],
                "graph": row["graph_name"],
                "request_id": row["id"],
                "node": row["node"],
                "type": row["type"],
                "assignee": row["assignee"],
                "due_at": row["due_at"],
            }
            outbox.put(connection, outbox.REMINDER, message, self.now)
