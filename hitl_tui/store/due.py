"""Deadlines: what is overdue gets what its policy says, once, by whoever sweeps first (rows 61 to 73)."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hitl_tui.model import batch
from hitl_tui.model import policy as policies
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import from_iso, from_json, iso, to_json
from hitl_tui.model.kinds import RequestStatus
from hitl_tui.model.people import SYSTEM
from hitl_tui.model.policy import Policy
from hitl_tui.store import queries, triage
from hitl_tui.store.database import Database
from hitl_tui.store.decision_log import log_decision
from hitl_tui.store.requests import StoredRequest, named, request_of
from hitl_tui.store.threads import audit

LOG = logging.getLogger(__name__)
SQL = queries.load("due")
DECISIONS = queries.load("decisions")
THREADS = queries.load("threads")
VIA = "policy"


@dataclass(frozen=True, slots=True)
class Expired:
    """A request whose time was up; `timeout_duration` is its limit in seconds (row 63)."""

    thread_id: str
    request_id: str
    timeout_duration: int
    policy: str
    answer: tuple[HumanInteractionRequest, str, dict[str, Any]] | None = None
    """What closed it: the request, the action and its data; None where it stays open with a new deadline."""


def log_expired(expired: Sequence[Expired], now: str) -> None:
    """Log what policies did, once it is on disk: their answers, and a warning of what timed out (row 66)."""
    log_answers(expired, now)
    for item in expired:
        if item.policy == "timeout":
            LOG.warning("Interaction %s for thread %s timed out", item.request_id, item.thread_id)


def log_answers(expired: Sequence[Expired], now: str) -> None:
    """Log the answers that policies gave, once they are on disk."""
    for item in expired:
        if item.answer is not None:
            request, action, data = item.answer
            log_decision(request, action, data, SYSTEM, now)


def any_due(connection: sqlite3.Connection, now: str) -> bool:
    """Whether some open request is overdue: strictly later than its deadline (row 62)."""
    return connection.execute(SQL["any_due"], {"now": now}).fetchone() is not None


async def has_expired(database: Database, thread_id: str) -> bool:
    """Whether a policy has answered a request of this thread, and none is open since."""
    return await database.row(SQL["has_expired"], {"thread": thread_id, "via": VIA}) is not None


@dataclass(frozen=True, slots=True)
class Sweep:
    """Apply the policies of all overdue requests of a thread, or of at most 200 of any."""

    now: str
    thread_id: str | None = None

    def __call__(self, connection: sqlite3.Connection) -> list[Expired]:
        rows = connection.execute(SQL["due"], {"now": self.now, "thread": self.thread_id}).fetchall()
        return [self._expire(connection, row) for row in rows]

    def _expire(self, connection: sqlite3.Connection, row: sqlite3.Row) -> Expired:
        stored = request_of(row)
        policy = _policy_of(stored.request)
        answer = None
        if policy.rearms:
            self._rearm(connection, row, policy)
        else:
            answer = self._close(connection, row, stored, policy)
        return Expired(row["thread"], row["id"], row["timeout_seconds"], policy.kind, answer)

    def _close(
        self, connection: sqlite3.Connection, row: sqlite3.Row, stored: StoredRequest, policy: Policy
    ) -> tuple[HumanInteractionRequest, str, dict[str, Any]]:
        status = RequestStatus.TIMED_OUT if policy.kind == "timeout" else RequestStatus.ANSWERED
        names = {"request": row["id"], "thread": row["thread"], "step": row["step"], "now": self.now}
        connection.execute(SQL["close"], {**names, "status": status.value})
        data = dict(policy.data)
        if status is RequestStatus.ANSWERED and stored.request.items is not None:
            data["decisions"] = batch.settled(policy.action, policy.data, len(stored.request.items))
        answer = {"action": policy.action, "data": to_json(data), "actor": SYSTEM, "via": VIA}
        connection.execute(DECISIONS["insert_response"], {**names, **answer})
        connection.execute(DECISIONS["leave_inbox"], names)
        connection.execute(DECISIONS["wake"], names)
        details = named(stored.label, stored.request) | {"action": policy.action, "policy": policy.kind}
        self._audit(connection, row, "timed_out", details)
        if status is RequestStatus.ANSWERED:
            audit_items(connection, self.now, stored, data, SYSTEM, VIA)
        return stored.request, policy.action, data

    def _rearm(self, connection: sqlite3.Connection, row: sqlite3.Row, policy: Policy) -> None:
        seconds = policy.seconds or row["timeout_seconds"]
        due_at = iso(from_iso(self.now) + timedelta(seconds=seconds))
        remind = from_json(row["remind"]) if row["remind"] else []
        remind_at = policies.next_reminder(remind, due_at, self.now)
        connection.execute(SQL["rearm"], {"request": row["id"], "due_at": due_at, "remind_at": remind_at})
        if policy.kind == "extend":
            self._audit(connection, row, "extended", {"due_at": due_at})
            return
        before = connection.execute(THREADS["thread"], {"id": row["thread"]}).fetchone()["assignee"]
        triage.give(connection, row["thread"], policy.who, self.now)
        self._audit(connection, row, "escalated", {"from": before, "to": policy.who, "due_at": due_at})

    def _audit(self, connection: sqlite3.Connection, row: sqlite3.Row, event: str, details: dict[str, Any]) -> None:
        audit(connection, self.now, row["thread"], row["id"], event, SYSTEM, VIA, details)


def _policy_of(request: HumanInteractionRequest) -> Policy:
    """What is done now that its time is up: where silence may not answer so, as an older version let it, a timeout."""
    policy = policies.parse(request.on_timeout)
    fits = policy, request.actions, request.options, request.risk
    refused = policies.problem_of(*fits) or policies.consent_problem(*fits)
    return policies.parse("timeout") if refused else policy


def audit_items(
    connection: sqlite3.Connection, now: str, stored: StoredRequest, data: Mapping[str, Any], actor: str, via: str
) -> None:
    """One audit row for each item of a batch that was decided (row 93); none for any other request."""
    if stored.request.items is None:
        return
    which = named(stored.label, stored.request)
    for each in data["decisions"]:
        details = which | {"item": each["item"], "of": len(stored.request.items), "decision": each["decision"]}
        audit(connection, now, stored.request.thread_id, stored.id, "item_decided", actor, via, details)
