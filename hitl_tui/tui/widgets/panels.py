"""Panels of figures as lines: a title, rows below it, and two of them side by side where there is room. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from rich.cells import cell_len, set_cell_size

from hitl_tui.safe_text import one_line
from hitl_tui.tui.widgets.lines import Line

GAP = 3
INSET = "  "


def title(words: str, aside: str = "") -> Line:
    """The first line of a panel; `aside` is said beside it, muted."""
    text = f"{words}  {aside}" if aside else words
    marks = ((0, len(words), "strong"), (len(words), len(text), "muted"))
    return Line(text, marks=marks)


def row(text: str, style: str = "") -> Line:
    """A line below a title; the text must be safe."""
    whole = INSET + text
    return Line(whole, marks=((0, len(whole), style),) if style else ())


def fitted(foreign: str, cells: int) -> str:
    """Foreign text in one line of exactly so many cells, with `…` where something is left out."""
    text = one_line(foreign)
    if cell_len(text) > cells:
        text = set_cell_size(text, max(cells - 1, 0)) + "…"
    return set_cell_size(text, cells)


def side_by_side(left: Sequence[Line], right: Sequence[Line], width: int) -> list[Line]:
    """Two panels, the right one from the middle of `width` cells on."""
    edge = (width - GAP) // 2 + GAP
    lines = []
    for one, other in zip_longest(left, right, fillvalue=Line()):
        text = one.text if cell_len(one.text) <= edge - GAP else set_cell_size(one.text, edge - GAP - 1) + "…"
        text = set_cell_size(text, edge)
        moved = tuple((start + len(text), end + len(text), style) for start, end, style in other.marks)
        # What is cut off at the left must not be marked at the right.
        kept = tuple((start, min(end, len(text)), style) for start, end, style in one.marks if start < len(text))
        lines.append(replace(one, text=text + other.text, marks=kept + moved))
    return lines


def stacked(*panels: Sequence[Line]) -> list[Line]:
    """Panels below each other with a blank line between; empty ones are left out."""
    lines: list[Line] = []
    for panel in panels:
        if panel:
            lines += [Line()] if lines else []
            lines += panel
    return lines
