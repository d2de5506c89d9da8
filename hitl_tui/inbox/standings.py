"""How threads stand, in short and many at once: what a worker says of those that it ran."""

from __future__ import annotations

import json
from collections.abc import Collection

from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import ErrorView, Standing
from hitl_tui.model.jsontext import from_iso, from_json
from hitl_tui.store import queries

SQL = queries.load("standings")


async def standings(session: Session, thread_ids: Collection[str]) -> list[Standing]:
    """One for each of these threads that is there, by id."""
    rows = await session.database.rows(SQL["standings"], {"ids": json.dumps(list(thread_ids))})
    return [
        Standing(
            thread_id=row["id"],
            status=row["status"],
            outcome=row["outcome"],
            error=ErrorView(**{name: error[name] for name in ("node", "type", "message")}) if error else None,
            waits=tuple((node, kind) for node, kind in json.loads(row["waits"])),
            sleeps_until=from_iso(row["wake_at"]) if row["wake_at"] else None,
        )
        for row in rows
        for error in (from_json(row["error"]) if row["error"] else None,)
    ]
