"""Opening the inbox on this terminal, or saying what to do where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

from hitl_tui.errors import UsageError


class NoTerminal(UsageError):
    """The inbox needs a terminal to read keys from and to draw on."""

    code = "no_terminal"


def require_terminal() -> None:
    """Raise `NoTerminal`, naming the commands that work without one, unless a person sits here."""
    # Textual draws on stderr.
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise NoTerminal(
            "the inbox needs a terminal on stdin, stdout and stderr, and this is none",
            hint="without one, use `hitl list`, `hitl show THREAD`, `hitl resume THREAD ACTION`, `hitl run FILE`",
        )


def open_inbox(db: Path, actor: str, agents: str | None) -> None:
    """Open the inbox and come back when it is closed."""
    require_terminal()
    from hitl_tui.tui import run_tui

    run_tui(db, actor, agents=agents)
