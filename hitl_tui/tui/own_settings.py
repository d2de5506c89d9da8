"""What the user set in `config.toml` and chose on the screen, as the screen uses it."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

from textual.theme import BUILTIN_THEMES, Theme

from hitl_tui.config.problems import Problem
from hitl_tui.config.reading import Loaded, load
from hitl_tui.config.remembered import Remembered, recall, remember
from hitl_tui.config.theme_files import themes_dir, user_themes
from hitl_tui.config.values import Config, View
from hitl_tui.inbox.filters import Filter
from hitl_tui.model import people
from hitl_tui.model.durations import parse_duration
from hitl_tui.tui.themes import DARK, FEW_COLOURS, NAMES, OURS, TAKEN, of_palette


class OwnSettings:
    """Settings and choices of one visit; without arguments those of nobody, and no file is read."""

    def __init__(self, loaded: Loaded | None = None, remembered: Remembered | None = None) -> None:
        self._loaded = loaded or Loaded()
        self._before = remembered
        self.remembered = remembered or Remembered()
        """What was chosen up to now; the app replaces it, and keeps it when it ends."""

    @classmethod
    def of_user(cls) -> OwnSettings:
        """Those of the user who sits here."""
        return cls(load(), recall())

    @property
    def config(self) -> Config:
        """The settings."""
        return self._loaded.config

    @property
    def problems(self) -> list[Problem]:
        """What is wrong in `config.toml`, also what only the screen knows to be wrong."""
        return [*self._loaded.problems, *self._keys[1], *self._wrong_theme]

    @property
    def keymap(self) -> dict[str, str]:
        """Keys by id, for Textual."""
        return self._keys[0]

    @cached_property
    def _keys(self) -> tuple[dict[str, str], list[Problem]]:
        wanted = self.config.keys
        if not wanted:
            # Looking for everything that has a key takes a moment.
            return {}, []
        from hitl_tui.tui.keymap import keymap, known_keys

        found, wrong = keymap(wanted, known_keys())
        return found, [self._loaded.problem(("keys", each.id), each.message, each.remedy) for each in wrong]

    @cached_property
    def _users_themes(self) -> tuple[dict[str, Theme], list[Problem]]:
        found, problems = user_themes(TAKEN)
        return {name: of_palette(name, palette) for name, palette in found.items()}, problems

    @property
    def wrong_theme_files(self) -> list[Problem]:
        """Files that are no themes; reads them all."""
        return self._users_themes[1]

    @property
    def theme_names(self) -> list[str]:
        """All themes by name, the user's own last; reads their files."""
        return [*NAMES, *self._users_themes[0]]

    def themes_to_cycle(self, *, few_colours: bool) -> Sequence[str]:
        """The themes that one key goes through."""
        if few_colours:
            return FEW_COLOURS
        return [name for name in self.theme_names if name not in FEW_COLOURS]

    def theme(self, name: str) -> Theme | None:
        """The theme of that name, if there is one."""
        known = {**{theme.name: theme for theme in OURS}, **{name: BUILTIN_THEMES[name] for name in FEW_COLOURS}}
        return known.get(name) or self._users_themes[0].get(name)

    def first_theme(self, *, few_colours: bool) -> Theme:
        """The theme to begin with on this terminal."""
        if few_colours:
            chosen = self.remembered.few_colours_theme
            return BUILTIN_THEMES[chosen if chosen in FEW_COLOURS else FEW_COLOURS[0]]
        return self.theme(self.remembered.theme_over(self.config)) or self.theme(self.config.theme) or DARK

    @property
    def _wrong_theme(self) -> list[Problem]:
        name = self.config.theme
        if self.theme(name) is not None:
            return []
        broken = [problem for problem in self.wrong_theme_files if problem.file == themes_dir() / f"{name}.toml"]
        near = difflib.get_close_matches(name, self.theme_names, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(self.theme_names)}"
        return broken or [self._loaded.problem(("theme",), f"there is no theme {name!r}", remedy)]

    def keep(self) -> None:
        """Remember what was chosen. Where that cannot be written down, it is forgotten: no reason to stop for."""
        if self._before is not None and self.remembered != self._before:
            with contextlib.suppress(OSError):
                remember(self.remembered)


def filter_of(view: View, actor: str) -> Filter:
    """What a saved view lists for `actor`."""
    whose = {None: (), people.ME: (actor,), people.NOBODY: ("",)}.get(view.assignee, (view.assignee or "",))
    return Filter(
        shelf=view.shelf,
        statuses=tuple(status.value for status in view.statuses),
        types=tuple(kind.value for kind in view.types),
        graphs=view.graphs,
        risks=view.risks,
        assignees=whose,
        older_than=timedelta(seconds=parse_duration(view.older_than)) if view.older_than is not None else None,
        text=view.text or "",
    )


def names_of_the_screen(loaded: Loaded) -> tuple[list[Problem], dict[str, str], list[str]]:
    """What only the screen knows to be wrong in the settings; all ids with what they do; all themes."""
    from hitl_tui.tui.keymap import known_keys

    own = OwnSettings(loaded)
    elsewhere = [problem for problem in own.wrong_theme_files if problem not in own.problems]
    wrong = [problem for problem in own.problems if problem not in loaded.problems]
    ids = {each.id: each.words for each in known_keys() if not each.id.startswith("dead.")}
    return [*wrong, *elsewhere], dict(sorted(ids.items())), own.theme_names
