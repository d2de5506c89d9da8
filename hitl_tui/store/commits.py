"""What a runner commits: one transaction per node result, and with the last one the next frontier.

Every transaction checks the lease (owner and epoch); a runner that lost it gets `LeaseLost`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from hitl_tui.model.interaction import HumanInteractionRequest, new_id
from hitl_tui.model.jsontext import iso, to_json
from hitl_tui.model.kinds import StepStatus
from hitl_tui.store import outbox, queries, requests
from hitl_tui.store.leases import Lease
from hitl_tui.store.requests import StoredRequest
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import audit
from hitl_tui.store.together import Together
from hitl_tui.store.turns import Advance, Finish, ReleasePaused, Then, Turn, carry_out, check_lease

SQL = queries.load("commits")


@dataclass(slots=True)
class Ask:
    """A request to store with the step; `supersedes` tells that another question stood at its position."""

    position: int
    request: HumanInteractionRequest
    supersedes: bool


@dataclass(slots=True)
class NodeCommit:
    """One node's result: its step, its new requests, and what follows for the thread, in one transaction.

    `closes` tells that the node left questions of its own open, which nobody need answer any more; `unused` are those
    whose answers it did not go by; `notices` are messages for the world outside; `automatic` names a decision that was
    taken without a person.

    The time of a request runs from this transaction, which may have waited for others: nobody saw it before, and who
    began to decide before does not mean it. The agent's process may have another clock.
    """

    lease: Lease
    graph_name: str
    step: Step
    asks: Sequence[Ask]
    closes: bool
    then: Then
    now: str
    clock: Callable[[], datetime]
    unused: Sequence[StoredRequest] = ()
    notices: Sequence[dict[str, Any]] = ()
    automatic: str | None = None

    @property
    def point(self) -> str:
        """The name of its failpoints."""
        return _point(self.then, "pause" if self.step.status is StepStatus.PAUSED else "node")

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Raises `LeaseLost`; then nothing is stored."""
        _store(connection, [self])

    @property
    def seq(self) -> int:
        """The number of the step."""
        return self.step.seq

    @property
    def recount(self) -> bool:
        """Whether the open requests of the thread change."""
        return bool(self.asks) or self.closes

    def record(self, connection: sqlite3.Connection) -> None:
        """Store the step and what belongs to it, and leave the thread's row as it is."""
        if self.asks:
            check_lease(connection, self.lease)
        self._put_step(connection)
        for ask in self.asks:
            self._put_request(connection, ask)
        for item in self.unused:
            details = requests.named(item.label, item.request)
            audit(connection, self.now, self.lease.thread_id, item.id, "unused", "system", "runner", details)
        for notice in self.notices:
            outbox.put(connection, "notification", notice, self.now)
        if self.automatic is not None:
            details = {"node": self.step.node, "status": self.automatic}
            thread_id = self.lease.thread_id
            audit(connection, self.now, thread_id, None, "decided_automatically", "system", "runner", details)
        if self.closes:
            names = {"thread": self.lease.thread_id, "step": self.step.seq, "now": self.now}
            connection.execute(SQL["close_requests_of_step"], names)

    def _put_step(self, connection: sqlite3.Connection) -> None:
        step = self.step
        # In the order of the query's columns: most statements of a run are this one, and names cost it a fifth more.
        values = (
            self.lease.thread_id,
            step.seq,
            step.superstep,
            step.node,
            step.visit,
            step.status.value,
            to_json(step.output, "output"),
            to_json(step.writes),
            to_json(step.error, "error") if step.error else None,
            step.code_sha,
            step.started_at,
            step.ended_at,
            step.attempt,
            step.retried,
            step.again_at,
            step.logs,
            to_json(step.kept, "kept") if step.kept else None,
        )
        connection.execute(SQL["put_step"], values)

    def _put_request(self, connection: sqlite3.Connection, ask: Ask) -> None:
        thread_id, step = self.lease.thread_id, self.step
        place = requests.Place(thread_id, self.graph_name, step.seq, step.node, step.visit, ask.position)
        names = {"thread": thread_id, "node": step.node, "visit": step.visit, "position": ask.position, "now": self.now}
        old = connection.execute(SQL["supersede"], names).fetchone() if ask.supersedes else None
        request = ask.request.model_copy(update={"created_at": self.clock()})
        while not requests.insert(connection, request, place):
            # An id that its agent made, the same in a fork, in each round of a loop, or each time that it asks anew.
            request = request.model_copy(update={"id": new_id()})
        if old is not None:
            stood = requests.request_of(old)
            details = requests.named(stood.label, stood.request) | {"by": str(request.id)}
            audit(connection, self.now, thread_id, stood.id, "superseded", "system", "runner", details)
        details = requests.named(request.node_name, request) | {"type": request.interaction_type.value}
        audit(connection, iso(request.created_at), thread_id, str(request.id), "asked", "system", "runner", details)


@dataclass(slots=True)
class ThreadCommit:
    """What follows for a thread without a node result: a release, or a failure that is not a node's."""

    lease: Lease
    then: Advance | Finish | ReleasePaused
    now: str
    seq: ClassVar[int] = 0
    recount: ClassVar[bool] = False

    @property
    def point(self) -> str:
        """The name of its failpoints."""
        return _point(self.then, "node")

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Raises `LeaseLost`; then nothing is stored."""
        _store(connection, [self])

    def record(self, connection: sqlite3.Connection) -> None:
        """There is nothing but what follows."""


@dataclass(slots=True)
class RunCommit(Together):
    """Results of one thread that are ready at the same time: its row is written once, as it stands after the last."""

    parts: Sequence[NodeCommit | ThreadCommit]

    def __call__(self, connection: sqlite3.Connection) -> list[Any]:
        """Raises `LeaseLost`; then nothing is stored."""
        _store(connection, self.parts)
        return []


def _store(connection: sqlite3.Connection, parts: Sequence[NodeCommit | ThreadCommit]) -> None:
    for part in parts:
        part.record(connection)
    last = parts[-1]
    turn = Turn(last.lease, max(part.seq for part in parts), any(part.recount for part in parts), last.now)
    carry_out(connection, turn, [part.then for part in parts])


def _point(then: Then, otherwise: str) -> str:
    if isinstance(then, ReleasePaused) and then.wake_at is not None:
        return "sleep"
    names = {Advance: "superstep", Finish: "finish", ReleasePaused: "pause"}
    return names[type(then)] if then is not None else otherwise
