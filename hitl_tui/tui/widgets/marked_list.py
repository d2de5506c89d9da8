"""Marks in a list: some items are chosen for one action, one by one, from here to there, or all."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.scroll_view import ScrollView

from hitl_tui.errors import HitlError
from hitl_tui.inbox.views import Item
from hitl_tui.tui.marks import Marks, names_of

MOST_MARKED = 1000
"""Items that one key marks: more than that nobody decides at once."""


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

    @dataclass
    class MarksTold(Message):
        """What became of the marks beyond what the reviewer sees, in words."""

        words: str

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
    async def _first(self, most: int) -> tuple[Sequence[Item], int]:
        """The first items of the list, loaded or not, so many at the most; and how many it has."""

    @abstractmethod
    async def _between(self, start: str, end: str, most: int) -> tuple[Sequence[Item], int]:
        """The same from one item to another, in this order; and how many these are."""

    @abstractmethod
    async def _listed(self, keys: Iterable[str]) -> set[str]:
        """Which of these are in the list, found by the search or not."""

    def mark(self, items: Sequence[Item]) -> None:
        """Mark these."""
        self.marks.add(items)
        self._marks_changed()

    def unmark(self, items: Sequence[Item]) -> None:
        """Take the marks of these away: something is done to them."""
        self.marks.drop(items)
        self._marks_changed()

    async def forget_gone(self) -> None:
        """Take the marks off what has left the list: a key is not to act on what nobody sees any more.

        Raises `HitlError` when the database cannot be read.
        """
        marked = self.marks.items
        if not marked:
            return
        listed = await self._listed(item.key for item in marked)
        # What was done with meanwhile lost its mark then.
        gone = [item for item in marked if item.key not in listed and item.key in self.marks]
        if gone:
            self.unmark(gone)
            self.post_message(self.MarksTold(f"no longer listed, nor marked: {names_of(gone)}"))

    def action_mark(self) -> None:
        if self.selected is not None:
            self.marks.toggle(self.selected)
            self._marks_changed()
            self.move_to(self.row + 1)

    async def action_mark_range(self) -> None:
        """Mark every row between the last mark and the cursor. The next key waits, as after `*`."""
        if self.selected is not None:
            here = self.selected.key
            await self._mark(self._between(self.marks.last or here, here, MOST_MARKED))

    async def action_mark_all(self) -> None:
        """Mark all, or none. The next key waits: it would decide one item where all were meant."""
        if self.marks:
            self.unmark(self.marks.items)
        else:
            await self._mark(self._first(MOST_MARKED))

    async def _mark(self, reading: Awaitable[tuple[Sequence[Item], int]]) -> None:
        try:
            items, wanted = await reading
        except HitlError:
            # The reload that follows every change says what is wrong.
            return
        self.mark(items)
        if wanted > MOST_MARKED:
            self.post_message(self.MarksTold(f"{len(items)} of {wanted} marked"))

    def _marks_changed(self) -> None:
        self.post_message(self.Marked(len(self.marks)))
        self.refresh()
        self.refresh_bindings()
