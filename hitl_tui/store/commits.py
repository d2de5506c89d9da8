"""What a runner commits: one transaction per node result, and with the last one the next frontier.

Every transaction begins by checking the lease (owner and epoch); a runner that lost it gets `LeaseLost`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hitl_tui.errors import LeaseLost
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import to_json
from hitl_tui.model.kinds import Outcome, StepStatus, ThreadStatus
from hitl_tui.store import outbox, queries, requests
from hitl_tui.store.leases import Lease
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry, audit, frontier_json

SQL = queries.load("commits")


@dataclass(frozen=True, slots=True)
class Advance:
    """The superstep is complete: its merged state and what runs next."""

    state: dict[str, Any]
    frontier: tuple[FrontierEntry, ...]
    visits: dict[str, int]
    outcome: Outcome | None
    """What the thread has come to so far where it will not end `ok`."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The thread has ended, or stops at a failure from which it can be retried; `advance` is its last superstep."""

    status: ThreadStatus
    outcome: Outcome | None
    error: dict[str, Any] | None = None
    advance: Advance | None = None


@dataclass(frozen=True, slots=True)
class ReleasePaused:
    """Nothing is left to run until somebody answers, or until `wake_at`: give the lease back."""

    wake_at: str | None = None


Then = Advance | Finish | ReleasePaused | None
"""What follows for the thread; None while siblings of the superstep still run."""


def completes(then: Then) -> bool:
    """Whether the superstep ends with it: its writes are merged."""
    return isinstance(then, Advance) or (isinstance(then, Finish) and then.advance is not None)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to store with the step; `supersedes` tells that another question stood at its position."""

    position: int
    request: HumanInteractionRequest
    supersedes: bool


@dataclass(frozen=True, slots=True)
class NodeCommit:
    """One node's result: its step, its new requests, and what follows for the thread, in one transaction.

    `closes` tells that the node left questions of its own open, which nobody need answer any more; `notices` are
    messages for the world outside; `automatic` names a decision that was taken without a person.
    """

    lease: Lease
    graph_name: str
    priority: int
    step: Step
    asks: Sequence[Ask]
    closes: bool
    then: Then
    now: str
    notices: Sequence[dict[str, Any]] = ()
    automatic: str | None = None

    @property
    def point(self) -> str:
        """The name of its failpoints."""
        return _point(self.then, "pause" if self.step.status is StepStatus.PAUSED else "node")

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Raises `LeaseLost`; then nothing is stored."""
        if self.asks:
            check_lease(connection, self.lease)
        self._put_step(connection)
        for ask in self.asks:
            self._put_request(connection, ask)
        for notice in self.notices:
            outbox.put(connection, "notification", notice, self.now)
        if self.automatic is not None:
            details = {"node": self.step.node, "status": self.automatic}
            thread_id = self.lease.thread_id
            audit(connection, self.now, thread_id, None, "decided_automatically", "system", "runner", details)
        if self.closes:
            names = {"thread": self.lease.thread_id, "step": self.step.seq, "now": self.now}
            connection.execute(SQL["close_requests_of_step"], names)
        recount = bool(self.asks) or self.closes
        follow(connection, Turn(self.lease, self.step.seq, recount, self.now), self.then)

    def _put_step(self, connection: sqlite3.Connection) -> None:
        step = self.step
        connection.execute(
            SQL["put_step"],
            {
                "thread": self.lease.thread_id,
                "seq": step.seq,
                "superstep": step.superstep,
                "node": step.node,
                "visit": step.visit,
                "status": step.status.value,
                "output": to_json(step.output, "output"),
                "writes": to_json(step.writes),
                "error": to_json(step.error, "error") if step.error else None,
                "code_sha": step.code_sha,
                "started_at": step.started_at,
                "ended_at": step.ended_at,
                "attempt": step.attempt,
                "retried": step.retried,
                "again_at": step.again_at,
                "logs": step.logs,
                "kept": to_json(step.kept, "kept") if step.kept else None,
            },
        )

    def _put_request(self, connection: sqlite3.Connection, ask: Ask) -> None:
        thread_id, step = self.lease.thread_id, self.step
        if ask.supersedes:
            old = connection.execute(
                SQL["supersede"],
                {
                    "thread": thread_id,
                    "node": step.node,
                    "visit": step.visit,
                    "position": ask.position,
                    "now": self.now,
                },
            ).fetchone()
            details = {"by": str(ask.request.id)}
            audit(connection, self.now, thread_id, old["id"], "superseded", "system", "runner", details)
        place = requests.Place(thread_id, self.graph_name, step.seq, step.node, step.visit, ask.position, self.priority)
        requests.insert(connection, ask.request, place)
        details = {"node": step.node, "type": ask.request.interaction_type.value}
        audit(connection, self.now, thread_id, str(ask.request.id), "asked", "system", "runner", details)


@dataclass(frozen=True, slots=True)
class ThreadCommit:
    """What follows for a thread without a node result: a release, or a failure that is not a node's."""

    lease: Lease
    then: Advance | Finish | ReleasePaused
    now: str

    @property
    def point(self) -> str:
        """The name of its failpoints."""
        return _point(self.then, "node")

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Raises `LeaseLost`; then nothing is stored."""
        follow(connection, Turn(self.lease, 0, False, self.now), self.then)


@dataclass(frozen=True, slots=True)
class Turn:
    """Under which lease and after which step a thread goes on; `recount` tells that its open requests changed."""

    lease: Lease
    seq: int
    recount: bool
    now: str

    @property
    def names(self) -> dict[str, Any]:
        """The parameters that all queries of `follow` have."""
        lease = self.lease
        return {
            "id": lease.thread_id,
            "owner": lease.owner,
            "epoch": lease.epoch,
            "seq": self.seq,
            "recount": self.recount,
            "now": self.now,
        }


def follow(connection: sqlite3.Connection, turn: Turn, then: Then) -> None:
    """Carry out what follows for the thread; raises `LeaseLost`."""
    match then:
        case None:
            updated = connection.execute(SQL["stay"], turn.names)
        case Advance():
            updated = connection.execute(SQL["advance"], turn.names | _advanced(then))
        case Finish():
            outcome = then.outcome.value if then.outcome else None
            ended = {
                "status": then.status.value,
                "outcome": outcome,
                "error": to_json(then.error, "error") if then.error else None,
            }
            updated = connection.execute(SQL["finish"], turn.names | _advanced(then.advance) | ended)
            details = {"outcome": outcome}
            audit(connection, turn.now, turn.lease.thread_id, None, then.status.value, "system", "runner", details)
        case ReleasePaused():
            updated = connection.execute(SQL["release_paused"], turn.names)
            if then.wake_at is not None and updated.rowcount:
                # Unless it is ready at once, because somebody has answered meanwhile.
                connection.execute(SQL["fall_asleep"], {"id": turn.lease.thread_id, "wake_at": then.wake_at})
    if updated.rowcount == 0:
        raise _lost(turn.lease)


def check_lease(connection: sqlite3.Connection, lease: Lease) -> None:
    """Raise `LeaseLost` unless the lease is still this runner's."""
    names = {"id": lease.thread_id, "owner": lease.owner, "epoch": lease.epoch}
    if connection.execute(SQL["lease"], names).fetchone() is None:
        raise _lost(lease)


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"the lease on thread '{lease.thread_id}' is lost; another runner has it")


def _advanced(advance: Advance | None) -> dict[str, Any]:
    if advance is None:
        return {"state": None, "frontier": None, "visits": None}
    return {
        "state": to_json(advance.state),
        "frontier": frontier_json(advance.frontier),
        "visits": to_json(advance.visits, "visits"),
        "outcome": advance.outcome.value if advance.outcome else None,
    }


def _point(then: Then, otherwise: str) -> str:
    if isinstance(then, ReleasePaused) and then.wake_at is not None:
        return "sleep"
    names = {Advance: "superstep", Finish: "finish", ReleasePaused: "pause"}
    return names[type(then)] if then is not None else otherwise
