"""Threads that sleep until the next attempt of a node: ready, but claimed by nobody before their time."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from hitl_tui.store import queries

SQL = queries.load("sleepers")


def any_due(connection: sqlite3.Connection, now: str) -> bool:
    """Whether some thread has slept long enough."""
    return connection.execute(SQL["any_due"], {"now": now}).fetchone() is not None


@dataclass(frozen=True, slots=True)
class Wake:
    """Let runners have the threads that have slept long enough, at most 200 at a time."""

    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        connection.execute(SQL["wake"], {"now": self.now})
