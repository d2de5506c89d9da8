"""The last guard before the terminal: no control or hidden character of any widget's text gets through."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

from hitl_tui.safe_text import is_hidden


class ControlFilter(LineFilter):
    """Replaces what `safe_text` calls hidden by one sign each; the line keeps its width.

    Widgets clean their texts themselves; this is for the one that forgot. Textual has it look at every line of each
    widget that it goes through for a repaint, also at those that are not painted.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments of one line, safe to send to a terminal."""
        if all((text.isascii() and text.isprintable()) or control for text, _, control in segments):
            return segments
        cleaned = [segment if segment.control else Segment(_clean(segment.text), segment.style) for segment in segments]
        if cleaned == segments:
            return segments
        width = sum(cell_len(segment.text) for segment in segments if not segment.control)
        return Segment.adjust_line_length(cleaned, width)


class NoForeignText:
    """For widgets that draw none themselves, or guard what they draw: their lines are not looked at again.

    Not a widget itself: Textual would take the styles of its first base class alone.
    """

    app: App[object]

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [each for each in self.app.get_line_filters() if not isinstance(each, ControlFilter)]


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_sign(character) if is_hidden(character) else character for character in text)


def _sign(character: str) -> str:
    # A variation selector may belong to the emoji before it; alone it is harmless.
    if character in "\ufe0e\ufe0f":
        return character
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"
