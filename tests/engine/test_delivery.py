"""Messages leave the outbox at least once, by one process at a time, through real commands."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shlex
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.engine import delivery
from hitl_tui.engine.delivery import ATTEMPTS, TAKEN, Delivery
from hitl_tui.model.jsontext import from_iso, iso
from hitl_tui.store import outbox
from hitl_tui.store.database import Database
from hitl_tui.store.outbox import Message, NotSent, Take
from tests.engine.workshop import Clock
from tests.waiting import eventually


class Outside:
    """A database with an outbox, a clock, and a file that commands write to."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.clock = Clock()
        self.file = folder / "delivered"
        self.note = f"cat >> {shlex.quote(str(self.file))}"

    def by(self, command: str, database: Database | None = None) -> Delivery:
        return Delivery(database or self.database, command, self.clock)

    async def put(self, **payload: Any) -> None:
        now = iso(self.clock())
        await self.database.write(lambda connection: outbox.put(connection, "notification", payload, now))

    async def row(self) -> dict[str, Any]:
        row = await self.database.row("select * from outbox")
        assert row is not None
        return dict(row)

    @property
    def delivered(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    async with Database.open(tmp_path / "hitl.db") as database:
        yield Outside(database, tmp_path)


async def test_the_command_gets_the_message_as_json(outside: Outside) -> None:
    await outside.put(thread_id="t1", node="gäte")
    assert await outside.by(outside.note).deliver_one()
    assert outside.delivered == [
        {
            "id": 1,
            "topic": "notification",
            "attempt": 1,
            "created_at": "2026-01-01T00:00:00.000000Z",
            "thread_id": "t1",
            "node": "gäte",
        }
    ]
    assert (await outside.row())["sent_at"] == iso(outside.clock())
    assert not await outside.by(outside.note).deliver_one()


async def test_oldest_first_and_all(outside: Outside) -> None:
    for number in range(3):
        await outside.put(number=number)
        outside.clock.advance(seconds=1)
    serving = asyncio.create_task(outside.by(outside.note).serve())
    await eventually(lambda: len(outside.delivered) == 3)
    serving.cancel()
    assert [message["number"] for message in outside.delivered] == [0, 1, 2]


async def test_what_fails_is_tried_again_later_and_later(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    await outside.put()
    failing = outside.by("echo no route to host >&2; exit 7")
    waits = []
    for _ in range(ATTEMPTS):
        assert await failing.deliver_one()
        assert not await failing.deliver_one(), "not before its time"
        retry_at = (await outside.row())["retry_at"]
        if retry_at is not None:
            waits.append(retry_at)
            outside.clock.now = from_iso(retry_at)
    assert "message 1, attempt 2: it ended with exit code 7: no route to host; next try in 0:00:10" in caplog.text
    assert "given up" in caplog.messages[-1]
    assert len(waits) == ATTEMPTS - 1
    row = await outside.row()
    assert (row["attempts"], row["retry_at"], row["sent_at"]) == (ATTEMPTS, None, None)
    outside.clock.advance(hours=5)
    assert not await failing.deliver_one()


async def test_secrets_do_not_reach_the_log(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    await outside.put()
    await outside.by("echo 'password=hunter2 was refused; Authorization: Bearer abcdef1' >&2; exit 1").deliver_one()
    assert "password=[redacted] was refused" in caplog.text
    assert "hunter2" not in caplog.text and "abcdef" not in caplog.text


async def test_a_later_attempt_counts(outside: Outside) -> None:
    await outside.put()
    await outside.by("exit 1").deliver_one()
    outside.clock.advance(seconds=5)
    await outside.by(outside.note).deliver_one()
    assert [message["attempt"] for message in outside.delivered] == [2]
    assert (await outside.row())["sent_at"] is not None


@pytest.mark.parametrize(
    "command",
    ["true", "exec <&-", "head -c 3000000 /dev/zero >&2", "head -c 3000000 /dev/zero", "sleep 60 & exit 0"],
)
async def test_a_command_may_do_as_it_likes(outside: Outside, command: str) -> None:
    """Read nothing, say a lot, leave something behind: exit code 0 is what counts."""
    await outside.put()
    assert await asyncio.wait_for(outside.by(command).deliver_one(), 10)
    assert (await outside.row())["sent_at"] is not None


async def test_a_command_that_hangs_is_killed_with_its_children(
    outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(delivery, "PATIENCE_SECONDS", 0.3)
    await outside.put()
    pids = tmp_path / "pids"
    await outside.by(f"sleep 60 & echo $! > {shlex.quote(str(pids))}; wait").deliver_one()
    assert "took longer than" in caplog.text
    assert (await outside.row())["sent_at"] is None
    child = int(pids.read_text())
    await eventually(lambda: not alive(child))


async def test_a_cancelled_delivery_kills_its_command(outside: Outside, tmp_path: Path) -> None:
    """And leaves the message to the next worker at once."""
    await outside.put()
    pids = tmp_path / "pids"
    serving = asyncio.create_task(outside.by(f"sleep 60 & echo $! > {shlex.quote(str(pids))}; wait").serve())
    await eventually(lambda: pids.exists() and pids.read_text())
    serving.cancel()
    await asyncio.wait({serving})
    await eventually(lambda: not alive(int(pids.read_text())))
    assert (await outside.row())["attempts"] == 1
    assert await outside.by(outside.note).deliver_one()
    assert [message["attempt"] for message in outside.delivered] == [2]


async def test_one_process_at_a_time(outside: Outside, tmp_path: Path) -> None:
    async with Database.open(tmp_path / "hitl.db") as other:
        for number in range(10):
            await outside.put(number=number)
        await asyncio.gather(
            *(
                outside.by(f"{outside.note}; sleep 0.05", database).deliver_one()
                for database in (outside.database, other) * 5
            )
        )
    assert sorted(message["number"] for message in outside.delivered) == list(range(10))


async def test_a_message_of_a_dead_process_is_taken_over(outside: Outside) -> None:
    """And what the dead one would say of it later counts for nothing."""
    await outside.put()
    now = outside.clock()
    dead = await outside.database.write(Take(iso(now), iso(now + TAKEN)))
    assert isinstance(dead, Message)
    assert not await outside.by(outside.note).deliver_one()
    outside.clock.advance(seconds=TAKEN.total_seconds())
    await outside.by("exit 1").deliver_one()
    retry_at = (await outside.row())["retry_at"]
    await outside.database.write(NotSent(dead, None))
    assert (await outside.row())["retry_at"] == retry_at
    outside.clock.advance(seconds=10)
    await outside.by(outside.note).deliver_one()
    assert [message["attempt"] for message in outside.delivered] == [3]


async def test_what_is_old_is_no_news(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    """A worker that delivers for the first time in weeks does not tell of the past."""
    caplog.set_level(logging.WARNING)
    await outside.put()
    outside.clock.now += outbox.NEWS + timedelta(seconds=1)
    assert not await outside.by(outside.note).deliver_one()


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        # A zombie is as dead, and waits only for whoever inherited it.
        return not Path("/proc").exists() or Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
