"""The least that Textual does: a list of a hundred rows, drawn line by line, with a cursor moved by j and k."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

ROWS = 100


class BareList(ScrollView, can_focus=True):
    """Repaints the two rows between which the cursor moves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move(1)"),
        Binding("k", "move(-1)"),
        Binding("q", "app.quit"),
    ]

    def on_mount(self) -> None:
        self.cursor = 0
        self.virtual_size = Size(self.app.size.width, ROWS)

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        text = f"{'>' if row == self.cursor else ' '} Release billing number {row}" if row < ROWS else ""
        return Strip([Segment(text.ljust(self.size.width))])

    def action_move(self, by: int) -> None:
        before, self.cursor = self.cursor, min(max(self.cursor + by, 0), ROWS - 1)
        for row in (before, self.cursor):
            self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False)


class BareApp(App[None]):
    """Nothing but the list."""

    def compose(self) -> ComposeResult:
        yield BareList()


if __name__ == "__main__":
    BareApp().run()
