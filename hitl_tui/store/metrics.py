"""Figures about the requests of some time, aggregated by SQLite; for `beside`, since it reads every request once."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from hitl_tui.store import queries

SQL = queries.load("metrics")


@dataclass(frozen=True, slots=True)
class Period:
    """What to count: requests from `since`, per day back from `now`; busy nodes from `busy_since`."""

    now: str
    since: str
    days: int
    busy_since: str
    more_than: int
    graph: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts; times in seconds, None where nobody answered."""

    totals: dict[str, Any]
    by_type: dict[str, int]
    median: float | None
    p95: float | None
    per_day: dict[int, int]
    """By days ago; 0 are the last 24 hours. Days without a request are left out."""
    busy_nodes: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Collect:
    """The figures of a period."""

    period: Period

    def __call__(self, connection: sqlite3.Connection) -> Figures:
        period = self.period
        earliest = min(period.since, period.busy_since)
        connection.execute(SQL["collect"], {"earliest": earliest, "graph": period.graph})

        def rows(name: str) -> list[sqlite3.Row]:
            names = {"now": period.now, "since": period.since, "days": period.days}
            busy = {"busy_since": period.busy_since, "more_than": period.more_than}
            return connection.execute(SQL[name], names | busy).fetchall()

        spread = rows("spread")[0]
        return Figures(
            totals=dict(rows("totals")[0]),
            by_type={row["type"]: row["number"] for row in rows("by_type")},
            median=spread["median"],
            p95=spread["p95"],
            per_day={row["ago"]: row["number"] for row in rows("per_day")},
            busy_nodes=[(row["node"], row["number"]) for row in rows("busy_nodes")],
        )


@dataclass(frozen=True, slots=True)
class CollectEach:
    """The requests since then, each by itself."""

    since: str

    def __call__(self, connection: sqlite3.Connection) -> list[sqlite3.Row]:
        connection.execute(SQL["collect"], {"earliest": self.since, "graph": None})
        return connection.execute(SQL["each"]).fetchall()
