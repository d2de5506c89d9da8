"""Who acts where nobody says so."""

from __future__ import annotations

from hitl_tui.config import environment


def acting() -> str:
    """`HITL_ACTOR`, else `actor` of `config.toml`, else the user's name on this machine.

    Raises `ConfigInvalid`: nothing is decided under another name than the one that was meant.
    """
    if (named := environment.actor()) is not None:
        return named
    from hitl_tui.config.reading import one

    return one("actor") or environment.user_name()


def of_environment() -> str:
    """The same without `config.toml`, where the name does not matter."""
    return environment.actor() or environment.user_name()
