"""Retention: what the steps of ended threads took and gave is not kept for ever, nor need be the threads.

What a retry of a failed thread needs stays while it does: the superstep that it is in, and its effects. A failed thread
that still asks somebody something, or may do so again after an undo, is left alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hitl_tui.store import queries
from hitl_tui.store.database import Database
from hitl_tui.store.threads import audit
from hitl_tui.store.unusable import explained

SQL = queries.load("prune")
LOCK_SECONDS = 60
_DETAILS = ("empty_steps", "forget_given", "forget_effects", "forget_drafts")
_WHOLE = (
    "forget_drafts",
    "delete_notes",
    "delete_responses",
    "delete_requests",
    "delete_superseded",
    "delete_effects",
    "forget_given",
    "delete_steps",
    "delete_searched",
    "delete_thread",
)


async def prunable(database: Database, before: str, *, whole: bool, limit: int) -> list[str]:
    """Some threads that ended before that time and have something to prune."""
    names = {"ended_before": before, "whole": whole, "limit": limit}
    return [row["id"] for row in await database.rows(SQL["prunable"], names)]


async def count(database: Database, before: str, *, whole: bool) -> int:
    """How many they are."""
    row = await database.row(SQL["count"], {"ended_before": before, "whole": whole})
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True)
class Prune:
    """Remove the details of these threads, or (`whole`) all but their audit, unless they live again or are pruned."""

    thread_ids: Sequence[str]
    before: str
    now: str
    whole: bool
    actor: str
    via: str

    def __call__(self, connection: sqlite3.Connection) -> tuple[int, int]:
        """How many threads and steps that were."""
        threads = steps = 0
        for thread_id in self.thread_ids:
            names = {"id": thread_id, "ended_before": self.before, "now": self.now, "whole": self.whole}
            if connection.execute(SQL["mark"], names).rowcount == 0:
                continue
            threads += 1
            emptied = int(connection.execute(SQL["lasting_steps"], names).fetchone()[0])
            steps += emptied
            details = {"steps": emptied, "whole": self.whole}
            audit(connection, self.now, thread_id, None, "pruned", self.actor, self.via, details)
            for name in _WHOLE if self.whole else _DETAILS:
                connection.execute(SQL[name], names)
        return threads, steps


def vacuum(path: Path) -> int:
    """Give free pages back to the file system; returns the bytes. Others cannot write meanwhile.

    Raises `DatabaseUnusable` when the disk has no room for the copy that this needs, or somebody keeps the lock.
    """
    with explained(path), closing(sqlite3.connect(path, isolation_level=None, timeout=LOCK_SECONDS)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
        before = path.stat().st_size
        # Removed words are in the index until it is merged.
        connection.execute(SQL["merge_search"])
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
        return max(before - path.stat().st_size, 0)
