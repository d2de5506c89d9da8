"""Many lines of safe text in one scroll area, drawn row by row: only what is on the screen costs anything."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from hitl_tui.safe_text import visible
from hitl_tui.tui.own_keys import key_of
from hitl_tui.tui.wrapping import wrap


@dataclass(frozen=True, slots=True)
class Line:
    """One line before wrapping; all texts must already be safe (`safe_text.visible`) and free of line ends and tabs.

    `lead` is drawn before the first row (`is_quoted`: every row); the text hangs `indent` cells in. Styles are
    names of component classes without the `lines--`; `marks` are (start, end, style) of parts of the text. `is_cut`:
    something is left out here, and the view names the key that shows it.
    """

    text: str = ""
    style: str = ""
    lead: str = ""
    lead_style: str = "label"
    indent: int = 0
    is_quoted: bool = False
    marks: tuple[tuple[int, int, str], ...] = ()
    is_cut: bool = False


class LinesView(ScrollView, can_focus=True):
    """Shows `Line`s wrapped to its width; scrolls by rows, text can be selected with the mouse."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Scroll down", show=False, id="detail.scroll_down"),
        Binding("k", "scroll_up", "Scroll up", show=False, id="detail.scroll_up"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--label",
        "lines--muted",
        "lines--strong",
        "lines--accent",
        "lines--error",
        "lines--added",
        "lines--removed",
        "lines--added-word",
        "lines--removed-word",
        "lines--cursor",
    }

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._lines: Sequence[Line] = ()
        self._rows: list[tuple[int, int, int]] = []
        self._first_rows: list[int] = []
        self._wrapped_to = 0
        self._strips: LRUCache[tuple[int, bool], Strip] = LRUCache(512)

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown, before wrapping."""
        return self._lines

    @property
    def plain_text(self) -> str:
        """All of the text, leads included, one line a row of the source: for tests and the clipboard."""
        return "\n".join(
            f"{self.lead_of(index)[0]:<{line.indent}}{line.text}".rstrip() for index, line in enumerate(self._lines)
        )

    @property
    def allow_select(self) -> bool:
        return True

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Replace what is shown; the scroll offset stays where it is if there is still something there."""
        if any(line.is_cut for line in lines):
            lines = [
                replace(line, text=self._with_key(line.text), is_cut=False) if line.is_cut else line for line in lines
            ]
        if lines == self._lines:
            return
        self._lines = lines
        self._lay_out()

    def _with_key(self, text: str) -> str:
        return f"{text} — {key_of(self.app, 'detail.whole', 'v')} shows all"

    def line_at(self, y: int) -> int | None:
        """The index of the line that is drawn at row `y` of the widget, if any."""
        row = y + self.scroll_offset.y
        return bisect_right(self._first_rows, row) - 1 if 0 <= row < len(self._rows) else None

    def scroll_to_line(self, index: int) -> None:
        """Scroll as little as needed to have all rows of a line on the screen."""
        if not 0 <= index < len(self._first_rows):
            return
        top = self._first_rows[index]
        bottom = self._first_rows[index + 1] if index + 1 < len(self._first_rows) else len(self._rows)
        height = self.scrollable_content_region.height
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif bottom > self.scroll_offset.y + height:
            self.scroll_to(y=min(bottom - height, top), animate=False)

    def is_cursor(self, index: int) -> bool:
        """Whether a line is drawn as the cursor line."""
        return False

    def lead_of(self, index: int) -> tuple[str, str]:
        """What is drawn before a line, and its style."""
        line = self._lines[index]
        return line.lead, line.lead_style

    def redraw(self) -> None:
        """Draw again: what `is_cursor` or `lead_of` say has changed."""
        self._strips.clear()
        self.refresh()

    def on_resize(self, event: Resize) -> None:
        self._lay_out_anew()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Rows needed at this width, so that `height: auto` works before the first layout too."""
        if width == self._wrapped_to:
            return len(self._rows)
        return sum(len(wrap(line.text, width - self._indent(line, width))) for line in self._lines)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def selection_updated(self, selection: Selection | None) -> None:
        self._strips.clear()
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract("\n".join(self._row_text(row) for row in range(len(self._rows)))), "\n"

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        width = self.size.width
        base = self.rich_style
        if self._wrapped_to != self.scrollable_content_region.width:
            # A widget that was filled while it was hidden is not always told of its size.
            self.call_later(self._lay_out_anew)
        if row >= len(self._rows):
            return Strip.blank(width, base)
        selection = self.text_selection
        key = (row, selection is not None)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._draw(row, base, selection)
            self._strips[key] = strip
        return strip.crop_extend(0, width, base).apply_offsets(0, row)

    def _lay_out_anew(self) -> None:
        if self.scrollable_content_region.width != self._wrapped_to:
            self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            # Not on the screen yet: `on_resize` comes back here.
            self._rows, self._first_rows, self._wrapped_to = [], [], 0
            return
        self._wrap_to(width)
        size = Size(width, len(self._rows))
        if size != self.virtual_size:
            self.virtual_size = size
            if self.styles.height is not None and self.styles.height.is_auto:
                self.refresh(layout=True)
        self.refresh()

    def _wrap_to(self, width: int) -> None:
        self._wrapped_to = width
        rows: list[tuple[int, int, int]] = []
        first_rows: list[int] = []
        for index, line in enumerate(self._lines):
            first_rows.append(len(rows))
            rows.extend((index, start, end) for start, end in wrap(line.text, width - self._indent(line, width)))
        self._rows, self._first_rows = rows, first_rows
        self._strips.clear()

    def _indent(self, line: Line, width: int | None = None) -> int:
        return min(line.indent, max((self._wrapped_to if width is None else width) // 2, 1))

    def _row_text(self, row: int) -> str:
        index, start, end = self._rows[row]
        line = self._lines[index]
        indent = self._indent(line)
        lead = self.lead_of(index)[0] if start == 0 or line.is_quoted else ""
        return f"{lead:<{indent}}"[:indent] + line.text[start:end].rstrip()

    def _draw(self, row: int, base: Style, selection: Selection | None) -> Strip:
        index, start, end = self._rows[row]
        line = self._lines[index]
        indent = self._indent(line)
        cursor = "cursor" if self.is_cursor(index) else ""
        plain = self._style(line.style, cursor) if line.style or cursor else base
        segments: list[Segment] = []
        if indent:
            lead, lead_style = self.lead_of(index) if start == 0 or line.is_quoted else ("", line.lead_style)
            segments.extend(Strip([Segment(lead, self._style(lead_style, cursor))]).adjust_cell_length(indent, plain))
        for text, mark in _pieces(line, start, end):
            segments.append(Segment(text, self._style(mark, cursor) if mark else plain))
        strip = Strip(segments).adjust_cell_length(max(self._wrapped_to, 1), plain)
        return strip if selection is None else self._select(strip, row, selection)

    def _select(self, strip: Strip, row: int, selection: Selection) -> Strip:
        span = selection.get_span(row)
        if span is None:
            return strip
        start, end = span[0], strip.cell_length if span[1] == -1 else span[1]
        before, chosen, after = strip.crop(0, start), strip.crop(start, end), strip.crop(end)
        style = self.screen.get_component_rich_style("screen--selection")
        return Strip.join([before, chosen.apply_style(style), after])

    def _style(self, *names: str) -> Style:
        return self.get_component_rich_style(*(f"lines--{name}" for name in names if name))


def safe_lines(text: str) -> list[str]:
    """Foreign text as the texts of `Line`s: made visible, tabs expanded, cut at line ends."""
    return visible(text, newlines=True).expandtabs(4).split("\n")


def _pieces(line: Line, start: int, end: int) -> Iterator[tuple[str, str]]:
    """The row's text cut at its marks, as (text, name of the mark's style or empty)."""
    position = start
    for mark_start, mark_end, name in line.marks:
        first, last = max(mark_start, position), min(mark_end, end)
        if first >= last:
            continue
        yield line.text[position:first], ""
        yield line.text[first:last], name
        position = last
    yield line.text[position:end], ""
