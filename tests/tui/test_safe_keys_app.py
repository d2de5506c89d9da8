"""Whatever the list does in the tick before a key: only the item that is painted under the cursor is decided."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hitl_tui.inbox import Inbox
from tests.tui.threads import fill, opened, painted, selected, shown, waiting
from tests.waiting import eventually


def _run(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def _inserted(database: Path) -> None:
    _run(
        database,
        "create temp table t as select * from thread where id = 't000000'",
        "alter table t drop column started",
        "update t set id = 'new'",
        "insert into thread select * from t",
        "create temp table r as select * from request where thread = 't000000'",
        "alter table r drop column asked",
        "update r set id = 'new', thread = 'new', due_at = '2026-01-01T00:00:00.000000Z'",
        "insert into request select * from r",
    )


def _removed(database: Path) -> None:
    _run(
        database,
        "delete from request where thread = 't000001'",
        "delete from thread where id = 't000001'",
    )


def _sorted_anew(database: Path) -> None:
    _run(database, "update request set due_at = '2026-01-01T00:00:00.000000Z' where thread = 't000003'")


def _replaced(database: Path) -> None:
    _run(
        database,
        "update request set prompt = 'Another question', digest = 'e' where thread = 't000001'",
    )


@pytest.mark.parametrize("change", [_inserted, _removed, _sorted_anew, _replaced])
@pytest.mark.parametrize("told", [False, True], ids=["before the screen hears of it", "after"])
async def test_only_the_painted_item_is_decided(tmp_path: Path, change: Callable[[Path], None], told: bool) -> None:
    """row 169"""
    database = tmp_path / "hitl.db"
    async with Inbox.open(database, actor="ann", via="cli"):
        pass
    fill(database, 5)
    async with opened(database, rows=5, undo_seconds=30) as (pilot, screen, inbox):
        await pilot.press("j")
        await shown(screen, "t000001")
        change(database)
        before = set(await waiting(inbox))
        if told:
            await screen.inbox_list.reload()
        await pilot.press("a")
        try:
            await eventually(lambda: screen.footer.notice != "", 3)
        except AssertionError:
            raise AssertionError("\n".join(painted(pilot))) from None
        after = set(await waiting(inbox))
        gone = before - after
        assert gone <= {"t000001"}, gone
        if change is _removed:
            assert not gone
        if change is _replaced and not told:
            assert not gone, "what was painted is not what is asked now"
        elif "t000001" in gone:
            assert screen.footer.notice.startswith("approved")
        assert selected(screen)
