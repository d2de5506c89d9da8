"""What the workers do: threads that run, the pace, what failed."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hitl_tui.engine import presence
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.activity import MinutePace
from hitl_tui.model.jsontext import iso

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api", clock=lambda: NOW) as made:
        yield made


def at(seconds: float) -> str:
    return iso(NOW + timedelta(seconds=seconds))


def insert(
    path: Path, *threads: tuple[str, str, dict[str, object]], events: list[tuple[str, str, str | None, str]]
) -> None:
    """Threads (id, status, more columns) and audit events (time, thread, request, event)."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("insert into graph values ('g', 'G', '{}', null, 'now')")
        for name, status, more in threads:
            columns = {"frontier": '[{"node": "work", "visit": 1}]', "updated_at": at(-90), **more}
            connection.execute(
                f"insert into thread (id, graph, graph_name, status, state, created_at, {', '.join(columns)})"
                f" values (?, 'g', 'G', ?, '{{}}', 'then', {', '.join('?' * len(columns))})",
                (name, status, *columns.values()),
            )
        connection.executemany(
            "insert into audit (at, thread, request, event, actor, via) values (?, ?, ?, ?, 'system', 'runner')", events
        )


async def test_what_runs_and_what_failed(inbox: Inbox) -> None:
    leased = {"lease_owner": "7-ab", "lease_until": at(12), "lease_epoch": 1}
    insert(
        inbox.path,
        ("r1", "running", leased),
        ("r2", "running", leased | {"updated_at": at(-200), "takeovers": 1}),
        ("w1", "ready", {"wake_at": at(60)}),
        ("w2", "ready", {}),
        ("f1", "failed", {"error": '{"node": "work", "type": "ValueError", "message": "no"}'}),
        ("f2", "completed", {}),
        events=[
            (at(-3600), "f2", None, "failed"),
            (at(-1700), "old", None, "completed"),
            (at(-100), "x", "q1", "asked"),
            (at(-90), "x", "q1", "timed_out"),
            (at(-70), "f1", None, "failed"),
            (at(-5), "f2", None, "completed"),
        ],
    )
    found = await inbox.activity()
    assert [(one.thread_id, one.nodes, one.takeovers) for one in found.running] == [
        ("r2", ("work",), 1),
        ("r1", ("work",), 0),
    ]
    assert (found.running_total, found.ready, found.asleep) == (2, 1, 1)
    assert found.next_wake == NOW + timedelta(seconds=60)
    assert [(one.owner, one.threads) for one in found.owners] == [("7-ab", 2)]
    assert [(one.thread_id, one.node, one.error) for one in found.failures] == [("f1", "work", "ValueError: no")]
    assert len(found.pace) == 30
    assert found.pace[-1] == MinutePace(ended=1)
    assert found.pace[-2] == MinutePace(ended=1, failed=1, asked=1)
    assert found.pace[-29] == MinutePace(ended=1)
    assert found.moves


async def test_nothing_happens(inbox: Inbox) -> None:
    found = await inbox.activity()
    assert (found.running, found.owners, found.failures, found.live_worker) == ((), (), (), False)
    assert not found.moves
    with presence.announced(inbox.path):
        assert (await inbox.activity()).live_worker


async def test_more_than_is_looked_at(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the pace only minutes that were looked at whole are told."""
    monkeypatch.setattr("hitl_tui.store.activity.MOST_EVENTS", 5)
    insert(inbox.path, events=[(at(-200 + 10 * number), "x", None, "completed") for number in range(20)])
    found = await inbox.activity()
    assert [one.ended for one in found.pace] == []
    monkeypatch.setattr("hitl_tui.store.activity.MOST_EVENTS", 15)
    assert [one.ended for one in (await inbox.activity()).pace] == [6, 6]
