"""F2: the reviewer's own editor on a private copy of the text."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hitl_tui.inbox import Inbox
from tests.tui.request_samples import Host
from tests.tui.terminal import ENTER, terminal
from tests.tui.test_answers import editor
from tests.tui.test_detail import host, paints, shown
from tests.tui.threads import ask
from tests.waiting import until

F2 = "\x1bOQ"


def fake_editor(folder: Path, body: str) -> str:
    script = folder / "editor.py"
    script.write_text(f"import os, stat, sys\nname = sys.argv[1]\ntext = open(name, newline='').read()\n{body}\n")
    return f"{sys.executable} {script}"


def left_in(folder: Path) -> list[Path]:
    return list(folder.glob("hitl-answer-*"))


async def press_f2(monkeypatch: pytest.MonkeyPatch, pilot: Pilot[None], command: str) -> Host:
    app = host(pilot)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", command)
    monkeypatch.setattr(app, "suspend", contextlib.nullcontext)
    await pilot.press("f2")
    return app


async def test_f2_opens_the_reviewers_editor_on_a_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tmp_path / "seen"
    body = (
        f"open({str(seen)!r}, 'w').write(name + ' ' + oct(stat.S_IMODE(os.stat(name).st_mode)))\n"
        "open(name, 'w').write(text + ' and more\\n')"
    )
    async with Host().run_test(notifications=True) as pilot:
        await shown(pilot, "edit", context={"original_content": "one\u202e"}, digest="d")
        app = await press_f2(monkeypatch, pilot, fake_editor(tmp_path, body))
        assert editor(app).editor.answer == "one\u202e and more"
        name, mode = seen.read_text().split()
        assert mode == "0o600"
        assert not os.path.exists(name)  # noqa: ASYNC240, PTH110 - nothing else runs in this loop
        await pilot.press("ctrl+z")
        assert editor(app).editor.answer == "one\u202e"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit(3)", "ended with exit code 3"),
        ("open(name, 'wb').write(b'\\xff')", "not UTF-8"),
        ("os.remove(name)", "left no text"),
        ("os.remove(name); os.mkdir(name)", "left no text"),
    ],
)
async def test_an_editor_that_fails_keeps_the_text(
    body: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with Host().run_test(size=(160, 24), notifications=True) as pilot:
        await shown(pilot, "text_input")
        await pilot.press("h", "i")
        app = await press_f2(monkeypatch, pilot, fake_editor(tmp_path, body))
        await pilot.pause()
        await paints(app, said)
        await paints(app, "Your text is kept.")
        assert editor(app).editor.answer == "hi"


@pytest.mark.parametrize(
    "end", ["sys.exit(1)", "os.kill(os.getpid(), signal.SIGHUP)", "open(name, 'ab').write(b'\\xff')"]
)
async def test_what_an_editor_saved_before_it_failed_stays(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saves = f"import signal; os.chmod(name, 0o644); open(name, 'w').write(text + ' and more'); {end}"
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with Host().run_test(size=(200, 24), notifications=True) as pilot:
        await shown(pilot, "text_input")
        await pilot.press("h", "i")
        app = await press_f2(monkeypatch, pilot, fake_editor(tmp_path, saves))
        (kept,) = left_in(tmp_path)
        await paints(app, kept.name)
        assert kept.read_bytes().startswith(b"hi and more")
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert editor(app).editor.answer == "hi"


@pytest.mark.parametrize("end", ["", "sys.exit(1)"])
async def test_no_file_is_left_where_nothing_would_be_lost(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with Host().run_test(notifications=True) as pilot:
        await shown(pilot, "text_input")
        await press_f2(monkeypatch, pilot, fake_editor(tmp_path, end))
        assert left_in(tmp_path) == []


def test_what_was_saved_stays_when_the_program_is_ended_meanwhile(tmp_path: Path) -> None:
    ends_both = fake_editor(
        tmp_path, "import signal; open(name, 'w').write('saved'); os.kill(os.getppid(), signal.SIGINT)"
    )
    environment = {**os.environ, "VISUAL": ends_both, "TMPDIR": str(tmp_path)}
    # A shell that starts tests in the background has them ignore ctrl+c.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from hitl_tui.tui.external_editor import edit; edit('text')"
    )
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGINT
    (kept,) = left_in(tmp_path)
    assert kept.read_text() == "saved"


@pytest.mark.parametrize(
    ("command", "said"), [("/nowhere/editor", "could not be started"), ("'open", "no command line")]
)
async def test_an_editor_that_cannot_start_says_so(command: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Host().run_test(size=(160, 24), notifications=True) as pilot:
        await shown(pilot, "conversation")
        app = await press_f2(monkeypatch, pilot, command)
        await pilot.pause()
        await paints(app, said)


async def test_without_room_for_a_file_the_text_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Host().run_test(size=(160, 24), notifications=True) as pilot:
        await shown(pilot, "text_input")
        await pilot.press("h", "i")
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
        app = await press_f2(monkeypatch, pilot, fake_editor(tmp_path, ""))
        await pilot.pause()
        await paints(app, "could not be given the text: No such file or directory. Your text is kept.")
        assert editor(app).editor.answer == "hi"


ASKS_AFTERWARDS = """
import select
from hitl_tui.tui.external_editor import edit
edit("text")
print(select.select([0], [], [], 0)[0])
"""


def test_what_is_typed_while_the_editor_has_the_terminal_goes_nowhere(tmp_path: Path) -> None:
    """the editor is a window of its own, say: the reviewer types, and the terminal keeps it"""
    waits_for_it = fake_editor(tmp_path, "import select; select.select([0], [], [])")
    terminal, theirs = pty.openpty()
    try:
        os.write(terminal, b"a\n")
        environment = {**os.environ, "VISUAL": waits_for_it}
        ended = subprocess.run(
            [sys.executable, "-c", ASKS_AFTERWARDS], stdin=theirs, env=environment, capture_output=True, check=True
        )
    finally:
        os.close(terminal)
        os.close(theirs)
    assert ended.stdout == b"[]\n"


@pytest.mark.parametrize(("kind", "opens", "keys"), [("approval", "", "oo"), ("edit", ENTER, F2 + F2)])
async def test_a_key_that_is_read_twice_opens_one_editor(kind: str, opens: str, keys: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = fake_editor(tmp_path, f"open({str(log)!r}, 'a').write('x')")
    database = tmp_path / "hitl.db"
    async with Inbox.open(database, actor="ann", via="cli") as inbox:
        await ask(inbox, tmp_path, "one", kind=kind)
        with terminal("--db", str(database), cwd=tmp_path, environment={"VISUAL": command}) as app:
            app.wait_for("● worker")
            app.press(opens)
            app.wait_for("f2 editor" if opens else "enter open")
            app.press(keys)
            until(log.exists)
            until(lambda: app.shows("read only") or app.shows("typed while the screen stood still"))
            app.press("\x11")
            assert app.wait_for_the_end() == 0
    assert log.read_text() == "x"


async def test_a_terminal_that_cannot_be_handed_over_says_so() -> None:
    async with Host().run_test(size=(160, 24), notifications=True) as pilot:
        app = await shown(pilot, "text_input")
        await pilot.press("f2")
        await paints(app, "cannot be handed to another editor")
