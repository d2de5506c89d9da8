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
from hitl_tui.store import queries, requests
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
    """The thread has ended, or stops at a failure from which it can be retried."""

    status: ThreadStatus
    outcome: Outcome | None
    error: dict[str, Any] | None = None


class ReleasePaused:
    """Nothing is left to run until somebody answers: give the lease back."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to store with the step; `supersedes` tells that another question stood at its position."""

    position: int
    request: HumanInteractionRequest
    supersedes: bool


@dataclass(frozen=True, slots=True)
class NodeCommit:
    """One node's result: its step, its new requests, and what follows for the thread, in one transaction."""

    lease: Lease
    graph_name: str
    priority: int
    step: Step
    asks: Sequence[Ask]
    then: Sequence[Advance | Finish | ReleasePaused]
    now: str

    @property
    def point(self) -> str:
        """The name of its failpoints."""
        return _point(self.then, "pause" if self.step.status is StepStatus.PAUSED else "node")

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Raises `LeaseLost`; then nothing is stored."""
        hold_lease(connection, self.lease, self.step.seq)
        self._put_step(connection)
        for ask in self.asks:
            self._put_request(connection, ask)
        if self.step.status is not StepStatus.PAUSED:
            connection.execute(
                SQL["close_requests_of_step"],
                {"thread": self.lease.thread_id, "step": self.step.seq, "now": self.now},
            )
        if self.asks or self.step.status is not StepStatus.PAUSED:
            connection.execute(SQL["count_open"], {"id": self.lease.thread_id})
        follow(connection, self.lease.thread_id, self.then, self.now)

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
                "inputs": to_json(step.inputs, "inputs"),
                "output": to_json(step.output, "output"),
                "writes": to_json(step.writes),
                "error": to_json(step.error, "error") if step.error else None,
                "code_sha": step.code_sha,
                "started_at": step.started_at,
                "ended_at": step.ended_at,
                "logs": step.logs,
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
    then: Sequence[Advance | Finish | ReleasePaused]
    now: str

    @property
    def point(self) -> str:
        """The name of its failpoints."""
        return _point(self.then, "node")

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Raises `LeaseLost`; then nothing is stored."""
        hold_lease(connection, self.lease, 0)
        follow(connection, self.lease.thread_id, self.then, self.now)


def _point(then: Sequence[Advance | Finish | ReleasePaused], otherwise: str) -> str:
    names = {Advance: "superstep", Finish: "finish", ReleasePaused: "pause"}
    return names[type(then[-1])] if then else otherwise


def hold_lease(connection: sqlite3.Connection, lease: Lease, seq: int) -> None:
    """Raise `LeaseLost` unless the lease is still this runner's."""
    held = connection.execute(
        SQL["hold_lease"], {"id": lease.thread_id, "owner": lease.owner, "epoch": lease.epoch, "seq": seq}
    )
    if held.rowcount == 0:
        raise LeaseLost(f"the lease on thread '{lease.thread_id}' is lost; another runner has it")


def follow(
    connection: sqlite3.Connection, thread_id: str, then: Sequence[Advance | Finish | ReleasePaused], now: str
) -> None:
    """Carry out what follows for the thread, in order."""
    for action in then:
        match action:
            case Advance():
                connection.execute(
                    SQL["advance"],
                    {
                        "id": thread_id,
                        "state": to_json(action.state),
                        "frontier": frontier_json(action.frontier),
                        "visits": to_json(action.visits, "visits"),
                        "outcome": action.outcome.value if action.outcome else None,
                        "now": now,
                    },
                )
            case Finish():
                connection.execute(
                    SQL["finish"],
                    {
                        "id": thread_id,
                        "status": action.status.value,
                        "outcome": action.outcome.value if action.outcome else None,
                        "error": to_json(action.error, "error") if action.error else None,
                        "now": now,
                    },
                )
                details = {"outcome": action.outcome.value if action.outcome else None}
                audit(connection, now, thread_id, None, action.status.value, "system", "runner", details)
            case ReleasePaused():
                connection.execute(SQL["release_paused"], {"id": thread_id, "now": now})
