"""What the screen remembers between two visits: theme and layout. It is kept in the state folder, never in a setting.

A choice made on the screen holds until the setting that it overrode is changed: then the setting is the newer word.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hitl_tui import locations
from hitl_tui.config.values import LONGEST_NAME, NARROWEST, WIDEST, Config
from hitl_tui.model.kinds import SHELVES, SORTS, Shelf, Sort


@dataclass(frozen=True, slots=True)
class Remembered:
    """None where nothing was chosen. `over_…` is the setting that the choice overrode."""

    theme: str | None = None
    over_theme: str | None = None
    few_colours_theme: str | None = None
    list_width: int | None = None
    over_list_width: int | None = None
    shelf: Shelf | None = None
    sort: Sort | None = None

    def theme_over(self, config: Config) -> str:
        """The theme in force."""
        chosen = self.theme is not None and self.over_theme == config.theme
        return self.theme if chosen and self.theme is not None else config.theme

    def list_width_over(self, config: Config) -> int:
        """The width of the list in force, in percent."""
        chosen = self.list_width is not None and self.over_list_width == config.layout.list_width
        return self.list_width if chosen and self.list_width is not None else config.layout.list_width

    def with_theme(self, name: str, config: Config) -> Remembered:
        """The same with another theme chosen."""
        return replace(self, theme=name, over_theme=config.theme)

    def with_list_width(self, percent: int, config: Config) -> Remembered:
        """The same with another width chosen."""
        return replace(self, list_width=percent, over_list_width=config.layout.list_width)


def state_file() -> Path:
    """Where it is kept."""
    return locations.state_dir() / "screen.json"


def recall() -> Remembered:
    """What was remembered; what cannot be read or makes no sense was not."""
    try:
        values = json.loads(state_file().read_bytes())
    except (OSError, ValueError, RecursionError):
        return Remembered()
    return _understood(values) if isinstance(values, dict) else Remembered()


def remember(what: Remembered) -> None:
    """Keep it for the next visit, whole or not at all. Raises `OSError` where the state folder cannot be written."""
    file = state_file()
    locations.private_dir(file.parent)
    handle, name = tempfile.mkstemp(prefix=".screen-", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump({key: value for key in what.__slots__ if (value := getattr(what, key)) is not None}, out)
        Path(name).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _understood(values: Mapping[str, Any]) -> Remembered:
    def text(key: str) -> str | None:
        value = values.get(key)
        return value if isinstance(value, str) and 0 < len(value) <= LONGEST_NAME else None

    def percent(key: str) -> int | None:
        value = values.get(key)
        return value if type(value) is int and NARROWEST <= value <= WIDEST else None

    shelf, sort = values.get("shelf"), values.get("sort")
    return Remembered(
        theme=text("theme"),
        over_theme=text("over_theme"),
        few_colours_theme=text("few_colours_theme"),
        list_width=percent("list_width"),
        over_list_width=percent("over_list_width"),
        shelf=next((known for known in SHELVES if known == shelf), None),
        sort=next((known for known in SORTS if known == sort), None),
    )
