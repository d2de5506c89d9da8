"""What is said while an answer is stored."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.tui.threads import ask, decision_of, listed, on_screen, opened
from tests.waiting import eventually


async def test_a_busy_database_is_said_while_the_decision_waits_for_it(tmp_path: Path) -> None:
    database = tmp_path / "hitl.db"
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", kind="text_input")
        await listed(screen, 1)
        with closing(sqlite3.connect(database, isolation_level=None)) as somebody_else:
            await pilot.press("enter", *"words")
            somebody_else.execute("begin immediate")
            await pilot.press("ctrl+s")
            await eventually(on_screen(pilot, "saving…"))
            somebody_else.execute("rollback")
        await eventually(lambda: screen.footer.notice == "answered Gate · ask")
        assert not on_screen(pilot, "saving…")()
        assert (await decision_of(inbox, "one")).data == {"text": "words"}
