"""Keys in a real terminal while the program stands still: they decide nothing, and it is said."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event

from hitl_tui.inbox import Inbox
from hitl_tui.tui.blocks import BLOCK_SECONDS
from tests.tui.terminal import ENTER, REPOSITORY, terminal
from tests.tui.threads import ask, waiting
from tests.waiting import until

# The program begins a block when it is told to, and stays in it until what is typed meanwhile has been typed.
_BLOCK = """
import os, signal, time
from pathlib import Path
def block(*_):
    Path("blocked").touch()
    while not Path("typed").exists():
        time.sleep(0.01)
    time.sleep({seconds})
signal.signal(signal.SIGUSR1, block)
"""
_DUE_FIRST = """
update request set due_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '+1 hour') where thread = 'three'
"""
_BURST = ("a", "a", "j", "a", "k", "a", "x", "y", "r", *"no", ENTER)


def _is_stopped(pid: int) -> bool:
    states = [path.read_text().rpartition(")")[2].split()[0] for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return set(states) == {"T"}


async def test_a_burst_while_the_program_stands_still_decides_nothing(tmp_path: Path) -> None:
    """row 169: a key burst during a block of 300 ms of the event loop, and while the whole process is stopped."""
    (tmp_path / "sitecustomize.py").write_text(_BLOCK.format(seconds=0.3))
    database = tmp_path / "hitl.db"
    async with Inbox.open(database, actor="ann", via="cli") as inbox:
        await ask(inbox, tmp_path, "one", "two", "three", prompt="Let it go?")
        path = f"{tmp_path}{os.pathsep}{REPOSITORY}"
        with terminal(
            "--db", str(database), cwd=tmp_path, environment={"PYTHONPATH": path}, ignores_late_keys=True
        ) as app:
            app.wait_for("three")
            app.wait_for("● worker")
            app.press(ENTER)
            app.wait_for("[a] Approve")
            app.child.kill(signal.SIGUSR1)
            until((tmp_path / "blocked").exists)
            app.press(*_BURST)
            (tmp_path / "typed").touch()
            app.wait_for("12 keys ignored: typed while the screen stood still")
            assert len(await waiting(inbox)) == 3
            app.child.kill(signal.SIGSTOP)
            until(lambda: _is_stopped(app.child.pid))
            app.press(*_BURST)
            with closing(sqlite3.connect(database)) as connection:
                # Another one comes to the top meanwhile.
                connection.execute(_DUE_FIRST)
                connection.commit()
            Event().wait(2 * BLOCK_SECONDS)
            app.press("a")
            app.child.kill(signal.SIGCONT)
            app.wait_for("13 keys ignored")
            assert len(await waiting(inbox)) == 3
            app.press("a")
            app.wait_for("approved")
            app.press("q")
            assert app.wait_for_the_end() == 0
        assert sorted(await waiting(inbox)) == ["three", "two"]
