"""The first frame is painted before anything else is loaded; from then on the program can be left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hitl_tui.tui.app import HitlApp
from tests.tui.terminal import terminal
from tests.tui.threads import on_screen
from tests.waiting import eventually


def test_the_first_frame_needs_little_code() -> None:
    script = "import sys, hitl_tui.tui.app; print([name for name in ('pydantic', 'sqlite3') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


async def test_no_key_is_dead_without_a_word_while_it_is_opened() -> None:
    app = HitlApp(actor="ann")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await eventually(on_screen(pilot, "the inbox is being opened"))
        await pilot.press("q")
        await eventually(lambda: not app.is_running)


async def test_the_keys_that_go_before_all_others_wait_for_the_inbox_as_well() -> None:
    app = HitlApp(actor="ann")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await eventually(on_screen(pilot, "the inbox is being opened"))
        await pilot.press("ctrl+q")
        await eventually(lambda: not app.is_running)
    assert app.return_code == 0


def test_it_can_be_left_as_soon_as_something_is_seen(tmp_path: Path) -> None:
    with terminal("--db", str(tmp_path / "hitl.db")) as app:
        app.wait_for("sort:due")
        app.press("q")
        assert app.wait_for_the_end() == 0


def test_a_database_that_turns_out_to_be_broken_gives_the_terminal_back_first(tmp_path: Path) -> None:
    broken = tmp_path / "hitl.db"
    broken.write_bytes(b"SQLite format 3\0" + b"and then something else " * 400)
    with terminal("--db", str(broken)) as app:
        assert app.wait_for_the_end() == 1
        assert "is not a database" in app.raw.rpartition("\x1b[?1049l")[2]
