"""What time does to requests: held decisions take effect, what was put aside comes back, people are reminded, overdue
requests get what their policy says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence

from hitl_tui.store import due, holds, reminders, sleepers, triage
from hitl_tui.store.database import Database
from hitl_tui.store.due import Expired


async def tick(database: Database, now: str) -> bool:
    """Do what is due by `now`, of each kind a batch; False when nothing was.

    Any number of processes may tick: each release, expiry and reminder happens once.
    """
    found = await database.read(lambda connection: [act for any_due, act in _KINDS if any_due(connection, now)])
    for act in found:
        await act(database, now)
    return bool(found)


async def sweep(database: Database, now: str) -> list[Expired]:
    """Apply the policies of what is overdue (rows 61 to 66)."""
    expired: list[Expired] = []
    while await database.read(lambda connection: due.any_due(connection, now)):
        expired += await _sweep(database, now)
    return expired


async def _sweep(database: Database, now: str) -> list[Expired]:
    expired = await database.write(due.Sweep(now))
    due.log_expired(expired, now)
    return expired


# In this order: nobody is reminded of what is over.
_KINDS: Sequence[tuple[Callable[[sqlite3.Connection, str], bool], Callable[[Database, str], Awaitable[object]]]] = (
    (holds.any_due, lambda database, now: database.write(holds.Release(now))),
    (due.any_due, _sweep),
    (sleepers.any_due, lambda database, now: database.write(sleepers.Wake(now))),
    (triage.any_snooze_over, lambda database, now: database.write(triage.SnoozesOver(now))),
    (reminders.any_due, lambda database, now: database.write(reminders.Remind(now))),
)
