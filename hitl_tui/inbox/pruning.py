"""Prune: remove what nobody looks at any more, in slices so small that everybody else gets in between."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import Pruned
from hitl_tui.model.jsontext import iso
from hitl_tui.store.prune import Prune, count, prunable
from hitl_tui.store.prune import vacuum as give_back

SLICE = 20
"""Threads in one transaction."""


async def prune(session: Session, older_than: timedelta, *, threads: bool, dry_run: bool, vacuum: bool) -> Pruned:
    """Prune the threads that ended longer ago than that.

    Raises `DatabaseUnusable` when no space can be given back; what was pruned by then stays so, and is told.
    """
    moment = session.clock()
    before, now = iso(moment - older_than), iso(moment)
    if dry_run:
        return Pruned(threads=await count(session.database, before, whole=threads), steps=0, freed_bytes=0)
    pruned = steps = 0
    while found := await prunable(session.database, before, whole=threads, limit=SLICE):
        prune = Prune(found, before, now, threads, session.actor, session.via)
        more_threads, more_steps = await session.database.write(prune)
        pruned, steps = pruned + more_threads, steps + more_steps
        # The writer gives way only between its batches.
        await asyncio.sleep(0.005)
    try:
        freed = await asyncio.to_thread(give_back, session.database.path) if vacuum else 0
    except DatabaseUnusable as error:
        words = f"threads pruned: {pruned}, with {steps} steps; no space was given back: {error.message}"
        told = {"threads": pruned, "steps": steps, **error.details}
        raise DatabaseUnusable(words, hint=error.hint, busy=error.busy, **told) from error
    return Pruned(threads=pruned, steps=steps, freed_bytes=freed)
