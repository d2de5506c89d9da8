"""The hostile corpus through every place that shows foreign text, in a real terminal: its byte stream is all ours."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hitl_tui.inbox import Inbox
from tests.tui.hostile import ALL, IDS, MEGABYTE, TEXTS, foreign_sequences
from tests.tui.terminal import ENTER, ESC, Terminal, terminal
from tests.tui.threads import ask
from tests.waiting import until

_PLAIN = {*map(chr, range(32, 127)), *"│▌…▲●○␛─"}
STEPS: tuple[tuple[str, str], ...] = (
    ("list", "j"),
    ("request", ENTER),
    ("history", "h"),
    ("whole", "v"),
    ("bottom", "\x1b[F"),
    ("back", ESC),
    ("help", "?"),
    ("help closed", ESC),
    ("palette", "\x10"),
    ("palette closed", ESC),
    ("confirm", "x"),
    ("confirm closed", ESC),
    ("picker", "n"),
    ("picker closed", ESC),
    ("next", "G"),
    ("reason", "r"),
    ("reason closed", ESC),
    ("shelf active", "f"),
    ("shelf failed", "f"),
    ("failed", ENTER),
    ("traceback", "v"),
    ("failed closed", ESC),
)
"""What is looked at, and the key that leads there: a new screen or widget state is one more line."""


def hostile_database(folder: Path) -> Path:
    """Waiting and failed threads with the corpus in every field that comes from outside."""
    database = folder / "hitl.db"

    async def fill() -> None:
        async with Inbox.open(database, actor="ann", via="cli") as inbox:
            for kind in ("approval", "choice", "text_input", "edit", "conversation"):
                await ask(inbox, folder, f"{kind}/1", kind=kind)
            await ask(inbox, folder, *IDS)

    asyncio.run(fill())
    text = ALL.encode("utf-8", "replace").decode()
    context = {name: value.encode("utf-8", "replace").decode() for name, value in TEXTS.items()}
    context |= {text: text, "huge": MEGABYTE, "nested": {"[/x]": [text, {"original_content": text}]}}
    context["original_content"] = text
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "update request set prompt = ?, context = ?, node = ?, graph_name = ?",
            (text, json.dumps(context), f"node {text}", f"graph {text}"),
        )
        connection.execute("update request set options = ? where type = 'choice'", (json.dumps([text, "two"]),))
        connection.execute("update thread set graph_name = ?, state = ?", (text, json.dumps(context)))
        connection.execute(
            "update step set logs = ?, error = ?",
            (text, json.dumps({"type": text, "message": text, "traceback": text})),
        )
        connection.execute(
            "update thread set status = 'failed', open_requests = 0, error = ? where id in (?, ?)",
            (json.dumps({"node": text, "type": text, "message": text, "traceback": text}), *IDS[:2]),
        )
        connection.execute("update request set status = 'cancelled' where thread in (?, ?)", IDS[:2])
        connection.commit()
    (folder / "nasty.yaml").write_text(f"graph: {json.dumps(text)}\ndescription: {json.dumps(text)}\nnodes: [\n")
    return database


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_database(tmp_path_factory.mktemp("hostile"))


def is_laid_out(app: Terminal) -> bool:
    """Whether the line between list and request is straight, in the rows whose width all terminals agree on."""
    rows = [line for line in app.lines()[1:-1] if line.isascii() or set(line) <= _PLAIN]
    places = {line.index("│") for line in rows if line.count("│") == 1}
    return len(places) <= 1


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
def test_no_control_sequence_of_foreign_text_reaches_the_terminal(database: Path, size: tuple[int, int]) -> None:
    """row 168, row 100: list, head, prompt, context, options, history, errors, dialogs, help, palette, actor."""
    with terminal(
        "--db",
        str(database),
        size=size,
        cwd=database.parent,
        environment={"HITL_ACTOR": "ann é [/x] [@click=app.quit]"},
    ) as app:
        app.wait_for("waiting")
        for name, key in STEPS:
            seen = len(app.raw)
            app.press(key)
            until(lambda seen=seen: app.lines() and len(app.raw) > seen)
            assert app.child.isalive(), f"{name}: {app.lines()}"
            until(lambda: is_laid_out(app))
            assert foreign_sequences(app.raw) == [], name
        app.press("j" * 5000)
        app.press(ESC, "q", "\x11")
        app.wait_for_the_end()
        assert foreign_sequences(app.raw) == []


@pytest.mark.parametrize("words", [("list",), ("show", "approval/1"), ("history", "1abc"), ("show", "thread/1")])
def test_the_text_of_the_commands_holds_no_control_character(database: Path, words: tuple[str, ...]) -> None:
    """row 168"""
    done = subprocess.run(
        [sys.executable, "-m", "hitl_tui", *words, "--db", str(database)], capture_output=True, check=False, timeout=60
    )
    assert done.stdout
    assert foreign_sequences((done.stdout + done.stderr).decode().replace("\t", " ")) == []


def test_the_list_of_what_is_ours_finds_each_text_of_the_corpus() -> None:
    for name in ("escape", "c1", "clipboard", "link", "bidi", "zero_width", "surrogate", "controls"):
        assert foreign_sequences(TEXTS[name]), name
