"""The size of the screen is that of the terminal, whatever the environment says."""

from __future__ import annotations

from pathlib import Path

from tests.tui.terminal import terminal
from tests.waiting import until


def test_exported_columns_and_lines_do_not_cut_the_screen(tmp_path: Path) -> None:
    database = str(tmp_path / "hitl.db")
    with terminal("--db", database, size=(140, 30), environment={"COLUMNS": "80", "LINES": "24"}) as app:
        until(lambda: app.lines()[0].rstrip().endswith("● worker") and len(app.lines()[0].rstrip()) == 139)
        until(lambda: "^p commands" in app.lines()[29])
        app.press("q")
        assert app.wait_for_the_end() == 0
