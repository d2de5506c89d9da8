"""Search: before it looks, it takes in what happened a moment ago."""

from __future__ import annotations

import time

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox.session import Session
from hitl_tui.store import search


async def catch_up(session: Session, seconds: float) -> int:
    """Bring the index up to date, for at most so long; returns how much is left, in entries of the audit.

    When somebody else keeps the database busy, what is indexed so far has to do.
    """
    until = time.monotonic() + seconds
    while (left := await search.behind(session.database)) and time.monotonic() < until:
        try:
            await session.database.write(search.Index())
        except DatabaseUnusable as error:
            if not error.busy:
                raise
            break
    return left
