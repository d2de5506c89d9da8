"""The hostile corpus through the commands: no byte of it reaches the terminal as a control character."""

from __future__ import annotations

from tests.cli.conftest import Hitl
from tests.tui.hostile import foreign_sequences
from tests.tui.hostile_inbox import hostile_inbox, hostile_settings

COMMANDS = (
    ("list",),
    ("list", "--status", "failed"),
    ("list", "--search", "owned"),
    ("show", "approval/1"),
    ("show", "thread/1"),
    ("show", "form/1"),
    ("show", "tool/1"),
    ("show", "batch/1"),
    ("history", "1abc"),
    ("history", "é"),
    ("state", "approval/1"),
    ("note", "choice/1"),
    ("audit",),
    ("metrics",),
    ("doctor",),
    ("config",),
    ("check", "nasty.yaml"),
    ("resume", "form/1", "respond", "--data", "{}"),
    ("resume", "choice/1", "choose", "--data", '{"choice": "\\u001b[2J"}'),
    ("resume", "\x1b]0;x\x07", "approve"),
    ("\x1b[2J",),
)


def test_the_text_of_the_commands_holds_no_control_character(hitl: Hitl) -> None:
    """row 168: every command that shows what is stored, and the errors that name foreign text."""
    hostile_inbox(hitl.folder)
    hostile_settings()
    for words in COMMANDS:
        done = hitl.quick(*words)
        assert done.out or done.err, words
        assert foreign_sequences((done.out + done.err).replace("\t", " ")) == [], words
