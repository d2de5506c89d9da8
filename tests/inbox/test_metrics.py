"""The figures: a fixed data set with known answers."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.metrics import Bottleneck
from hitl_tui.model.jsontext import iso
from tests.inbox.workflow import APPROVAL, write

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Rows:
    """Requests straight in the table: no deadline need pass, and no worker run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers = count(1)

    def add(
        self,
        kind: str = "approval",
        *,
        ago: timedelta = HOUR,
        node: str = "n",
        graph: str = "G",
        status: str = "answered",
        after: float | None = None,
        action: str = "",
        actor: str = "ann",
        superseded: bool = False,
        times: int = 1,
    ) -> None:
        """Requests made `ago`; answered `after` so many seconds where that is given."""
        with closing(sqlite3.connect(self._path)) as connection, connection:
            for _ in range(times):
                number = next(self._numbers)
                made = NOW - ago
                closed = None if status == "pending" else iso(made + timedelta(seconds=after or 0))
                connection.execute(
                    "insert into request (id, thread, step, node, visit, position, graph_name, type, prompt, context,"
                    " options, allowed, digest, status, created_at, closed_at, superseded)"
                    " values (?, ?, 1, ?, 1, 0, ?, ?, 'p', '{}', '[]', '[]', 'd', ?, ?, ?, ?)",
                    (str(number), f"t{number}", node, graph, kind, status, iso(made), closed, superseded),
                )
                if after is not None:
                    answer = (str(number), action, "{}", actor, "cli", closed)
                    connection.execute("insert into response values (?, ?, ?, ?, ?, ?)", answer)


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api", clock=lambda: NOW) as made:
        yield made


@pytest.fixture
def rows(inbox: Inbox) -> Rows:
    return Rows(inbox.path)


async def test_known_answers(inbox: Inbox, rows: Rows) -> None:
    """Rows 107 and 110, D-9: all outcomes, each counted once; only what a person answered has a response time."""
    rows.add(after=60, action="approve")
    rows.add(after=180, action="reject", actor="bob")
    rows.add(after=600, action="approve", status="held")
    rows.add("choice", after=20, action="choose")
    rows.add(after=3600, action="timeout", actor="system", status="timed_out")
    rows.add(after=3600, action="approve", actor="system")
    rows.add(after=3600, action="reject", actor="system")
    rows.add("edit", status="cancelled")
    rows.add(after=7000, action="reject", status="cancelled")
    rows.add("text_input", status="pending")
    rows.add(after=1, action="approve", superseded=True)
    rows.add(ago=30 * DAY, after=40, action="approve")
    rows.add(ago=30 * DAY + timedelta(microseconds=1), after=1, action="reject")

    found = await inbox.metrics()
    assert found.total_interactions == 11
    assert found.by_type == {"approval": 8, "choice": 1, "edit": 1, "text_input": 1}
    assert (found.answered, found.timed_out, found.cancelled, found.pending) == (5, 3, 2, 1)
    assert found.avg_response_time == pytest.approx(180, abs=0.001)
    assert found.median_response_time == pytest.approx(60, abs=0.001)
    assert found.p95_response_time == pytest.approx(600, abs=0.001)
    assert found.timeout_rate == pytest.approx(3 / 10)
    assert found.approval_rate == pytest.approx(3 / 4)
    assert [day.interactions for day in found.per_day] == [1, *[0] * 28, 10]
    assert found.per_day[0].start == NOW - 30 * DAY
    assert sum(day.interactions for day in (await inbox.metrics(days=60)).per_day) == 12


async def test_an_even_number_of_answers(inbox: Inbox, rows: Rows) -> None:
    for seconds in range(1, 41):
        rows.add(after=seconds, action="approve")
    found = await inbox.metrics()
    assert found.median_response_time == pytest.approx(20.5, abs=0.001)
    assert found.p95_response_time == pytest.approx(38, abs=0.001)


async def test_an_empty_store(inbox: Inbox) -> None:
    """Row 108: nothing is divided by zero, and no rate is claimed."""
    found = await inbox.metrics()
    assert (found.total_interactions, found.by_type, found.bottlenecks) == (0, {}, ())
    rates = (found.timeout_rate, found.approval_rate, found.avg_response_time, found.median_response_time)
    assert rates == (None, None, None, None)
    assert [day.interactions for day in found.per_day] == [0] * 30


async def test_bottlenecks(inbox: Inbox, rows: Rows) -> None:
    """Row 109: 10 in 7 days are not listed, 11 are; a node's name counts over all graphs, or in one."""
    rows.add(node="ten", status="pending", times=10)
    rows.add(node="ten", status="pending", ago=7 * DAY + HOUR, times=5)
    rows.add(node="eleven", status="pending", ago=7 * DAY, times=11)
    rows.add(node="both", graph="G", status="pending", times=6)
    rows.add(node="both", graph="H", status="pending", times=6)
    expected = (Bottleneck("both", 12), Bottleneck("eleven", 11))
    assert (await inbox.metrics()).bottlenecks == expected
    assert (await inbox.metrics(days=1)).bottlenecks == expected, "the last 7 days, whatever the period"
    assert (await inbox.metrics(graph="G")).bottlenecks == (Bottleneck("eleven", 11),)
    assert expected[0].as_dict() == {"node": "both", "interaction_count": 12, "type": "high_interaction_volume"}


async def test_one_graph(inbox: Inbox, rows: Rows) -> None:
    rows.add(after=10, action="approve")
    rows.add(graph="H", after=30, action="reject")
    found = await inbox.metrics(graph="H")
    assert (found.total_interactions, found.approval_rate) == (1, 0.0)
    assert found.avg_response_time == pytest.approx(30)
    assert (await inbox.metrics(graph="none")).total_interactions == 0


async def test_of_real_decisions(tmp_path: Path) -> None:
    """Rows 107 and 110: what the engine and the decision path store is what is counted."""
    async with Inbox.open(tmp_path / "real.db", actor="ann", via="api") as inbox:
        for name, action in (("a", "approve"), ("b", "reject"), ("c", ""), ("d", "approve"), ("e", "")):
            await inbox.start(write(tmp_path, APPROVAL), inputs={"amount": 5, "payee": "Bob"}, thread_id=name)
            await inbox.settled(name)
            if action:
                hold = 300 if name == "d" else 0
                await inbox.decide(name, action, {"reason": "no"} if action == "reject" else {}, hold=hold)
        for name in ("d", "e"):
            await inbox.cancel(name)
        found = await inbox.metrics()
        last = (await inbox.documents.recent(1))[-2:]
    assert (found.total_interactions, found.pending, found.approved, found.rejected) == (5, 1, 1, 1)
    assert (found.answered, found.cancelled, found.timed_out) == (2, 2, 0)
    said = [(each["outcome"], each["action"], each["response_time"]) for each in last]
    assert said == [("cancelled", None, None)] * 2
    assert found.approval_rate == 0.5
    assert found.avg_response_time is not None
    assert 0 <= found.avg_response_time < 60
