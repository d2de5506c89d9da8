"""The user's own colour themes, `themes/NAME.toml` beside `config.toml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from hitl_tui import locations
from hitl_tui.config.problems import Problem
from hitl_tui.config.reading import text_of
from hitl_tui.config.toml_lines import NotToml, parse
from hitl_tui.config.values import LONGEST_NAME, About

_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_NAME = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{LONGEST_NAME - 1}}}")
_MOST = 100
_STRICT: dict[str, Any] = {"extra": "forbid", "strict": True}


def _colour(value: str) -> None:
    if not _COLOUR.fullmatch(value):
        raise ValueError(f"{value[:40]!r} is no colour; write it like #7aa2f7")


_PATTERN = {"pattern": f"^{_COLOUR.pattern}$"}


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme as `#rrggbb`. Those that are None follow from the others."""

    __pydantic_config__: ClassVar[Any] = _STRICT

    primary: Annotated[str, About("The one accent", _PATTERN, _colour)]
    background: Annotated[str, About("The ground", _PATTERN, _colour)]
    foreground: Annotated[str, About("The text", _PATTERN, _colour)]
    dark: Annotated[bool, About("Whether the ground is dark")] = True
    secondary: Annotated[str | None, About("Beside the accent", _PATTERN, _colour)] = None
    accent: Annotated[
        str | None, About("Keys, letters, the cursor; the same as primary if not set", _PATTERN, _colour)
    ] = None
    success: Annotated[str | None, About("What went well", _PATTERN, _colour)] = None
    warning: Annotated[str | None, About("Risks, what is soon due", _PATTERN, _colour)] = None
    error: Annotated[str | None, About("What failed, what is overdue", _PATTERN, _colour)] = None
    surface: Annotated[str | None, About("Header, last line, dialogs", _PATTERN, _colour)] = None
    panel: Annotated[str | None, About("Fields in dialogs", _PATTERN, _colour)] = None


def themes_dir() -> Path:
    """Where they are."""
    return locations.config_dir() / "themes"


def user_themes(taken: frozenset[str]) -> tuple[dict[str, Palette], list[Problem]]:
    """The user's themes by name, and what is wrong with those that cannot be used; `taken` are names of our own."""
    try:
        files = sorted(path for path in themes_dir().iterdir() if path.suffix == ".toml")[:_MOST]
    except OSError:
        return {}, []
    found: dict[str, Palette] = {}
    problems: list[Problem] = []
    for file in files:
        palette, wrong = _read(file, taken)
        problems += wrong
        if palette is not None:
            found[file.stem] = palette
    return found, problems


def _read(file: Path, taken: frozenset[str]) -> tuple[Palette | None, list[Problem]]:
    if not _NAME.fullmatch(file.stem):
        remedy = "rename the file: small letters, digits, - and _"
        return None, [Problem(file, None, "", "is no name of a theme", remedy)]
    if file.stem in taken:
        return None, [Problem(file, None, "", "hitl has a theme of this name", "rename the file")]
    try:
        text = text_of(file)
        values = parse(text)
    except NotToml as error:
        return None, [Problem(file, error.line, "", f"is no TOML: {error}", "correct it")]
    except UnicodeDecodeError:
        return None, [Problem(file, None, "", "is not UTF-8", "save it as UTF-8")]
    except OSError as error:
        return None, [Problem(file, None, "", f"cannot be read: {error.strerror or error}", "make it readable for you")]
    from hitl_tui.config.validation import validate

    palette, _, problems = validate(Palette, values, text, file, lambda path: path)
    return (None if problems else palette), problems
