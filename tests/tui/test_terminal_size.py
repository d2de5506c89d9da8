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


RESIZED_WHILE_IT_LOOKS = """
import fcntl, os, struct, termios
from textual import events
from textual.app import App
from hitl_tui.tui.driver import SafeInputDriver as Driver

look, post = Driver._get_terminal_size, App.post_message

def look_and_be_late(driver):
    size = look(driver)
    if size == (100, 30):
        # The kernel tells by the next signal.
        fcntl.ioctl(driver.fileno, termios.TIOCSWINSZ, struct.pack("HHHH", 35, 120, 0, 0))
    return size

def note(app, message):
    if isinstance(message, events.Resize):
        with open(os.environ["TOLD"], "a") as told:
            print(*message.size, file=told)
    return post(app, message)

Driver._get_terminal_size, App.post_message = look_and_be_late, note
"""


def test_of_windows_resized_quickly_the_newest_size_is_told_last(tmp_path: Path) -> None:
    """Also where the signal of the next one comes while the size is looked at."""
    told = tmp_path / "told"
    database, places = str(tmp_path / "hitl.db"), {"TOLD": str(told)}
    with terminal("--db", database, size=(120, 35), environment=places, first=RESIZED_WHILE_IT_LOOKS) as app:
        app.wait_for("^p commands")
        told.write_text("", encoding="utf-8")
        app.child.setwinsize(30, 100)
        until(lambda: app.lines() and len(told.read_text(encoding="utf-8").splitlines()) >= 2)
        assert told.read_text(encoding="utf-8").splitlines() == ["100 30", "120 35"]
        app.press("q")
        assert app.wait_for_the_end() == 0
