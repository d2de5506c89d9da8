"""The program as a person meets it: in a real terminal of 80 × 24, by keyboard alone."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hitl_tui import locations
from tests.tui.terminal import CTRL_S, ENTER, ESC, F4, REPOSITORY, Terminal, terminal
from tests.waiting import until

ANSWERS: dict[str, Callable[[Terminal], None]] = {
    "approval": lambda app: app.press("a"),
    "edit": lambda app: app.press(*"Note: ", CTRL_S),
    "choice": lambda app: app.press("2", ENTER),
    "text_input": lambda app: app.press(*"It must work offline", CTRL_S),
}
WORDS = {
    "approval": "approval",
    "edit": "edit",
    "choice": "choice",
    "text_input": "text",
    "conversation": "conversation",
}

# A job of a shell, and in it another program that starts hitl.
_SHELL = r"""
import os, sys
jobs = '''set -m; sh -c '"$@"; true' sh "$@"; echo in the shell; read line; fg; echo back for good'''
os.execvp("sh", ["sh", "-c", jobs, "sh", sys.executable, "-m", "hitl_tui", *sys.argv[1:]])
"""


def hitl(db: Path, *words: str) -> Any:
    """The JSON that a `hitl` command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "hitl_tui", *words, "--json", "--db", str(db)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def select(app: Terminal, thread_id: str) -> None:
    """Move the cursor to a thread's row."""
    suffix = thread_id[-8:]
    app.wait_for(suffix)

    def rows() -> tuple[int, int]:
        lines = app.lines()
        cursor = next((row for row, line in enumerate(lines) if line.startswith("▌")), -1)
        wanted = next((row for row, line in enumerate(lines) if suffix in line), -1)
        return cursor, wanted

    def arrived() -> bool:
        cursor, wanted = rows()
        if cursor != wanted and -1 not in (cursor, wanted):
            step = 1 if wanted > cursor else -1
            app.press("j" if step == 1 else "k")
            until(lambda: rows()[0] != cursor)
        return cursor == wanted != -1

    until(arrived)


def answer(app: Terminal, thread_id: str, request: dict[str, Any], give: Callable[[Terminal], None]) -> None:
    """Open a thread's request, answer it, and see the list again with the last line saying so."""
    select(app, thread_id)
    app.press(ENTER)
    app.wait_for(f"· {request['node']}")
    app.wait_for(WORDS[request["type"]])
    until(lambda: "Inbox" not in app.lines()[1])
    give(app)
    until(lambda: "Inbox" in app.lines()[1])


def test_all_five_types_are_answered_to_the_end_by_keyboard_alone(tmp_path: Path) -> None:
    """row 170, row 31, row 32: one sample thread of each type; the database is looked at through `hitl show`."""
    with terminal("demo", environment={"TMPDIR": str(tmp_path), "HITL_ACTOR": "ann"}) as app:
        app.wait_for("waiting", 90)
        app.wait_for("● worker")
        (db,) = tmp_path.glob("hitl-demo-*/demo.db")
        items = hitl(db, "list", "--status", "paused")["items"]
        # The samples that come to their end after this one kind of question.
        wanted = {
            "approval": "ApprovalFlow",
            "edit": "ContentFlow",
            "choice": "DecisionFlow",
            "text_input": "RequirementsFlow",
            "conversation": "ConsultationFlow",
        }
        threads = {
            kind: next(item["thread_id"] for item in items if item["type"] == kind and item["graph"] == graph)
            for kind, graph in wanted.items()
        }
        for kind, thread_id in threads.items():
            answered = 0
            while (view := settled(db, thread_id))["status"] == "paused":
                (request,) = view["pending"]
                answer(app, thread_id, request, ANSWERS.get(request["type"]) or talk(turn=answered))
                answered += 1
                until(lambda before=request: not is_open(db, before))
                assert answered < 10, view
            assert view["status"] == "completed", view
            decisions = [step["decision"] for step in hitl(db, "history", thread_id)["steps"] if step["decision"]]
            assert {decision["actor"] for decision in decisions} == {"ann"}
            if kind == "conversation":
                assert answered >= 3
                assert decisions[-1]["data"].get("end") is True
        assert hitl(db, "show", threads["choice"])["state"]["responses"]
        app.press("q")
        assert app.wait_for_the_end() == 0
    assert list(tmp_path.iterdir()) == []


def talk(turn: int) -> Callable[[Terminal], None]:
    """Two turns, then the end of the conversation, which asks once."""

    def give(app: Terminal) -> None:
        if turn < 2:
            app.press(*"We deploy weekly", CTRL_S)
            return
        app.press(F4)
        app.wait_for("again")
        app.press(F4)

    return give


def settled(db: Path, thread_id: str) -> dict[str, Any]:
    """The thread once it waits for a person or has ended."""
    until(lambda: not _found(db, "thread where id = ? and status in ('ready', 'running')", thread_id))
    view: dict[str, Any] = hitl(db, "show", thread_id)
    return view


def is_open(db: Path, request: dict[str, Any]) -> bool:
    """Whether a request is not answered for good."""
    return _found(db, "request where id = ? and status in ('pending', 'held')", request["request_id"])


def _found(db: Path, rows: str, name: str) -> bool:
    # Read often: a process for each look would be most of the test.
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(f"select 1 from {rows}", [name]).fetchone() is not None


def worker_pid(log: Path) -> int:
    """The process id of the worker that wrote a log."""
    until(lambda: log.exists() and "worker: pid " in log.read_text())
    return int(log.read_text().partition("worker: pid ")[2].split()[0])


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal_and_stops_the_worker(number: signal.Signals, tmp_path: Path) -> None:
    with terminal("--db", str(tmp_path / "hitl.db")) as app:
        app.wait_for("● worker")
        pid = worker_pid(locations.log_file("worker"))
        app.child.kill(number)
        assert app.wait_for_the_end() == 128 + number
        assert "\x1b[?1049l" in app.raw
        assert "\x1b[?25h" in app.raw
        assert gone(pid)


def test_ctrl_z_goes_to_the_shell_and_fg_comes_back(tmp_path: Path) -> None:
    """Also where the shell waits for another program that started this one; the worker goes on meanwhile."""
    with terminal("--db", str(tmp_path / "hitl.db"), first=_SHELL) as app:
        app.wait_for("● worker")
        app.press("\x1a")
        app.wait_for("in the shell")
        assert "\x1b[?1049l" in app.raw
        pid = worker_pid(locations.log_file("worker"))
        assert Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T"
        app.press(ENTER)
        until(lambda: not app.shows("in the shell"))
        assert app.shows("● worker")
        assert app.shows("? help")
        app.press("q")
        app.wait_for("back for good")


def test_where_no_shell_could_bring_the_screen_back_ctrl_z_says_so(tmp_path: Path) -> None:
    with terminal("--db", str(tmp_path / "hitl.db")) as app:
        app.wait_for("Nothing waits for you.")
        app.press("\x1a")
        app.wait_for("not suspended: there is no shell")


def test_a_terminal_that_goes_away_leaves_no_worker(tmp_path: Path) -> None:
    with terminal("--db", str(tmp_path / "hitl.db")) as app:
        app.wait_for("● worker")
        pid = worker_pid(locations.log_file("worker"))
        app.child.ptyproc.fileobj.close()
        # What waits for its terminal in the background is woken by its end.
        os.kill(app.child.pid, signal.SIGCONT)
        until(lambda: gone(pid))
    assert not locations.log_file("cli").exists()


def test_a_killed_screen_leaves_no_worker(tmp_path: Path) -> None:
    with terminal("--db", str(tmp_path / "hitl.db")) as app:
        app.wait_for("● worker")
        pid = worker_pid(locations.log_file("worker"))
        app.child.kill(signal.SIGKILL)
        until(lambda: gone(pid))


def test_a_worker_that_dies_is_started_again_and_a_banner_says_so(tmp_path: Path) -> None:
    """row 171"""
    with terminal("--db", str(tmp_path / "hitl.db")) as app:
        app.wait_for("● worker")
        os.kill(worker_pid(locations.log_file("worker")), signal.SIGKILL)
        app.wait_for("! The worker was ended by signal 9; it is started again")
        app.wait_for("● worker")
        app.press("q")
        assert app.wait_for_the_end() == 0


def test_a_database_that_cannot_be_opened_is_said_without_taking_the_screen(tmp_path: Path) -> None:
    broken = tmp_path / "hitl.db"
    broken.write_bytes(b"this is no database, but it is long enough to look like a file of one" * 20)
    with terminal("--db", str(broken)) as app:
        assert app.wait_for_the_end() == 1
        assert "\x1b[?1049h" not in app.raw
        assert "Traceback" not in app.raw
        assert app.shows("database")


def test_without_a_terminal_the_commands_are_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hitl_tui"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "HITL_DB": str(tmp_path / "hitl.db")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "terminal" in done.stderr
    assert "hitl list" in done.stderr


def test_esc_in_the_request_goes_back_to_the_list(tmp_path: Path) -> None:
    """A lone Esc byte is the key, and not the start of another one."""
    with terminal("--db", str(tmp_path / "hitl.db")) as app:
        app.wait_for("Nothing waits for you.")
        app.press("?")
        app.wait_for("Keys")
        app.press(ESC)
        # Of the help only its title may have come by now: the list is then still under it.
        until(lambda: not app.shows("Keys") and app.shows("Nothing waits for you."))
        app.press("q")
        assert app.wait_for_the_end() == 0
