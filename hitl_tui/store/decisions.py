"""One decision in one transaction: everything it depends on is read, checked and changed at the same moment."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from hitl_tui.errors import AlreadyDecided, HitlError, NothingPending, RequestNotFound, ThreadNotFound
from hitl_tui.model.jsontext import iso, to_json
from hitl_tui.model.kinds import RequestStatus, ThreadStatus
from hitl_tui.store import leases, queries
from hitl_tui.store.due import Expired, Sweep, audit_items
from hitl_tui.store.leases import Claimant
from hitl_tui.store.requests import StoredRequest, named, request_of, several_pending
from hitl_tui.store.threads import audit
from hitl_tui.store.waking import Waking

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

    def as_error(self, hint: str = "") -> AlreadyDecided:
        """The refusal for whoever came later: who, what and when (row 173)."""
        if self.action is None:
            return AlreadyDecided(
                f"the request at '{self.node}' is {self.status}, without an answer",
                hint=hint,
                request_id=self.request_id,
                status=self.status,
            )
        return AlreadyDecided(
            f"the request at '{self.node}' was already decided: {self.action} by {self.actor} at {self.at}",
            hint=hint,
            request_id=self.request_id,
            action=self.action,
            actor=self.actor,
            at=self.at,
        )


@dataclass(slots=True)
class Taken:
    """The request that a decision answered, with what data and when; and what a policy had decided just before."""

    request: StoredRequest
    graph_name: str
    data: dict[str, Any]
    at: str
    held_until: str | None
    """When an undo window was asked for: until then the decision can be taken back and has no effect."""
    expired: Sequence[Expired] = ()


@dataclass(frozen=True, slots=True)
class TooLate:
    """The refusal of a decision that a policy came before; what the policy did stands."""

    refusal: HitlError
    at: str
    expired: Sequence[Expired]


@dataclass(slots=True)
class Decide(Waking[Taken | TooLate]):
    """Answer one pending request: the named one, or the only one; of N racing deciders exactly one gets through.

    `check` gives the data to store for this request, or raises and nothing is stored. It must be quick: everybody who
    writes waits for it. The clock is asked when the transaction runs, which may have waited for others: a deadline that
    has passed meanwhile has passed, and an undo window is `hold` seconds long all the same.

    Who names no request means what they knew of: one that was asked after `asked_by` is not theirs to answer.
    """

    point: ClassVar[str] = "decision"
    thread_id: str
    request_id: str | None
    action: str
    check: Callable[[sqlite3.Connection, StoredRequest], dict[str, Any]]
    actor: str
    via: str
    clock: Callable[[], datetime]
    hold: float
    asked_by: str | None = None

    def leased_to(self, connection: sqlite3.Connection, claimant: Claimant | None) -> tuple[Taken | TooLate, bool]:
        """What was decided. Where a policy came first, the refusal is returned and not raised.

        Raises `ThreadNotFound`, `RequestNotFound`, `SeveralPending`, `NothingPending`, `AlreadyDecided` naming who,
        what and when, and what `check` raises.
        """
        moment = self.clock()
        now = iso(moment)
        held_until = iso(moment + timedelta(seconds=self.hold)) if self.hold > 0 else None
        found = self._candidates(connection)
        expired: list[Expired] = []
        if found.overdue(now):
            expired = Sweep(now, self.thread_id)(connection)
            found = self._candidates(connection)
        try:
            stored = self._one_of(connection, found, now)
            taken = Taken(stored, found.graph_name, self.check(connection, stored), now, held_until, expired)
            leased = self._answer(connection, taken, found, claimant)
        except HitlError as refusal:
            if not expired:
                raise
            return TooLate(refusal, now, expired), False
        return taken, leased

    def _candidates(self, connection: sqlite3.Connection) -> _Candidates:
        query = SQL["all_open" if self.request_id is None else "the_named"]
        rows = connection.execute(query, {"thread": self.thread_id, "request": self.request_id}).fetchall()
        if not rows:
            raise ThreadNotFound(self.thread_id)
        requests = [request_of(row) for row in rows if row["id"] is not None]
        first = rows[0]
        return _Candidates(first["thread_graph"], first["thread_status"], first["thread_agents"], requests)

    def _one_of(self, connection: sqlite3.Connection, found: _Candidates, now: str) -> StoredRequest:
        known = [item for item in found.pending if not self._is_later(item, now)]
        if len(known) == 1:
            return known[0]
        if known:
            raise several_pending(self.thread_id, [(item.id, item.label) for item in known])
        if self.request_id is not None and not found.requests:
            raise RequestNotFound(self.thread_id, self.request_id)
        which = {"thread": self.thread_id, "request": self.request_id}
        row = connection.execute(SQL["last_decision"], which).fetchone()
        see = f"`hitl show {shlex.quote(self.thread_id)}`"
        if row is not None:
            raise last_of(row).as_error(f"the thread asks something else since: {see}" if found.pending else "")
        if found.pending:
            raise NothingPending(
                f"What thread '{self.thread_id}' asks now was asked after this began",
                hint=f"{see} says what it is",
                thread_id=self.thread_id,
                status=found.thread_status,
            )
        raise NothingPending(
            f"Thread '{self.thread_id}' is {found.thread_status} and waits for no answer",
            hint=f"{see} says where it stands",
            thread_id=self.thread_id,
            status=found.thread_status,
        )

    def _is_later(self, request: StoredRequest, now: str) -> bool:
        # One that is asked in the future was asked before the clock was set back.
        return self.asked_by is not None and self.asked_by < request.created_at <= now

    def _answer(
        self, connection: sqlite3.Connection, taken: Taken, found: _Candidates, claimant: Claimant | None
    ) -> bool:
        """Store the answer; whether the claimant has the thread now."""
        stored, data, now = taken.request, taken.data, taken.at
        status = RequestStatus.HELD if taken.held_until else RequestStatus.ANSWERED
        names = {
            "thread": self.thread_id,
            "request": stored.id,
            "step": stored.step,
            "status": status.value,
            "held_until": taken.held_until,
            "now": now,
            "action": self.action,
            "data": to_json(data, "data"),
            "actor": self.actor,
            "via": self.via,
        }
        connection.execute(SQL["answer"], names)
        connection.execute(SQL["insert_response"], names)
        woken = leases.UNCHANGED
        if taken.held_until or connection.execute(SQL["others_open"], names).fetchone() is not None:
            connection.execute(SQL["decided"], names)
        else:
            if found.thread_status == ThreadStatus.PAUSED:
                woken = leases.woken(found.thread_agents, claimant)
            connection.execute(SQL["decided_last"], names | woken)
        # Names of the data's keys only: values may be secret (row 59).
        details = named(stored.label, stored.request) | {"action": self.action, "data_keys": list(data)}
        audit(connection, now, self.thread_id, stored.id, "decided", self.actor, self.via, details)
        audit_items(connection, now, stored, data, self.actor, self.via)
        return bool(woken["claims"])


@dataclass(slots=True)
class _Candidates:
    """What a decision may be about: the open requests of its thread, or the one named, open or closed."""

    graph_name: str
    thread_status: str
    thread_agents: str | None
    requests: Sequence[StoredRequest]

    @property
    def pending(self) -> list[StoredRequest]:
        return [request for request in self.requests if request.status is RequestStatus.PENDING]

    def overdue(self, now: str) -> bool:
        """Whether the time of one was up before `now` (row 62)."""
        return any(request.due_at is not None and request.due_at < now for request in self.pending)


def last_of(row: sqlite3.Row) -> LastDecision:
    """A `LastDecision` from a row of the query of that name."""
    return LastDecision(row["id"], row["node"], row["status"], row["action"], row["actor"], row["at"])
