"""Half-written answers, so that leaving an item, a refresh or a crash loses nothing. They are no decision."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import ClassVar

from hitl_tui.store import queries
from hitl_tui.store.database import Database

SQL = queries.load("triage")


async def find(database: Database, request_id: str) -> str | None:
    """The draft for a request as it was saved."""
    row = await database.row(SQL["draft"], {"request": request_id})
    return None if row is None else str(row["data"])


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """Keep what was written for a request; None forgets it."""

    point: ClassVar[str] = "triage"
    request_id: str
    data: str | None
    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        names = {"request": self.request_id, "data": self.data, "now": self.now}
        connection.execute(SQL["forget_draft" if self.data is None else "save_draft"], names)
