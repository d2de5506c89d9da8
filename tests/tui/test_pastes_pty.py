"""Pastes into the program in a real terminal: hostile ones decide nothing, and reach an editor as text."""

from __future__ import annotations

import os
import random
from pathlib import Path

from tests.tui.terminal import CTRL_S, ENTER, ESC, Terminal, terminal
from tests.tui.test_pty import hitl
from tests.tui.threads import workflow
from tests.waiting import until

START, END = "\x1b[200~", "\x1b[201~"
PARTS = ["\x1b", "\x1b[A", "\x1b[B", "\x1b[<0;10;6M", "\x1b[<0;10;6m", "\x1bOP", "\x1b[27u", "\x1b[13u", "\x1b[O"]
PARTS += ["a", "r", "q", "x", "1", "\r", "\t", "\x03", "\x11", "\x13", "\x1b[1;5:3A", "\x1b[99999999999u", "é🙂", "ok "]
SEED = 20


def hostile(random_: random.Random) -> str:
    """Text with keys, clicks and reports in it."""
    return "".join(random_.choice(PARTS) for _ in range(random_.randint(1, 12)))


def paste(app: Terminal, text: str, random_: random.Random) -> None:
    """Paste in several writes, the marks cut anywhere."""
    stream = f"{START}{text}{END}"
    while stream:
        size = random_.randint(1, len(stream))
        app.press(stream[:size])
        stream = stream[size:]


def test_pastes_where_no_editor_is_decide_nothing_and_say_so(tmp_path: Path) -> None:
    db, random_ = tmp_path / "hitl.db", random.Random(SEED)
    hitl(db, "run", str(workflow(tmp_path)), "--thread-id", "one")
    with terminal("--db", str(db)) as app:
        app.wait_for("Go ahead?")
        for _ in range(20):
            paste(app, hostile(random_) + "a", random_)
        app.wait_for("nothing was decided")
        app.press(ENTER)
        app.wait_for("[a] Approve")
        for _ in range(20):
            paste(app, hostile(random_) + "a", random_)
        # Still there, and bytes that are no UTF-8 do no harm either.
        os.write(app.child.child_fd, b"\xff\xfe\xe2\x28")
        app.press(ESC)
        app.wait_for("status:waiting")
        assert hitl(db, "show", "one")["pending"][0]["status"] == "pending"
        app.press("q")
        assert app.wait_for_the_end() == 0


def test_pastes_into_an_editor_are_its_text(tmp_path: Path) -> None:
    db, random_ = tmp_path / "hitl.db", random.Random(SEED)
    hitl(db, "run", str(workflow(tmp_path, "text_input")), "--thread-id", "one")
    written = ""
    with terminal("--db", str(db)) as app:
        app.wait_for("Go ahead?")
        app.press(ENTER)
        app.wait_for("Write your answer here")
        # What is pasted before the editor has the focus is refused.
        until(lambda: app.shows("_") or app.press("_"))
        for _ in range(20):
            text = hostile(random_)
            paste(app, text, random_)
            written += text.replace("\r", "\n")
        app.press(CTRL_S)
        until(lambda: not hitl(db, "show", "one")["pending"])
        assert hitl(db, "show", "one")["state"]["answer"].lstrip("_") == written
        app.press("q")
        assert app.wait_for_the_end() == 0
