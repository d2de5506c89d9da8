"""The workflow as a picture that scrolls both ways, with what the answers would set going below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Region, Size, Spacing
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hitl_tui.model.consequence import Consequence
from hitl_tui.tui.consequence_words import way_lines
from hitl_tui.tui.graph_text import Drawing, Row
from hitl_tui.tui.wrapping import wrap


class GraphView(ScrollView, can_focus=True):
    """Shows a drawing; whoever scrolls stays there when the thread goes on."""

    DEFAULT_CSS = """
    GraphView {
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        background: transparent;

        & > .graph--now { color: $text-accent; text-style: bold reverse; }
        & > .graph--ran { text-style: bold; }
        & > .graph--next { color: $text-muted; }
        & > .graph--taken { color: $text-accent; }
        & > .graph--line { color: $text-muted; }
        & > .graph--label { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "graph--now",
        "graph--ran",
        "graph--next",
        "graph--taken",
        "graph--line",
        "graph--label",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Scroll down", show=False, id="graph.down", tooltip="Scroll down"),
        Binding("k", "scroll_up", "Scroll up", show=False, id="graph.up", tooltip="Scroll up"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._drawing: Drawing | None = None
        self._consequences: Sequence[Consequence] = ()
        self._rows: list[Row] = []

    @property
    def plain_text(self) -> str:
        """All of it, for tests and the clipboard."""
        return "\n".join("".join(text for text, _ in row).rstrip() for row in self._rows)

    def show(self, drawing: Drawing, consequences: Sequence[Consequence], *, another: bool) -> None:
        """Show a thread's drawing; with `another` thread, scroll to where it stands."""
        self._drawing, self._consequences = drawing, consequences
        self._arrange()
        if another:
            self.call_after_refresh(self._go_to_now)

    def on_resize(self, event: Resize) -> None:
        """The words below are wrapped to the width."""
        self._arrange()

    def _go_to_now(self) -> None:
        if self._drawing is None:
            return
        row, column = self._drawing.here or (0, 0)
        self.scroll_to_region(Region(column, row, 1, 1), spacing=Spacing(4, 20, 4, 20), animate=False)

    def _arrange(self) -> None:
        if self._drawing is None:
            return
        width = max(self.scrollable_content_region.width, 20)
        rows = list(self._drawing.rows)
        lines = way_lines(self._consequences, whole=True, is_ascii=self.app.console.options.ascii_only)
        if lines:
            rows += [[], [("What the answers set going", "ran")]]
        for line in lines:
            rows += [[(line.label, "taken")]] if line.label else []
            rows += [[("  " + line.words[start:end], "label")] for start, end in wrap(line.words, width - 2)]
        self._rows = rows
        widest = max(cell_len("".join(text for text, _ in row)) for row in rows)
        self.virtual_size = Size(widest, len(rows))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        scroll_x, scroll_y = self.scroll_offset
        row = scroll_y + y
        width = self.size.width
        base = self.rich_style
        if row >= len(self._rows):
            return Strip.blank(width, base)
        segments = [Segment(text, self.get_component_rich_style(f"graph--{style}")) for text, style in self._rows[row]]
        return Strip(segments).crop_extend(scroll_x, scroll_x + width, base)
