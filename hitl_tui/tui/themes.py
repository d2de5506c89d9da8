"""The colour themes: ours, some that many know from their editor, the user's own, and the terminal's 16 colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from textual.theme import BUILTIN_THEMES, Theme

from hitl_tui.config.theme_files import Palette

DARK = Theme(
    name="hitl-dark",
    primary="#7aa2f7",
    secondary="#9aa5ce",
    accent="#7aa2f7",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    foreground="#c8ccd8",
    background="#15171c",
    surface="#1d2027",
    panel="#262a33",
    dark=True,
)
LIGHT = Theme(
    name="hitl-light",
    primary="#2f5fb3",
    secondary="#5a6478",
    accent="#2f5fb3",
    success="#2f7d3b",
    warning="#8a5a00",
    error="#b3243b",
    foreground="#22262e",
    background="#fbfbfa",
    surface="#f0f1f3",
    panel="#e4e6ea",
    dark=False,
)
CONTRAST = Theme(
    name="hitl-contrast",
    primary="#ffd400",
    secondary="#ffffff",
    accent="#ffd400",
    success="#5dff5d",
    warning="#ffb000",
    error="#ff8080",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#303030",
    dark=True,
    variables={"text-muted": "#e0e0e0", "text-disabled": "#c0c0c0"},
)
"""Every text at least 7 to 1 on its ground (WCAG AAA)."""
FEW_COLOURS = ("ansi-dark", "ansi-light")
"""Textual's own themes in the terminal's 16 colours, dark and light."""
OURS: Sequence[Theme] = (
    DARK,
    LIGHT,
    CONTRAST,
    *(BUILTIN_THEMES[name] for name in ("gruvbox", "nord", "solarized-light")),
)
TAKEN = frozenset({*(theme.name for theme in OURS), *BUILTIN_THEMES})
"""Names that no theme of a user can have."""
NAMES = (*(theme.name for theme in OURS), *FEW_COLOURS)


def of_palette(name: str, palette: Palette) -> Theme:
    """A theme of a user's file; what the file leaves out follows from the rest."""
    colours = asdict(palette)
    return Theme(name=name, **{**colours, "accent": palette.accent or palette.primary})


def next_name(names: Sequence[str], current: str) -> str:
    """The theme after `current`, in a circle; the first where it is none of them."""
    return names[(names.index(current) + 1) % len(names)] if current in names else names[0]
