"""The style sheets: that of the frame, and those of what is shown in it."""

from __future__ import annotations

from pathlib import Path, PurePath

INBOX_STYLES = ("dialogs", "detail", "answers")


def style_files(*names: str) -> list[str | PurePath]:
    """The files of these style sheets."""
    return [Path(__file__).parent / f"{name}.tcss" for name in names]
