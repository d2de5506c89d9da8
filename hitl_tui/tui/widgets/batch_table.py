"""The items of a batch, one a row, with the decision on each before it: drawn by rows, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from hitl_tui.tui.batch_columns import Table, draw, table_of
from hitl_tui.tui.widgets.lines import Line, LinesView

_SIGNS = {"approve": ("✓", "accent"), "reject": ("✗", "error")}


class BatchTable(LinesView):
    """Rows with a cursor; knows nothing of what a decision means."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Previous item", show=False, id="batch.previous"),
        Binding("down,j", "move(1)", "Next item", show=False, id="batch.next"),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False, id="batch.page_up"),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False, id="batch.page_down"),
        Binding("home,g", "go(0)", "First item", show=False, id="batch.first"),
        Binding("end,G", "last", "Last item", show=False, id="batch.last"),
        Binding("space", "except", "Except", show=False, id="batch.except", tooltip="Leave the item out, or not"),
        Binding("enter", "open", "Open", show=False, id="batch.open", tooltip="Open the item, to decide one by one"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--odd"}

    @dataclass
    class Excepted(Message):
        """Space was pressed on the row under the cursor."""

        number: int

    @dataclass
    class Opened(Message):
        """Enter was pressed on it."""

        number: int

    @dataclass
    class Arranged(Message):
        """The table has this heading at its new width."""

        heading: str

    def __init__(self) -> None:
        super().__init__(classes="batch--table")
        self._table = table_of([{}])
        self._decisions: dict[int, str] = {}
        self._cursor = 0
        self._drawn_to = 0

    @property
    def cursor(self) -> int:
        """The row under the cursor, from 0."""
        return self._cursor

    @property
    def table(self) -> Table:
        """What is shown."""
        return self._table

    def show_items(self, items: Sequence[Any], cursor: int = 0) -> None:
        """Show other items."""
        self._table = table_of(items)
        self._decisions = {}
        self._drawn_to = 0
        self._cursor = min(cursor, len(items) - 1)
        self._arrange()
        self.move_to(self._cursor)

    def show_decisions(self, decisions: dict[int, str]) -> None:
        """Show what is decided so far, by row."""
        self._decisions = dict(decisions)
        self.redraw()

    def move_to(self, row: int) -> None:
        """Put the cursor on a row."""
        self._cursor = min(max(row, 0), max(len(self._table.rows) - 1, 0))
        self.redraw()
        self.scroll_to_line(self._cursor)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()
        super().on_resize(event)
        self.scroll_to_line(self._cursor)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._table.rows)

    def lead_of(self, index: int) -> tuple[str, str]:
        sign, style = _SIGNS.get(self._decisions.get(index, ""), ("·", "label"))
        return f"{sign} {index + 1:>{self._digits}}", style

    def is_cursor(self, index: int) -> bool:
        return index == self._cursor

    def action_move(self, by: int) -> None:
        self.move_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        self.move_to(self._cursor + by * max(self.size.height - 1, 1))

    def action_go(self, row: int) -> None:
        self.move_to(row)

    def action_last(self) -> None:
        self.move_to(len(self._table.rows) - 1)

    def action_except(self) -> None:
        self.post_message(self.Excepted(self._cursor))

    def action_open(self) -> None:
        self.post_message(self.Opened(self._cursor))

    def on_click(self, event: events.Click) -> None:
        if (row := self.line_at(event.y)) is not None:
            self.move_to(row)

    @property
    def _digits(self) -> int:
        return len(str(len(self._table.rows)))

    def _arrange(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0 or width == self._drawn_to:
            return
        self._drawn_to = width
        indent = self._digits + 4
        drawn = draw(self._table, max(width - indent, 8))
        self.show_lines(
            [
                Line(text, indent=indent, marks=tuple((start, end, "odd") for start, end in marks))
                for text, marks in drawn.rows
            ]
        )
        self.post_message(self.Arranged(" " * indent + drawn.heading))
