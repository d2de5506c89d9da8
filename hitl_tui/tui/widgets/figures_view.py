"""Lines of figures that change often, a few at a time: only rows that differ are painted again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size

from hitl_tui.tui.widgets.lines import Line, LinesView


class FiguresView(LinesView, inherit_bindings=False):
    """As `LinesView`; over a slow line a figure costs its row, not the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "scroll", key_display="j/k", id="dashboard.down", tooltip="Scroll down"),
        Binding("k,up", "scroll_up", "up", show=False, id="dashboard.up", tooltip="Scroll up"),
        Binding("ctrl+d,pagedown", "page_down", "page", show=False, id="dashboard.page_down", tooltip="A page down"),
        Binding("ctrl+u,pageup", "page_up", "page", show=False, id="dashboard.page_up", tooltip="A page up"),
        Binding("g,home", "scroll_home", "first", show=False, id="dashboard.first", tooltip="To the top"),
        Binding("G,end", "scroll_end", "last", show=False, id="dashboard.last", tooltip="To the bottom"),
    ]

    def show_lines(self, lines: Sequence[Line]) -> None:
        before, width = self._lines, self._wrapped_to
        if len(lines) != len(before) or width != self.scrollable_content_region.width or not width:
            super().show_lines(lines)
            return
        places = self._first_rows
        self._lines = lines
        self._wrap_to(width)
        if self._first_rows != places or self.virtual_size != Size(width, len(self._rows)):
            self._lay_out()
            return
        rows = [*places, len(self._rows)]
        changed = [
            Region(0, rows[index] - self.scroll_offset.y, self.size.width, rows[index + 1] - rows[index])
            for index, (old, new) in enumerate(zip(before, lines, strict=True))
            if old != new
        ]
        if changed:
            self.refresh(*changed)
