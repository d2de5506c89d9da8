"""How much people were asked, how fast they answered, and where it piles up (rows 107 to 110, D-9).

What the figures mean:

- An interaction is a request that was made in the period. A question that the agent replaced by another one before it
  was of use (superseded) is not counted.
- Answered: a person decided it; an answer whose undo window is open counts. Timed out: the deadline passed and a policy
  closed it, whatever it answered. Cancelled: its thread ended, or went on without it, also while its answer was held.
  Pending: still open. Closed: all but pending.
- Response time: from the question to the answer, over answered ones only, in seconds: mean, median, and the 95th
  percentile (the least time that 95 of 100 answers did not exceed).
- Timeout rate: timed out / closed. Approval rate: approved / (approved + rejected) by people: a timeout
  is no rejection.
- A figure with nothing to be computed from is None, not 0.
- A day has 24 hours; the last one ends now. A bottleneck is a node with more than 10 interactions in the last 7 days,
  whatever the period is; nodes of one name count together.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hitl_tui.inbox.session import Session
from hitl_tui.model.jsontext import iso
from hitl_tui.store.beside import beside
from hitl_tui.store.metrics import Collect, CollectEach, Period

DAYS = 30
BUSY = timedelta(days=7)
BUSY_MORE_THAN = 10


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """A node that asks people often."""

    node: str
    interaction_count: int

    def as_dict(self) -> dict[str, Any]:
        """As the documents name its fields (row 109)."""
        return {"node": self.node, "interaction_count": self.interaction_count, "type": "high_interaction_volume"}


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many requests were made in the 24 hours from `start`."""

    start: datetime
    interactions: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of the last `days` days, of one graph or of all; times in seconds, rates from 0 to 1."""

    now: datetime
    days: int
    graph: str | None
    total_interactions: int
    by_type: dict[str, int]
    pending: int
    answered: int
    timed_out: int
    cancelled: int
    approved: int
    rejected: int
    avg_response_time: float | None
    median_response_time: float | None
    p95_response_time: float | None
    timeout_rate: float | None
    approval_rate: float | None
    bottlenecks: tuple[Bottleneck, ...]
    per_day: tuple[DayCount, ...]
    """Oldest first, as many as `days`."""

    @property
    def since(self) -> datetime:
        """What was asked before that is not counted."""
        return self.now - timedelta(days=self.days)


async def metrics(session: Session, days: int, graph: str | None) -> Metrics:
    """The figures; takes half a second for 100,000 requests, and keeps nobody waiting meanwhile."""
    now = session.clock()
    period = Period(
        now=iso(now),
        since=iso(now - timedelta(days=days)),
        days=days,
        busy_since=iso(now - BUSY),
        more_than=BUSY_MORE_THAN,
        graph=graph,
    )
    found = await beside(session.database.path, Collect(period))
    totals = found.totals
    return Metrics(
        now=now,
        days=days,
        graph=graph,
        total_interactions=totals["total"],
        by_type=found.by_type,
        pending=totals["pending"],
        answered=totals["answered"],
        timed_out=totals["timed_out"],
        cancelled=totals["cancelled"],
        approved=totals["approved"],
        rejected=totals["rejected"],
        avg_response_time=_seconds(totals["mean"]),
        median_response_time=_seconds(found.median),
        p95_response_time=_seconds(found.p95),
        timeout_rate=_rate(totals["timed_out"], totals["closed"]),
        approval_rate=_rate(totals["approved"], totals["approved"] + totals["rejected"]),
        bottlenecks=tuple(Bottleneck(node, number) for node, number in found.busy_nodes),
        per_day=tuple(
            DayCount(now - timedelta(days=ago + 1), found.per_day.get(ago, 0)) for ago in range(days - 1, -1, -1)
        ),
    )


async def recent(session: Session, days: int) -> list[dict[str, Any]]:
    """Every interaction of the last days, oldest first, from which the same figures can be computed."""
    rows = await beside(session.database.path, CollectEach(iso(session.clock() - timedelta(days=days))))
    return [
        {
            "node_name": row["node"],
            "interaction_type": row["type"],
            "created_at": row["created_at"],
            "outcome": _outcome(row),
            "action": row["action"],
            "response_time": _seconds(row["seconds"]),
        }
        for row in rows
    ]


def _outcome(row: sqlite3.Row) -> str:
    if not row["closed"]:
        return "pending"
    return "timed_out" if row["timed_out"] else "cancelled" if row["cancelled"] else "answered"


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _seconds(value: float | None) -> float | None:
    """To the millisecond: SQLite's days do not tell more."""
    return None if value is None else round(value, 3)
