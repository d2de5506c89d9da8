"""The full-screen app: shows the inbox and takes answers. It never runs agents and never reads the store itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitl_tui.tui.run import run_tui

if TYPE_CHECKING:
    from hitl_tui.config.problems import Problem
    from hitl_tui.config.reading import Loaded

__all__ = ["names_of_the_screen", "run_tui"]


def names_of_the_screen(loaded: Loaded) -> tuple[list[Problem], dict[str, str], list[str]]:
    """What only the screen knows to be wrong in the settings; all ids of keys with what they do; all themes."""
    from hitl_tui.tui.own_settings import names_of_the_screen as names

    return names(loaded)
