"""Long questions are given up at once, and always by what gave them up."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.store.beside import beside
from hitl_tui.store.database import Database
from tests.waiting import until

ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    async with Database.open(tmp_path / "x.db") as database:
        return database.path


def is_closed(connection: sqlite3.Connection) -> bool:
    try:
        connection.total_changes  # noqa: B018
    except sqlite3.ProgrammingError:
        return True
    return False


async def test_a_cancelled_question_ends(path: Path) -> None:
    asked: list[sqlite3.Connection] = []
    running = threading.Event()

    def ask(connection: sqlite3.Connection) -> Any:
        asked.append(connection)
        connection.set_progress_handler(running.set, 1)
        return connection.execute(ENDLESS).fetchone()

    task = asyncio.create_task(beside(path, ask))
    await asyncio.to_thread(running.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    until(lambda: is_closed(asked[0]))


async def test_one_that_is_cancelled_as_it_ends_is_cancelled(path: Path) -> None:
    asked: list[sqlite3.Connection] = []
    task = asyncio.create_task(beside(path, asked.append))
    await asyncio.sleep(0)
    # Nothing else happens in this loop meanwhile: it has not heard that the answer is there.
    until(lambda: asked and is_closed(asked[0]))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
