"""Threads that sleep until the next attempt of a node: ready, but claimed by nobody before their time."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from hitl_tui.store import queries
from hitl_tui.store.database import Database

SQL = queries.load("sleepers")


async def any_due(database: Database, now: str) -> bool:
    """Whether some thread has slept long enough."""
    return await database.row(SQL["any_due"], {"now": now}) is not None


@dataclass(frozen=True, slots=True)
class Wake:
    """Let runners have the threads that have slept long enough, at most 200 at a time."""

    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        connection.execute(SQL["wake"], {"now": self.now})
