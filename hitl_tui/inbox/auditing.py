"""Read the audit: what happened to threads and requests, by whom and when."""

from __future__ import annotations

from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import AuditView
from hitl_tui.model.jsontext import from_iso, from_json
from hitl_tui.store import queries, threads

SQL = queries.load("audit")
_LAST = 2**63 - 1


async def audit(session: Session, thread_id: str | None, limit: int, before: int | None) -> list[AuditView]:
    """The newest `limit` entries, newest first, of one thread or all; `before` is the id of an earlier page's last."""
    names = {"thread": thread_id, "before_id": before or _LAST, "limit": limit}
    rows = await session.database.rows(SQL["newest" if thread_id is None else "newest_of_thread"], names)
    if thread_id is not None and before is None and not rows:
        # Not before: a thread that was pruned away has its audit still.
        await threads.find(session.database, thread_id)
    return [
        AuditView(
            id=row["id"],
            at=from_iso(row["at"]),
            thread_id=row["thread"],
            request_id=row["request"],
            event=row["event"],
            actor=row["actor"],
            via=row["via"],
            details=from_json(row["details"]),
        )
        for row in rows
    ]
