"""Leases: a compare-and-set claim with owner, expiry and an epoch that every claim increments."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from hitl_tui.model.jsontext import iso, own_to_json
from hitl_tui.model.kinds import StepStatus, ThreadStatus
from hitl_tui.store import queries, requests, steps
from hitl_tui.store.database import Database
from hitl_tui.store.requests import StoredRequest
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import Thread, locked, thread_of

SQL = queries.load("leases")


class Lease(NamedTuple):
    """The right of one runner to commit for one thread; lost as soon as another claim raises the epoch."""

    thread_id: str
    owner: str
    epoch: int


@dataclass(slots=True)
class Claimed:
    """A thread with its new lease, the steps of its current superstep, and what those asked that run again."""

    thread: Thread
    lease: Lease
    steps: Sequence[Step]
    asked: Sequence[StoredRequest]


@dataclass(slots=True)
class Claimant:
    """Who claims: with which agents code it may run, and for how long."""

    owner: str
    trusted: Sequence[str]
    clock: Callable[[], datetime]
    lease: timedelta

    def term(self) -> tuple[str, str]:
        """Now, and the end of a lease that begins now. Asked in the transaction, which may have waited for others."""
        moment = self.clock()
        return iso(moment), iso(moment + self.lease)

    def may_run(self, agents: str | None) -> bool:
        """Whether a thread with this agents code is one for it."""
        return agents is None or agents in self.trusted


UNCHANGED: dict[str, Any] = {"woken": None, "claims": 0, "owner": None, "until": None}
"""As `woken` gives them, for a thread that does not get ready."""


def woken(agents: str | None, claimant: Claimant | None) -> dict[str, Any]:
    """The columns of a thread that gets ready: leased to the claimant that may run it, else anybody's."""
    if claimant is None or not claimant.may_run(agents):
        return {"woken": ThreadStatus.READY.value, "claims": 0, "owner": None, "until": None}
    return {"woken": ThreadStatus.RUNNING.value, "claims": 1, "owner": claimant.owner, "until": claimant.term()[1]}


async def claimable(database: Database, now: str, trusted: Sequence[str]) -> bool:
    """Whether some thread could be claimed now."""
    parameters = {"now": now, "trusted": own_to_json(list(trusted)), "held": "[]", "limit": 1}
    for name in ("next_ready", "next_expired"):
        if await database.row(SQL[name], parameters) is not None:
            return True
    return False


async def free(database: Database, thread_id: str, now: str, trusted: Sequence[str]) -> bool:
    """Whether this thread could be claimed now."""
    names = {"id": thread_id, "now": now, "trusted": own_to_json(list(trusted))}
    return await database.row(SQL["free"], names) is not None


async def lost(database: Database, leases: Sequence[Lease]) -> list[Lease]:
    """Those that are not held any more: ended, taken over, or their thread cancelled."""
    rows = await database.rows(SQL["lost"], {"leases": own_to_json(leases)})
    return [leases[row["key"]] for row in rows]


@dataclass(slots=True)
class Claim:
    """Take this thread if it is ready, or if its lease expired."""

    thread_id: str
    claimant: Claimant

    def __call__(self, connection: sqlite3.Connection) -> Claimed | None:
        """The claimed thread, or None when another runner was first."""
        claimed = _claim(connection, [self.thread_id], self.claimant)
        return claimed[0] if claimed else None


@dataclass(frozen=True, slots=True)
class ClaimNext:
    """Take at most `limit` threads: those whose lease expired, but none of `held`, then the most urgent ready ones."""

    point: ClassVar[str] = "claim"
    claimant: Claimant
    limit: int
    held: Sequence[str] = ()

    def __call__(self, connection: sqlite3.Connection) -> list[Claimed]:
        claimed: list[Claimed] = []
        parameters = {
            "now": self.claimant.term()[0],
            "trusted": own_to_json(list(self.claimant.trusted)),
            "held": own_to_json(list(self.held)),
        }
        # What expired was once claimed before all that is ready now; behind that, with new work always coming, never.
        for name in ("next_expired", "next_ready"):
            room = self.limit - len(claimed)
            rows = connection.execute(SQL[name], parameters | {"limit": room}).fetchall() if room else []
            claimed += _claim(connection, [row["id"] for row in rows], self.claimant) if rows else []
        return claimed


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


def _claim(connection: sqlite3.Connection, thread_ids: Sequence[str], claimant: Claimant) -> list[Claimed]:
    """Those of the threads that can be claimed now, in their order."""
    now, until = claimant.term()
    names = {
        "ids": own_to_json(thread_ids),
        "owner": claimant.owner,
        "trusted": own_to_json(list(claimant.trusted)),
        "now": now,
        "until": until,
    }
    threads = {row["id"]: thread_of(row) for row in connection.execute(SQL["claim"], names)}
    return [_claimed(connection, threads[thread_id]) for thread_id in thread_ids if thread_id in threads]


def just_claimed(connection: sqlite3.Connection, thread_id: str) -> Claimed:
    """A thread that this transaction has leased to somebody."""
    return _claimed(connection, locked(connection, thread_id))


def _claimed(connection: sqlite3.Connection, thread: Thread) -> Claimed:
    # What a runner has to know comes with the claim: reading it afterwards would cost it several turns.
    done = steps.in_superstep(connection, thread.id, thread.superstep) if thread.steps else []
    again = dict.fromkeys((step.node, step.visit) for step in done if step.status is StepStatus.PAUSED or step.retried)
    asked = [request for node, visit in again for request in requests.asked(connection, thread.id, node, visit)]
    assert thread.lease_owner is not None
    return Claimed(thread, Lease(thread.id, thread.lease_owner, thread.lease_epoch), done, asked)
