"""What the environment says about settings; it wins over `config.toml`."""

from __future__ import annotations

import os
from functools import cache

from hitl_tui.config.problems import Problem

ACTOR = "HITL_ACTOR"
UNDO_SECONDS = "HITL_UNDO_SECONDS"
_LONGEST_UNDO = 3600


def actor() -> str | None:
    """`HITL_ACTOR`; None when it is not set, or empty."""
    return os.environ.get(ACTOR) or None


def undo_seconds(otherwise: float) -> float:
    """The undo window: `HITL_UNDO_SECONDS` if that is a number of seconds (0 turns it off), else `otherwise`."""
    given = given_undo_seconds()
    return otherwise if given is None else given


def given_undo_seconds() -> float | None:
    """`HITL_UNDO_SECONDS`, if it can be understood."""
    try:
        seconds = float(os.environ.get(UNDO_SECONDS, ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds <= _LONGEST_UNDO else None


def problems() -> tuple[Problem, ...]:
    """What cannot be understood, and does not count."""
    given = os.environ.get(UNDO_SECONDS)
    if not given or given_undo_seconds() is not None:
        return ()
    remedy = f"it must be a number of seconds from 0 to {_LONGEST_UNDO}"
    return (Problem(None, None, UNDO_SECONDS, f"is {given[:40]!r}", remedy),)


def no_colour() -> bool:
    """Whether the terminal's own colours are to be used."""
    return "NO_COLOR" in os.environ


@cache
def user_name() -> str:
    """The user's name on this machine, as it was when it was first asked for."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"uid-{os.getuid()}"
