"""The last guard before the terminal: no text of any widget is obeyed, hidden, or wider than it was measured."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

from hitl_tui.safe_text import OF_EMOJI, is_hidden
from hitl_tui.tui.agreed_widths import agreed


class ControlFilter(LineFilter):
    """Replaces what `safe_text` calls hidden by one sign each, and emoji by `agreed` ones; the line keeps its width.

    Widgets clean their texts themselves; the signs are for the one that forgot. Textual has it look at every line of
    each widget that it goes through for a repaint, also at those that are not painted.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments of one line, safe to send to a terminal."""
        if all((text.isascii() and text.isprintable()) or control for text, _, control in segments):
            return segments
        texts = ["" if control else text for text, _, control in segments]
        cleaned = agreed([_clean(text) for text in texts])
        if cleaned == texts:
            return segments
        line = [
            segment if segment.control else Segment(text, segment.style)
            for segment, text in zip(segments, cleaned, strict=True)
            if segment.control or text
        ]
        return Segment.adjust_line_length(line, cell_len("".join(texts)))


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
    # Left to `agreed`: they may belong to the emoji before them.
    if character in OF_EMOJI:
        return character
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"
