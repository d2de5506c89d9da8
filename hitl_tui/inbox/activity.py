"""What the workers are doing: threads that run, who has them, how fast it goes, what failed."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from hitl_tui.inbox import listing
from hitl_tui.inbox.session import Session
from hitl_tui.model.jsontext import from_iso, iso
from hitl_tui.store.activity import Around, Found, Look
from hitl_tui.store.beside import beside

MINUTES = 30
MOST_THREADS = 200
MOST_FAILURES = 20


@dataclass(frozen=True, slots=True)
class RunningThread:
    """A thread that some runner has; `nodes` run since `since`, unless they have ended already."""

    thread_id: str
    graph: str
    nodes: tuple[str, ...]
    since: datetime
    owner: str
    lease_until: datetime
    takeovers: int
    """How many runners died with it in a row, at the same superstep."""


@dataclass(frozen=True, slots=True)
class LeaseOwner:
    """A runner that has threads now: its process id and a random part."""

    owner: str
    threads: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A thread that failed or timed out and was not run again."""

    thread_id: str
    graph: str
    status: str
    node: str | None
    error: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class MinutePace:
    """What happened in 60 seconds: threads that ended (and of those, failed), and questions asked."""

    ended: int = 0
    failed: int = 0
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """The runners' side of a database at `now`."""

    now: datetime
    live_worker: bool
    running: tuple[RunningThread, ...]
    """Longest first, at most 200; `running_total` counts them all."""
    running_total: int
    ready: int
    asleep: int
    next_wake: datetime | None
    """When the first of those wakes that sleep until the next attempt at a node."""
    blocked: int
    """Ready, but their agents code is not trusted; up to 1001."""
    owners: tuple[LeaseOwner, ...]
    pace: tuple[MinutePace, ...]
    """Oldest minute first; the last one ends now. Fewer than 30 when more happened than is looked at."""
    failures: tuple[Failure, ...]
    """Newest first."""

    @property
    def moves(self) -> bool:
        """Whether time alone changes these figures."""
        return bool(self.running or self.asleep) or any(one != MinutePace() for one in self.pace)


async def activity(session: Session) -> Activity:
    """What is going on."""
    now = session.clock()
    around = Around(iso(now), iso(now - timedelta(minutes=MINUTES)), MOST_THREADS, MOST_FAILURES)
    found = await beside(session.database.path, Look(around))
    counts = await listing.counts(session)
    wake = found.standing["next_wake"]
    return Activity(
        now=now,
        live_worker=counts.live_worker,
        running=tuple(_running(row) for row in found.running),
        running_total=found.standing["running"],
        ready=found.standing["ready"],
        asleep=found.standing["asleep"],
        next_wake=from_iso(wake) if wake else None,
        blocked=counts.blocked,
        owners=tuple(LeaseOwner(row["owner"], row["threads"]) for row in found.owners),
        pace=_pace(found, now),
        failures=tuple(_failure(row) for row in found.failures),
    )


def _running(row: sqlite3.Row) -> RunningThread:
    return RunningThread(
        thread_id=row["id"],
        graph=row["graph_name"],
        nodes=tuple(entry["node"] for entry in json.loads(row["frontier"])),
        since=from_iso(row["updated_at"]),
        owner=row["lease_owner"],
        lease_until=from_iso(row["lease_until"]),
        takeovers=row["takeovers"],
    )


def _failure(row: sqlite3.Row) -> Failure:
    return Failure(row["id"], row["graph_name"], row["status"], row["node"], row["error"], from_iso(row["at"]))


def _pace(found: Found, now: datetime) -> tuple[MinutePace, ...]:
    minutes = MINUTES
    if found.first_event_at is not None:
        # Only minutes that were looked at whole.
        minutes = min(int((now - from_iso(found.first_event_at)) / timedelta(minutes=1)), MINUTES)
    known = {row["ago"]: MinutePace(row["ended"], row["failed"], row["asked"]) for row in found.per_minute}
    return tuple(known.get(ago, MinutePace()) for ago in range(minutes - 1, -1, -1))
