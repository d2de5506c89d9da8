"""Where databases are; how long the last line says something, on a slow machine too; what snapshots are taken of."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from textual.widgets import Input, TextArea

from tests.tui.scenery import made


@pytest.fixture(autouse=True)
def notices_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notices stay until another one comes: seconds pass between a key and a look at the screen where much runs."""
    monkeypatch.setattr("hitl_tui.tui.widgets.footer_line._SECONDS", 600.0)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the database of a test is to be."""
    return tmp_path / "hitl.db"


@pytest.fixture(scope="session")
def scenery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a request of every kind and a thread in every state; not to be changed, see `stage`."""
    folder = tmp_path_factory.mktemp("scenery")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HITL_CONFIG_DIR", str(folder / "config"))
        patch.setenv("HITL_STATE_DIR", str(folder / "state"))
        return made(folder)


@pytest.fixture
def stage(scenery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the scenery's database; nothing on its screens depends on the machine, its terminal or its clocks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HITL_CONFIG_DIR", "config")
    monkeypatch.setenv("HITL_STATE_DIR", "state")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for name in ("FORCE_COLOR", "COLUMNS", "LINES", "TEXTUAL_THEME", "TEXTUAL_FILTERS"):
        monkeypatch.delenv(name, raising=False)
    for widget, blink in ((Input, "_toggle_cursor"), (TextArea, "_toggle_cursor_blink_visible")):
        monkeypatch.setattr(widget, blink, lambda _: None)
    return Path(shutil.copy(scenery, tmp_path / "hitl.db"))
