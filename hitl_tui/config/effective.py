"""The settings in force, and where each of them comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from hitl_tui.config import environment
from hitl_tui.config.editor import EditorFailed, editor_command, named_by_environment
from hitl_tui.config.problems import dotted
from hitl_tui.config.reading import Loaded
from hitl_tui.config.remembered import Remembered

Source = Literal["default", "file", "environment", "flag", "remembered"]
FEW_COLOURS = "ansi-dark"
"""The theme where there are no colours of our own."""


@dataclass(frozen=True, slots=True)
class Effective:
    """One setting: its place as TOML has it, its value, where that comes from, and which variable, if one."""

    key: str
    value: Any
    source: Source
    variable: str | None = None


def effective(loaded: Loaded, remembered: Remembered, actor_flag: str | None) -> list[Effective]:
    """Every setting in the order of the documentation; what the user may name (keys, views) only where it is set."""
    return [
        _actor(loaded, actor_flag),
        _undo(loaded),
        _theme(loaded, remembered),
        _editor(loaded),
        _plain(loaded, "notifications.bell", loaded.config.notifications.bell),
        _plain(loaded, "notifications.osc9", loaded.config.notifications.osc9),
        _plain(loaded, "worker.concurrency", loaded.config.worker.concurrency),
        _plain(loaded, "llm.model", loaded.config.llm.model),
        _plain(loaded, "llm.base_url", loaded.config.llm.base_url),
        _plain(loaded, "prune.older_than", loaded.config.prune.older_than),
        _list_width(loaded, remembered),
        *_named(loaded),
    ]


def _plain(loaded: Loaded, key: str, value: Any) -> Effective:
    return Effective(key, value, "file" if key in loaded.given else "default")


def _actor(loaded: Loaded, flag: str | None) -> Effective:
    if flag is not None:
        return Effective("actor", flag, "flag", "--actor")
    if (named := environment.actor()) is not None:
        return Effective("actor", named, "environment", environment.ACTOR)
    return _plain(loaded, "actor", loaded.config.actor or environment.user_name())


def _undo(loaded: Loaded) -> Effective:
    if (seconds := environment.given_undo_seconds()) is not None:
        return Effective("undo_seconds", seconds, "environment", environment.UNDO_SECONDS)
    return _plain(loaded, "undo_seconds", loaded.config.undo_seconds)


def _theme(loaded: Loaded, remembered: Remembered) -> Effective:
    if environment.no_colour():
        return Effective("theme", remembered.few_colours_theme or FEW_COLOURS, "environment", "NO_COLOR")
    chosen = remembered.theme_over(loaded.config)
    if chosen != loaded.config.theme:
        return Effective("theme", chosen, "remembered")
    return _plain(loaded, "theme", chosen)


def _list_width(loaded: Loaded, remembered: Remembered) -> Effective:
    key = "layout.list_width"
    percent = remembered.list_width_over(loaded.config)
    if percent != loaded.config.layout.list_width:
        return Effective(key, percent, "remembered")
    return _plain(loaded, key, percent)


def _editor(loaded: Loaded) -> Effective:
    if loaded.config.editor is not None:
        return _plain(loaded, "editor", loaded.config.editor)
    variable = named_by_environment()
    try:
        command: str | None = " ".join(editor_command())
    except EditorFailed:
        command = None
    return Effective("editor", command, "environment" if variable else "default", variable)


def _named(loaded: Loaded) -> Iterator[Effective]:
    for name, keys in loaded.config.keys.items():
        yield Effective(dotted(("keys", name)), keys, "file")
    for digit, view in sorted(loaded.config.views.items()):
        given = {key: value for key, value in asdict(view).items() if value not in (None, ())}
        yield Effective(dotted(("views", digit)), given, "file")
