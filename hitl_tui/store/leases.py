"""Leases: a compare-and-set claim with owner, expiry and an epoch that every claim increments."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from hitl_tui.store import queries
from hitl_tui.store.database import Database
from hitl_tui.store.threads import Thread, thread_of

SQL = queries.load("leases")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one runner to commit for one thread; lost as soon as another claim raises the epoch."""

    thread_id: str
    owner: str
    epoch: int


async def claimable(database: Database, now: str, trusted: Sequence[str]) -> str | None:
    """The id of a thread that could be claimed now: the most urgent ready one, else one whose lease expired."""
    parameters = {"now": now, "trusted": json.dumps(list(trusted))}
    for name in ("next_ready", "next_expired"):
        row = await database.row(SQL[name], parameters)
        if row is not None:
            return str(row["id"])
    return None


async def free(database: Database, thread_id: str, now: str, trusted: Sequence[str]) -> bool:
    """Whether this thread could be claimed now."""
    names = {"id": thread_id, "now": now, "trusted": json.dumps(list(trusted))}
    return await database.row(SQL["free"], names) is not None


@dataclass(frozen=True, slots=True)
class Claim:
    """Take a ready thread, or one whose lease expired, for `owner` until `until`."""

    thread_id: str
    owner: str
    trusted: Sequence[str]
    now: str
    until: str

    def __call__(self, connection: sqlite3.Connection) -> Thread | None:
        """The claimed thread with its new epoch, or None when another runner was first."""
        row = connection.execute(
            SQL["claim"],
            {
                "id": self.thread_id,
                "owner": self.owner,
                "trusted": json.dumps(list(self.trusted)),
                "now": self.now,
                "until": self.until,
            },
        ).fetchone()
        return None if row is None else thread_of(row)


@dataclass(frozen=True, slots=True)
class Renew:
    """Heartbeat: extend the leases that are still ours; returns those that are not any more."""

    leases: Sequence[Lease]
    until: str

    def __call__(self, connection: sqlite3.Connection) -> list[Lease]:
        return [lease for lease in self.leases if not self._renewed(connection, lease)]

    def _renewed(self, connection: sqlite3.Connection, lease: Lease) -> bool:
        names = {"id": lease.thread_id, "owner": lease.owner, "epoch": lease.epoch, "until": self.until}
        return connection.execute(SQL["renew"], names).rowcount > 0


@dataclass(frozen=True, slots=True)
class HandBack:
    """A clean stop: what we did not finish is ready again at once."""

    leases: Sequence[Lease]

    def __call__(self, connection: sqlite3.Connection) -> None:
        for lease in self.leases:
            connection.execute(SQL["hand_back"], {"id": lease.thread_id, "owner": lease.owner, "epoch": lease.epoch})
