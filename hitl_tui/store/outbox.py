"""Messages for the world outside: stored with what they tell of, delivered at least once by one process at a time.

Whoever delivers takes a message, which keeps others from it for a while, and then says how it went. A message that
nobody takes for a day is no news any more, and is not delivered. Of all messages only the newest are kept.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar

from hitl_tui.model.jsontext import from_iso, from_json, iso, to_json
from hitl_tui.store import queries
from hitl_tui.store.database import Database

SQL = queries.load("outbox")
REMINDER = "request.reminder"
KEPT = 10_000
NEWS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was taken; `attempt` counts from 1, over all processes."""

    id: int
    topic: str
    payload: dict[str, Any]
    attempt: int
    created_at: str


def put(connection: sqlite3.Connection, topic: str, payload: dict[str, Any], now: str) -> None:
    """Add a message inside a transaction, and drop what is beyond `KEPT`: there may be nobody who delivers."""
    connection.execute(SQL["put"], {"topic": topic, "payload": to_json(payload, "payload"), "now": now})
    connection.execute(SQL["drop_oldest"], {"kept": KEPT})


async def any_due(database: Database, now: str) -> bool:
    """Whether some message is to be delivered."""
    return await database.row(SQL["any_due"], {"since": _since(now), "now": now}) is not None


@dataclass(frozen=True, slots=True)
class Take:
    """Take the message that waits longest; until `until` nobody else gets it.

    A reminder of what is decided or overdue by now, or was reminded of again or got a new deadline since, is given up;
    one of what is held or snoozed waits. It names the deadline, which an undo moves on, and the assignee as they are.
    """

    point: ClassVar[str] = "outbox"
    now: str
    until: str

    def __call__(self, connection: sqlite3.Connection) -> Message | None:
        """The message, or None when there is none."""
        names = {"since": _since(self.now), "now": self.now, "until": self.until}
        while (row := connection.execute(SQL["take"], names).fetchone()) is not None:
            message = Message(row["id"], row["topic"], from_json(row["payload"]), row["attempts"], row["created_at"])
            if message.topic != REMINDER:
                return message
            # The message was made, and the request marked, in one transaction: at one moment.
            about = {"request": message.payload["request_id"], "reminded_at": message.created_at}
            request = connection.execute(SQL["remind_at"], {**about, "now": self.now, "until": self.until}).fetchone()
            if request is None:
                NotSent(message, None)(connection)
            elif request["at"] > self.now:
                connection.execute(SQL["postpone"], {"id": message.id, "retry_at": request["at"]})
            else:
                as_it_is = {name: request[name] for name in ("assignee", "due_at")}
                return replace(message, payload=message.payload | as_it_is)
        return None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message was delivered."""

    point: ClassVar[str] = "outbox"
    message: Message
    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        connection.execute(SQL["sent"], {"id": self.message.id, "now": self.now})


@dataclass(frozen=True, slots=True)
class NotSent:
    """A message could not be delivered: try again at `retry_at`, or never if that is None.

    Nothing happens if somebody else took it since.
    """

    point: ClassVar[str] = "outbox"
    message: Message
    retry_at: str | None

    def __call__(self, connection: sqlite3.Connection) -> None:
        names = {"id": self.message.id, "attempt": self.message.attempt, "retry_at": self.retry_at}
        connection.execute(SQL["failed"], names)


def _since(now: str) -> str:
    return iso(from_iso(now) - NEWS)
