"""The inbox as a list drawn line by line over windows of a query: a hundred thousand items open as fast as ten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from hitl_tui.errors import HitlError
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter, Sort
from hitl_tui.inbox.views import Item
from hitl_tui.tui.control_filter import NoForeignText
from hitl_tui.tui.widgets.item_strips import STYLES, ItemStrips
from hitl_tui.tui.widgets.item_windows import ItemWindows
from hitl_tui.tui.widgets.list_query import ListQuery
from hitl_tui.tui.widgets.marked_list import MarkedList

_ATTEMPTS = 4
_TICK_SECONDS = 15.0


class InboxList(NoForeignText, MarkedList, can_focus=True):
    """Lists the items of one filter and order. What is selected is an item, by its key, never a row number.

    `now` is the clock, in UTC. `reload` is called by whoever hears of changes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "move", key_display="j/k", id="list.down", tooltip="Next item"),
        Binding("k,up", "move(-1)", "Previous item", show=False, id="list.up", tooltip="Previous item"),
        Binding("g,home", "first", "First item", show=False, id="list.first", tooltip="First item"),
        Binding("G,end", "last", "Last item", show=False, id="list.last", tooltip="Last item"),
        Binding("ctrl+d", "page(0.5)", "Half a page down", show=False, id="list.half_down", tooltip="Half a page down"),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False, id="list.half_up", tooltip="Half a page up"),
        Binding("pagedown", "page(1.0)", "Page down", show=False, id="list.page_down", tooltip="A page down"),
        Binding("pageup", "page(-1.0)", "Page up", show=False, id="list.page_up", tooltip="A page up"),
        Binding(
            "enter", "open", "open", key_display="enter", id="list.open", tooltip="Open the item to read and answer it"
        ),
        Binding("a", "decide('approve')", "approve", id="list.approve", tooltip="Approve the selected request"),
        Binding("r", "decide('reject')", "reject", id="list.reject", tooltip="Reject it, with a reason"),
        Binding("1", "decide('1')", "choose", key_display="1-9", id="list.choose_1", tooltip="Choose an option"),
        *(
            Binding(str(digit), f"decide('{digit}')", f"Option {digit}", show=False, id=f"list.choose_{digit}")
            for digit in range(2, 10)
        ),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"inbox-list--{name}" for name in STYLES}

    @dataclass
    class Highlighted(Message):
        """Another item is under the cursor, or none; `by_itself` when the reviewer did not move there."""

        item: Item | None
        by_itself: bool

    @dataclass
    class Opened(Message):
        """The reviewer wants to read this item."""

        item: Item

    @dataclass
    class DecisionKey(Message):
        """A decision key was pressed on this item; `action` is `approve`, `reject` or a digit."""

        item: Item
        action: str

    @dataclass
    class Loaded(Message):
        """The list is as the database had it a moment ago: which items, in which order, and how many they are."""

        which: Filter
        sort: Sort
        total: int

    def __init__(self, inbox: Inbox, *, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._inbox = inbox
        self._clock = now
        self._now = now()
        self._query = ListQuery(inbox, Filter(shelf="waiting"), "due")
        self._windows = ItemWindows()
        self._generation = 0
        self._reading = asyncio.Lock()
        self._loading: set[int] = set()
        self._row = 0
        self._narrowed = False
        self._key: str | None = None
        self.moved_by_itself = False
        """Whether the item under the cursor came there without the reviewer, who reads on what they had opened."""
        self._strips = ItemStrips(self)

    @property
    def which(self) -> Filter:
        """The filter of the list."""
        return self._query.which

    @property
    def sort(self) -> Sort:
        """The order of the list."""
        return self._query.sort

    @property
    def total(self) -> int:
        """How many items the list has, loaded or not."""
        return self._windows.total

    @property
    def loaded(self) -> list[Item]:
        """The items that are loaded."""
        return self._windows.loaded

    @property
    def row(self) -> int:
        """The row number of the cursor, from 0."""
        return self._row

    @property
    def selected(self) -> Item | None:
        """The item under the cursor; None while the list is empty or that row is not loaded."""
        item = self._windows.item(self._row)
        return item if item is not None and item.key == self._key else None

    async def _first(self, most: int) -> tuple[list[Item], int]:
        return await self._query.first(most)

    async def _between(self, start: str, end: str, most: int) -> tuple[list[Item], int]:
        return await self._query.between(start, end, most)

    async def _listed(self, keys: Iterable[str]) -> set[str]:
        return await self._query.listed(keys)

    def on_mount(self) -> None:
        self.set_interval(_TICK_SECONDS, self._tick)

    def begin_with(self, which: Filter, sort: Sort) -> None:
        """What to list first; called before anything is read."""
        self._query = ListQuery(self._inbox, which, sort)

    async def show(self, which: Filter, sort: Sort) -> None:
        """List something else, from its beginning."""
        if which != self.which:
            self.unmark(self.marks.items)
        self._query = ListQuery(self._inbox, which, sort)
        self._row, self._key = 0, None
        self._strips.forget_rows()
        self.scroll_to(y=0, animate=False)
        await self.reload()

    async def narrow(self, which: Filter) -> None:
        """List more or fewer of these items: the selection stays with its item, else goes to the first one."""
        self._query, self._narrowed = ListQuery(self._inbox, which, self.sort), True
        # Also where the rows stay the same, other words are marked in them.
        self._strips.forget_rows()
        self.refresh()
        try:
            await self.reload()
        finally:
            self._narrowed = False

    async def select(self, key: str) -> bool:
        """Put the cursor on an item; False if it is not listed."""
        before, self._key = self._key, key
        await self.reload()
        if self._key == key:
            if before != key:
                self.post_message(self.Highlighted(self.selected, by_itself=False))
            return True
        if before is not None and self._windows.row_of(before) is not None:
            self._key = before
            await self.reload()
        return False

    async def reload(self) -> None:
        """Read the list again around the selected item; the cursor and what is seen stay with that item.

        Raises `HitlError` when the database cannot be read.
        """
        # One after the other, so that what was read last is what is shown.
        async with self._reading:
            for attempt in range(_ATTEMPTS):
                query, key = self._query, self._key
                place = await query.rank(key) if key is not None else None
                row_then = place if place is not None else 0 if self._narrowed else self._row
                windows, total = await query.around(row_then, self._top_for(row_then), max(self.size.height, 1))
                if query is not self._query:
                    # Whoever changed it reads again.
                    return
                fresh = ItemWindows()
                fresh.replace(total, windows)
                row = fresh.row_of(self._key) if self._key is not None else None
                left = row is None and self._key == key and (place is None or attempt > 0)
                # The database may have changed between two reads, and the reviewer may have moved.
                if (fresh.is_whole and (row is not None or left)) or attempt == _ATTEMPTS - 1:
                    self._take(total, windows, row)
                    break
            await self.forget_gone()

    def _top_for(self, row: int) -> int:
        """The row that will be seen first when the selected item, now in `row`, stays where it is on the screen."""
        top = self.scroll_offset.y
        return top if top == 0 else max(top + row - self._row, 0)

    def _take(self, total: int, windows: dict[int, list[Item]], row: int | None) -> None:
        """Show what was read; `row` is where the selected item now is, None when it has left the list."""
        before = self._seen()
        top = self.scroll_offset.y
        followed = row is not None
        target = row if row is not None else 0 if self._narrowed else max(min(self._row, total - 1), 0)
        shift = target - self._row if followed and top > 0 else 0
        self._now = self._clock()
        self._generation += 1
        self._windows.replace(total, windows)
        self._row = target
        if total != self.virtual_size.height or self.size.width != self.virtual_size.width:
            self.virtual_size = Size(self.size.width, total)
        if shift:
            self.scroll_to(y=top + shift, animate=False)
        self._scroll_to_row(target)
        self._adopt(by_itself=True)
        if self._seen() != before:
            self.refresh()
        self._load_what_is_seen()
        self.refresh_bindings()
        self.post_message(self.Loaded(self.which, self.sort, total))

    def _adopt(self, *, by_itself: bool) -> None:
        """The item under the cursor is the selected one; tell it if it is another one than before."""
        item = self._windows.item(self._row)
        key = item.key if item is not None else None
        if key is None and self._windows.total:
            # Not loaded yet: who was selected before is not any more.
            self._key = None
            return
        if key != self._key or item is None:
            self._key, self.moved_by_itself = key, by_itself
            if by_itself:
                self.post_message(self.Highlighted(item, by_itself))
            else:
                # The cursor is painted first.
                self.call_after_refresh(self.post_message, self.Highlighted(item, by_itself))

    def _seen(self) -> tuple[int, int, list[Item | None]]:
        top = self.scroll_offset.y
        return self._row, top, self._windows.items(top, top + max(self.size.height, 1))

    def _load_what_is_seen(self) -> None:
        """Read the windows that are on the screen or a page away from it and not loaded."""
        height = max(self.size.height, 1)
        top = self.scroll_offset.y
        for index in self._windows.missing(max(top - height, 0), top + 2 * height):
            if index not in self._loading:
                self._loading.add(index)
                self.run_worker(self._load(index), group="windows", exit_on_error=False)

    async def _load(self, index: int) -> None:
        generation = self._generation
        try:
            page = await self._query.window(index)
        except HitlError:
            # The reload that follows every change says what is wrong.
            return
        finally:
            self._loading.discard(index)
        if generation != self._generation:
            self._load_what_is_seen()
            return
        self._windows.put(index, list(page.items))
        if self._key is None:
            self._adopt(by_itself=True)
        self.refresh()
        self.refresh_bindings()

    def move_to(self, row: int) -> None:
        """Put the cursor on a row."""
        row = max(min(row, self._windows.total - 1), 0)
        if not self._windows.total or row == self._row:
            return
        old, self._row = self._row, row
        # Only these two lines are drawn again, unless the list scrolls.
        self.refresh_line(old)
        self.refresh_line(row)
        self._scroll_to_row(row)
        self._adopt(by_itself=False)
        self._load_what_is_seen()

    def _scroll_to_row(self, row: int) -> None:
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if row < top:
            self.scroll_to(y=row, animate=False)
        elif row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        top, height = round(new_value), max(self.size.height, 1)
        if self.is_mounted and not top <= self._row < top + height:
            # The wheel takes the cursor along: keys never act on an item that is out of sight.
            self.move_to(min(max(self._row, top), top + height - 1))
        self._load_what_is_seen()

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, self._windows.total)
        self.call_after_refresh(self._scroll_to_row, self._row)
        self._load_what_is_seen()

    def action_move(self, rows: int) -> None:
        self.move_to(self._row + rows)

    def action_first(self) -> None:
        self.move_to(0)

    def action_last(self) -> None:
        self.move_to(self._windows.total - 1)

    def action_page(self, pages: float) -> None:
        self.move_to(self._row + int(max(self.size.height - 1, 1) * pages))

    def action_open(self) -> None:
        if self.selected is not None:
            self.post_message(self.Opened(self.selected))

    def action_decide(self, action: str) -> None:
        if self.selected is not None:
            self.post_message(self.DecisionKey(self.selected, action))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys are offered where they mean something: none where nothing is listed."""
        if not self.total:
            return False
        if action == "decide":
            if self.marks and parameters[0] in ("approve", "reject"):
                return True
            wanted = "approval" if parameters[0] in ("approve", "reject") else "choice"
            return self.selected is not None and self.selected.type == wanted
        return True

    def on_click(self, event: events.Click) -> None:
        row = event.y + self.scroll_offset.y
        if row >= self._windows.total:
            return
        again = row == self._row
        self.move_to(row)
        if again or event.chain > 1:
            self.action_open()

    def _tick(self) -> None:
        self._now = self._clock()
        self._strips.forget_rows()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.forget_styles()

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        width = self.size.width
        if row >= self._windows.total:
            return Strip.blank(width, self.rich_style)
        cursor = row == self._row
        item = self._windows.item(row)
        if item is None:
            return self._strips.placeholder(width, cursor=cursor)
        return self._strips.item(
            item, width, self._now, cursor=cursor, marked=item.key in self.marks, text=self.which.text
        )
