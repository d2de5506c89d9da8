"""Half-written answers, so that leaving an item, a refresh or a crash loses nothing. They are no decision.

Each reviewer has their own. One that was stored before its writer was noted is found by whoever has none, and forgotten
with theirs.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import ClassVar

from hitl_tui.store import queries
from hitl_tui.store.database import Database

SQL = queries.load("triage")


async def find(database: Database, request_id: str, actor: str) -> str | None:
    """Somebody's draft for a request as it was saved."""
    row = await database.row(SQL["draft"], {"request": request_id, "actor": actor})
    return None if row is None else str(row["data"])


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """Keep what somebody wrote for a request; None forgets it."""

    point: ClassVar[str] = "triage"
    request_id: str
    actor: str
    data: str | None
    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        names = {"request": self.request_id, "actor": self.actor, "data": self.data, "now": self.now}
        connection.execute(SQL["forget_draft" if self.data is None else "save_draft"], names)
