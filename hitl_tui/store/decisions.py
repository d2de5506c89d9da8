"""One decision, in one transaction: response, request, thread and audit row, by compare-and-set."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from hitl_tui.errors import AlreadyDecided, ThreadNotFound
from hitl_tui.model.jsontext import to_json
from hitl_tui.model.kinds import RequestStatus
from hitl_tui.store import queries
from hitl_tui.store.database import Database
from hitl_tui.store.requests import StoredRequest, request_of
from hitl_tui.store.threads import audit

SQL = queries.load("decisions")


@dataclass(frozen=True, slots=True)
class LastDecision:
    """How the newest closed request of a thread was closed; action, actor and time are None without a response."""

    request_id: str
    node: str
    status: str
    action: str | None
    actor: str | None
    at: str | None

    def as_error(self) -> AlreadyDecided:
        """The refusal for whoever came later: who, what and when (row 173)."""
        if self.action is None:
            return AlreadyDecided(
                f"the request at '{self.node}' is {self.status}, without an answer",
                request_id=self.request_id,
                status=self.status,
            )
        return AlreadyDecided(
            f"the request at '{self.node}' was already decided: {self.action} by {self.actor} at {self.at}",
            request_id=self.request_id,
            action=self.action,
            actor=self.actor,
            at=self.at,
        )


@dataclass(frozen=True, slots=True)
class Decide:
    """Answer one pending request; of N racing deciders exactly one gets through."""

    point: ClassVar[str] = "decision"
    request: StoredRequest
    action: str
    data: dict[str, Any]
    actor: str
    via: str
    now: str
    held_until: str | None = None
    """When an undo window is asked for: until then the decision can be taken back and has no effect."""

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Raises `AlreadyDecided` naming who, what and when."""
        thread_id = self.request.request.thread_id
        status = RequestStatus.HELD if self.held_until else RequestStatus.ANSWERED
        names = {
            "thread": thread_id,
            "request": self.request.id,
            "step": self.request.step,
            "status": status.value,
            "held_until": self.held_until,
            "now": self.now,
        }
        if connection.execute(SQL["answer"], names).rowcount == 0:
            row = connection.execute(SQL["last_decision"], names).fetchone()
            raise last_of(row).as_error()
        connection.execute(
            SQL["insert_response"],
            {
                **names,
                "action": self.action,
                "data": to_json(self.data, "data"),
                "actor": self.actor,
                "via": self.via,
            },
        )
        connection.execute(SQL["decided"], names | {"takes_effect": status is RequestStatus.ANSWERED})
        # Names of the data's keys only: values may be secret (row 59).
        details = {"action": self.action, "data_keys": list(self.data)}
        audit(connection, self.now, thread_id, self.request.id, "decided", self.actor, self.via, details)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a decision in a thread may be about: its open and held requests, or the one named, open or closed."""

    graph_name: str
    thread_status: str
    requests: Sequence[StoredRequest]

    def overdue(self, now: str) -> bool:
        """Whether the time of one that is still pending was up before `now` (row 62)."""
        pending = [request for request in self.requests if request.status is RequestStatus.PENDING]
        return any(request.due_at is not None and request.due_at < now for request in pending)


async def candidates(database: Database, thread_id: str, request_id: str | None) -> Candidates:
    """Read at one moment; raises `ThreadNotFound`."""
    query = SQL["all_open" if request_id is None else "the_named"]
    rows = await database.rows(query, {"thread": thread_id, "request": request_id})
    if not rows:
        raise ThreadNotFound(thread_id)
    found = [request_of(row) for row in rows if row["id"] is not None]
    return Candidates(rows[0]["thread_graph"], rows[0]["thread_status"], found)


async def last(database: Database, thread_id: str, request_id: str | None = None) -> LastDecision | None:
    """How the newest closed request of the thread (or the named one) was closed."""
    row = await database.row(SQL["last_decision"], {"thread": thread_id, "request": request_id})
    return None if row is None else last_of(row)


def last_of(row: sqlite3.Row) -> LastDecision:
    """A `LastDecision` from a row of the query of that name."""
    return LastDecision(row["id"], row["node"], row["status"], row["action"], row["actor"], row["at"])
