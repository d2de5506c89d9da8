"""Opening the inbox on this terminal, or saying what to do where there is none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hitl_tui.cli.settings import Settings
from hitl_tui.errors import ConfigInvalid, UsageError

if TYPE_CHECKING:
    from hitl_tui.config.problems import Problem
    from hitl_tui.config.reading import Loaded


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


def reviewer(settings: Settings) -> str:
    """Who sits before the inbox. A broken `config.toml` does not keep it from opening; the inbox says what is wrong."""
    try:
        return settings.actor
    except ConfigInvalid:
        from hitl_tui.config.environment import user_name

        return user_name()


def names_of_the_screen(loaded: Loaded) -> tuple[list[Problem], dict[str, str], list[str]]:
    """What is wrong with the keys and the theme in `config.toml` and with theme files; all ids of keys with what each
    does; all themes. Only the screen knows them, so that it is loaded for this.
    """
    from hitl_tui.tui import names_of_the_screen as names

    return names(loaded)


def open_inbox(db: Path, actor: str, agents: str | None) -> None:
    """Open the inbox and come back when it is closed."""
    require_terminal()
    from hitl_tui.tui import run_tui

    run_tui(db, actor, agents=agents)
