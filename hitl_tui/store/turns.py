"""What follows for a thread when results of its nodes are stored: the one row of it that says where it stands.

Every change of it checks the lease (owner and epoch); a runner that lost it gets `LeaseLost`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hitl_tui.errors import LeaseLost
from hitl_tui.model.jsontext import own_to_json, to_json
from hitl_tui.model.kinds import Outcome, ThreadStatus
from hitl_tui.store import queries
from hitl_tui.store.leases import Lease
from hitl_tui.store.threads import FrontierEntry, audit, frontier_json

SQL = queries.load("turns")


@dataclass(slots=True)
class Advance:
    """The superstep is complete: its merged state and what runs next."""

    state: dict[str, Any]
    frontier: tuple[FrontierEntry, ...]
    visits: dict[str, int]
    outcome: Outcome | None
    """What the thread has come to so far where it will not end `ok`."""


@dataclass(slots=True)
class Finish:
    """The thread has ended, or stops at a failure from which it can be retried; `advance` is its last superstep."""

    status: ThreadStatus
    outcome: Outcome | None
    error: dict[str, Any] | None = None
    advance: Advance | None = None


@dataclass(slots=True)
class ReleasePaused:
    """Nothing is left to run until somebody answers, or until `wake_at`: give the lease back."""

    wake_at: str | None = None


Then = Advance | Finish | ReleasePaused | None
"""What follows for the thread; None while siblings of the superstep still run."""


def completes(then: Then) -> bool:
    """Whether the superstep ends with it: its writes are merged."""
    return isinstance(then, Advance) or (isinstance(then, Finish) and then.advance is not None)


@dataclass(slots=True)
class Turn:
    """Under which lease and after which step a thread goes on; `recount` tells that its open requests changed."""

    lease: Lease
    seq: int
    recount: bool
    now: str


def carry_out(connection: sqlite3.Connection, turn: Turn, follows: Sequence[Then]) -> None:
    """Write where the thread stands after all that follows, in that order; raises `LeaseLost`."""
    last = follows[-1]
    names = _names(turn, [advance for then in follows if (advance := _advance(then)) is not None])
    match last:
        case Finish():
            outcome = last.outcome.value if last.outcome else None
            ended = {
                "status": last.status.value,
                "outcome": outcome,
                "error": to_json(last.error, "error") if last.error else None,
            }
            updated = connection.execute(SQL["finish"], names | ended)
            details = {"outcome": outcome}
            audit(connection, turn.now, turn.lease.thread_id, None, last.status.value, "system", "runner", details)
        case ReleasePaused():
            updated = connection.execute(SQL["release_paused"], names)
            if last.wake_at is not None and updated.rowcount:
                # Unless it is ready at once, because somebody has answered meanwhile.
                connection.execute(SQL["fall_asleep"], {"id": turn.lease.thread_id, "wake_at": last.wake_at})
        case _:
            updated = connection.execute(SQL["go_on"], names)
    if updated.rowcount == 0:
        raise _lost(turn.lease)


def check_lease(connection: sqlite3.Connection, lease: Lease) -> None:
    """Raise `LeaseLost` unless the lease is still this runner's."""
    names = {"id": lease.thread_id, "owner": lease.owner, "epoch": lease.epoch}
    if connection.execute(SQL["lease"], names).fetchone() is None:
        raise _lost(lease)


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"the lease on thread '{lease.thread_id}' is lost; another runner has it")


def _advance(then: Then) -> Advance | None:
    if isinstance(then, Finish):
        return then.advance
    return then if isinstance(then, Advance) else None


def _names(turn: Turn, advances: Sequence[Advance]) -> dict[str, Any]:
    """The parameters that all queries of `carry_out` have; without a complete superstep the state stays."""
    lease = turn.lease
    names = {
        "id": lease.thread_id,
        "owner": lease.owner,
        "epoch": lease.epoch,
        "seq": turn.seq,
        "recount": turn.recount,
        "now": turn.now,
        "supersteps": len(advances),
    }
    if not advances:
        return names | {"state": None, "frontier": None, "visits": None, "outcome": None}
    newest = advances[-1]
    return names | {
        "state": to_json(newest.state),
        "frontier": frontier_json(newest.frontier),
        "visits": own_to_json(newest.visits),
        "outcome": newest.outcome.value if newest.outcome else None,
    }
