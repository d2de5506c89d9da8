"""What is said of the database as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.inbox.checkup import Level, database_file
from hitl_tui.store.database import Database


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A database that nobody has open."""
    async with Database.open(tmp_path / "x.db") as database:
        return database.path


def test_a_second_name_is_a_problem(path: Path) -> None:
    assert database_file.existence(path, named=True).level is Level.OK
    second = path.with_name("second.db")
    second.hardlink_to(path)
    for name in (path, second):
        found = database_file.existence(name, named=True)
        assert (found.level, "has a second name" in found.words) == (Level.PROBLEM, True)
