"""The screen as a text file that can be reviewed: one file a state, with the rows at three sizes.

The colours stand under the rows of the smallest size, as one letter a cell with its meaning below.

`HITL_REWRITE_SNAPSHOTS=1 python -m pytest -n 0 tests/tui/test_snapshots*.py`
writes the files anew; look at each difference in `git diff` before it is committed.
"""

from __future__ import annotations

import asyncio
import difflib
import os
import string
import time
from pathlib import Path

from rich.style import Style
from textual.pilot import Pilot

from tests.waiting import DEADLINE_SECONDS

SIZES = ((80, 24), (120, 40), (160, 45))
REWRITE = "HITL_REWRITE_SNAPSHOTS"
_FOLDER = Path(__file__).parent / "snapshots"
_STILL_SECONDS = 1.0
_LETTERS = string.ascii_letters + string.digits


async def check(pilot: Pilot[None], name: str) -> None:
    """Fail unless the screen comes to look as in the file of that name, at its size; or write that part anew."""
    path, title = _FOLDER / f"{name}.txt", f"{pilot.app.size.width}x{pilot.app.size.height}"
    sections = _sections(path.read_text(encoding="utf-8")) if path.exists() else {}
    if os.environ.get(REWRITE):
        sections[title] = await _once_still(pilot)
        ordered = sorted(sections.items(), key=lambda section: len(section[0]) * 1000 + int(section[0].split("x")[0]))
        path.write_text("".join(f"=== {size}\n{look}\n" for size, look in ordered), encoding="utf-8")
        return
    wanted = sections.get(title, "")
    now = await _once_equal(pilot, wanted)
    difference = "\n".join(difflib.unified_diff(wanted.split("\n"), now.split("\n"), name, "now", "", "", 2, ""))
    assert now == wanted, f"{difference}\n\nIf that is right: {REWRITE}=1 (see tests/tui/snapshot.py)"


def _sections(text: str) -> dict[str, str]:
    parts = [part.partition("\n") for part in ("\n" + text.removesuffix("\n")).split("\n=== ")[1:]]
    return {title: rest for title, _, rest in parts}


async def _once_equal(pilot: Pilot[None], wanted: str) -> str:
    end, pause = time.monotonic() + DEADLINE_SECONDS, 0.01
    while (now := _look(pilot)) != wanted and time.monotonic() < end:
        # Looking costs more than most of what is waited for.
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.2)
    return now


async def _once_still(pilot: Pilot[None]) -> str:
    now, since = _look(pilot), time.monotonic()
    # Between two layouts nothing is painted at all.
    while time.monotonic() - since < _STILL_SECONDS or not now.strip():
        await asyncio.sleep(0.02)
        if now != (later := _look(pilot)):
            now, since = later, time.monotonic()
    return now


def _look(pilot: Pilot[None]) -> str:
    """The rows without the blanks at their ends; at the smallest size, the letters of the styles and their meaning."""
    coloured = pilot.app.size == SIZES[0]
    rows: list[str] = []
    letters: list[str] = []
    names: dict[str, str] = {}
    if len(pilot.app.screen_stack) > 1:
        # What a dialog drew of the screen behind it depends on the moment: drawn anew, it is left out.
        pilot.app.screen.refresh()
    for strip in pilot.app.screen._compositor.render_strips():
        rows.append("".join(segment.text for segment in strip).rstrip())
        if coloured:
            cells = ""
            for segment in strip.simplify():
                name = _name(segment.style or Style())
                letter = names.setdefault(name, _LETTERS[len(names)])
                cells += letter * segment.cell_length
            letters.append(cells.rstrip(cells[-1]) + cells[-1] if cells else "")
    if coloured:
        rows += ["---", *letters, *(f"{letter} {name}" for name, letter in names.items())]
    return "\n".join(rows)


def _name(style: Style) -> str:
    flags = [flag for flag in ("bold", "dim", "italic", "underline", "reverse") if getattr(style, flag)]
    colours = [colour.name if colour else "-" for colour in (style.color, style.bgcolor)]
    return " ".join([" on ".join(colours), *flags])
