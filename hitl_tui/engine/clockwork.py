"""What time does to requests: held decisions take effect, what was put aside comes back, people are reminded, overdue
requests get what their policy says.
"""

from __future__ import annotations

import logging

from hitl_tui.store import due, holds, reminders, sleepers, triage
from hitl_tui.store.database import Database
from hitl_tui.store.due import Expired

LOG = logging.getLogger(__name__)


async def tick(database: Database, now: str) -> None:
    """Do what is due by `now`. Any number of processes may tick: each release, expiry and reminder happens once."""
    if await holds.any_due(database, now):
        await database.write(holds.Release(now))
    await sweep(database, now)
    if await sleepers.any_due(database, now):
        await database.write(sleepers.Wake(now))
    if await triage.any_snooze_over(database, now):
        await database.write(triage.SnoozesOver(now))
    # After the sweep: nobody is reminded of what is over.
    if await reminders.any_due(database, now):
        await database.write(reminders.Remind(now))


async def sweep(database: Database, now: str, thread_id: str | None = None) -> list[Expired]:
    """Apply the policies of what is overdue, in the whole database or one thread (rows 61 to 66)."""
    if not await due.any_due(database, now):
        return []
    expired = await database.write(due.Sweep(now, thread_id))
    due.log_expired(expired, now)
    for item in expired:
        if item.policy == "timeout":
            LOG.warning("Interaction %s for thread %s timed out", item.request_id, item.thread_id)
    return expired
