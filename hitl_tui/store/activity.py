"""What runs now and what became of the last minutes' work; for `beside`.

The pace is read from the audit, whose ids grow with time: where the minutes begin is found by halving.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from hitl_tui.store import queries

SQL = queries.load("activity")
MOST_EVENTS = 100_000
"""So many of the newest events are looked at; with more in the minutes asked for, the oldest minutes are left out."""
FAILURE_EVENTS = 20_000
"""Among so many of the newest events are the newest failures looked for."""


@dataclass(frozen=True, slots=True)
class Around:
    """What to look at: the minutes from `since` to `now`, and so many running threads and failures."""

    now: str
    since: str
    threads: int
    failures: int


@dataclass(frozen=True, slots=True)
class Found:
    """Rows as they are read; `per_minute` goes from `first_event_at` on, which may be later than was asked for."""

    running: list[sqlite3.Row]
    owners: list[sqlite3.Row]
    standing: sqlite3.Row
    per_minute: list[sqlite3.Row]
    failures: list[sqlite3.Row]
    first_event_at: str | None
    """None when all of the minutes asked for were looked at."""


@dataclass(frozen=True, slots=True)
class Look:
    """Read it all at one moment."""

    around: Around

    def __call__(self, connection: sqlite3.Connection) -> Found:
        around = self.around

        def rows(name: str, **names: object) -> list[sqlite3.Row]:
            return connection.execute(SQL[name], names).fetchall()

        last = rows("last_event")[0]["id"] or 0
        first = _first_since(connection, around.since, last)
        cut = first <= last - MOST_EVENTS
        first = max(first, last - MOST_EVENTS + 1)
        return Found(
            running=rows("running", limit=around.threads),
            owners=rows("owners"),
            standing=rows("standing")[0],
            per_minute=rows("per_minute", first=first, since=around.since, now=around.now),
            failures=rows("failures", first=last - FAILURE_EVENTS, limit=around.failures),
            first_event_at=rows("event_at_or_after", id=first)[0]["at"] if cut else None,
        )


def _first_since(connection: sqlite3.Connection, since: str, last: int) -> int:
    """The id of the first event at or after `since`; `last + 1` when there is none."""
    low, high = 0, last + 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(SQL["event_at_or_after"], {"id": middle}).fetchone()
        if row is None or row["at"] >= since:
            high = middle
        else:
            low = row["id"] + 1
    return low
