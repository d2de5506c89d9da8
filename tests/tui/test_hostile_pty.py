"""The hostile corpus through every place that shows foreign text, in a real terminal: its byte stream is all ours."""

from __future__ import annotations

import base64
from contextlib import suppress
from pathlib import Path

from tests.tui.hostile import TEXTS, foreign_sequences, without_ours
from tests.tui.hostile_inbox import ACTOR, hostile_inbox, hostile_settings
from tests.tui.hostile_walk import STEPS, Step
from tests.tui.terminal import Terminal, terminal
from tests.waiting import until

_BYTES = {
    "enter": "\r",
    # As terminals with the keyboard protocol send it: a lone Esc byte is one only if nothing follows it for a while.
    "escape": "\x1b[27u",
    "space": " ",
    "end": "\x1b[F",
    "home": "\x1b[H",
    "f6": "\x1b[17~",
    "ctrl+p": "\x10",
    "ctrl+s": "\x13",
    "alt+1": "\x1b1",
    "slash": "/",
    "asterisk": "*",
    "question_mark": "?",
    "right_square_bracket": "]",
    "greater_than_sign": ">",
}
_TOO_EARLY = ("ignored: ", "press the key again")


def follow(app: Terminal, step: Step) -> str:
    """Type the keys of a step by their names until it is painted; what was written meanwhile."""
    seen = len(app.raw)
    written = _written(app, step)
    while step.words not in written and any(words in written for words in _TOO_EARLY):
        written = _written(app, step)
    assert step.words in written, f"{step}: {written[-2000:]}"
    return app.raw[seen:]


def _written(app: Terminal, step: Step) -> str:
    """The text that the keys have brought, once what is expected is among it."""
    seen = len(app.raw)
    for key in step.keys:
        app.press(_BYTES.get(key, key))
    app.read_until_quiet(0.3 if step.slow else 0.02)

    def written() -> str:
        return without_ours(app.read_until_quiet(0.02)[seen:])

    with suppress(AssertionError):
        until(lambda: step.words in written(), 10)
    return written()


def test_no_control_sequence_of_foreign_text_reaches_the_terminal(tmp_path: Path) -> None:
    """row 168, row 100: every screen, tab and dialog, the notices, the banner, the title and what is copied."""
    database = hostile_inbox(tmp_path)
    hostile_settings()
    with terminal(
        "--db", str(database), "--actor", ACTOR, cwd=tmp_path, environment={"HITL_UNDO_SECONDS": "30"}
    ) as app:
        for step in STEPS:
            assert foreign_sequences(follow(app, step)) == [], step.name
        app.press("y" + "j" * 500)
        follow(app, Step("closed", ("escape",)))
        app.press("\x11")
        app.wait_for_the_end()
    copied = f"\x1b]52;c;{base64.b64encode(b'thread/1').decode()}\x07"
    assert foreign_sequences(app.raw.replace(copied, "")) == []


def test_the_list_of_what_is_ours_finds_each_text_of_the_corpus() -> None:
    for name in ("escape", "c1", "clipboard", "link", "bidi", "zero_width", "surrogate", "controls"):
        assert foreign_sequences(TEXTS[name]), name
