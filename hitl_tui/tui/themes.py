"""The two colour themes: one accent on a calm ground, dark and light."""

from __future__ import annotations

from textual.theme import Theme

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
FEW_COLOURS = ("ansi-dark", "ansi-light")
"""Textual's own themes in the terminal's 16 colours, dark and light."""


def theme_name(*, few_colours: bool, dark: bool) -> str:
    """The theme for this terminal."""
    if few_colours:
        return FEW_COLOURS[0 if dark else 1]
    return (DARK if dark else LIGHT).name
