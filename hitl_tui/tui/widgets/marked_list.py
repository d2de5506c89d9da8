"""Marks in a list: some items are chosen for one action, one by one, from here to there, or all."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.scroll_view import ScrollView

from hitl_tui.errors import HitlError
from hitl_tui.inbox.views import Item
from hitl_tui.tui.marks import Marks

MOST_MARKED = 1000
"""Items that `*` marks: more than that nobody decides at once."""


class MarkedList(ScrollView):
    """A list whose items can be marked; the list itself shows the marks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "mark", id="list.mark", tooltip="Mark the item, or take its mark away"),
        Binding("v", "mark_range", "mark to here", show=False, id="list.mark_range", tooltip="Mark from the last mark"),
        Binding("asterisk", "mark_all", "mark all", show=False, id="list.mark_all", tooltip="Mark all, or none"),
    ]

    @dataclass
    class Marked(Message):
        """Other items are marked; `count` is how many."""

        count: int

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks()
        """What is marked; changed through the list, which shows it."""

    @property
    @abstractmethod
    def selected(self) -> Item | None:
        """The item under the cursor."""

    @property
    @abstractmethod
    def row(self) -> int:
        """The row number of the cursor."""

    @abstractmethod
    def move_to(self, row: int) -> None:
        """Put the cursor on a row."""

    @abstractmethod
    def _row_of(self, key: str) -> int | None:
        """The row of an item, if it is loaded."""

    @abstractmethod
    def _items(self, first: int, end: int) -> Sequence[Item]:
        """The loaded items of these rows."""

    @abstractmethod
    async def _first(self, most: int) -> Sequence[Item]:
        """The first items of the list, loaded or not."""

    def unmark(self, items: Sequence[Item]) -> None:
        """Take the marks of these away: something was done to them."""
        self.marks.drop(items)
        self._marks_changed()

    def action_mark(self) -> None:
        if self.selected is not None:
            self.marks.toggle(self.selected)
            self._marks_changed()
            self.move_to(self.row + 1)

    def action_mark_range(self) -> None:
        """Mark every loaded row between the last mark and the cursor."""
        start = self._row_of(self.marks.last) if self.marks.last is not None else None
        first, last = sorted((self.row if start is None else start, self.row))
        self.marks.add(self._items(first, last + 1))
        self._marks_changed()

    async def action_mark_all(self) -> None:
        """Mark all, or none. The next key waits: it would decide one item where all were meant."""
        if self.marks:
            self.unmark(self.marks.items)
            return
        try:
            items = await self._first(MOST_MARKED)
        except HitlError:
            # The reload that follows every change says what is wrong.
            return
        self.marks.add(items)
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.post_message(self.Marked(len(self.marks)))
        self.refresh()
        self.refresh_bindings()
