"""What the inbox list shows and in which order, read window by window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter, Sort
from hitl_tui.inbox.views import Item, Page
from hitl_tui.tui.widgets.item_windows import WINDOW, window_numbers


@dataclass(frozen=True, slots=True)
class ListQuery:
    """One filter in one order. All reads raise `HitlError` when the database cannot be read."""

    inbox: Inbox
    which: Filter
    sort: Sort

    async def rank(self, key: str) -> int | None:
        """The row of an item, from 0; None if it is not listed."""
        return await self.inbox.rank(self.which, self.sort, key)

    async def window(self, index: int) -> Page:
        """The rows of one window, and how many rows there are in all."""
        return await self._rows(index * WINDOW, WINDOW)

    async def first(self, most: int) -> tuple[list[Item], int]:
        """The first rows, so many at the most, and how many there are in all."""
        page = await self._rows(0, most)
        return page.items, page.total

    async def listed(self, keys: Iterable[str]) -> set[str]:
        """Which of these keys are listed, whatever is searched for."""
        named = tuple(keys)
        page = await self.inbox.list(replace(self.which, text="", keys=named), limit=len(named))
        return {item.key for item in page.items}

    async def between(self, start: str, end: str, most: int) -> tuple[list[Item], int]:
        """The rows from the item `start` to the item `end`, in this order, so many at the most; and how many these are.

        Only `end` when `start` is not listed, and none when `end` is not.
        """
        there, here = await self.rank(start), await self.rank(end)
        if here is None:
            return [], 0
        if there is None:
            there = here
        count = abs(here - there) + 1
        page = await self._rows(max(min(there, here), there + 1 - most), min(count, most))
        return (page.items if there <= here else page.items[::-1]), count

    async def around(self, row: int, top: int, height: int) -> tuple[dict[int, list[Item]], int]:
        """The windows that hold `row` and the `height` rows from `top` on, and how many rows there are in all.

        When the list has become shorter than `row`, its last window as well.
        """
        windows: dict[int, list[Item]] = {}
        total = 0
        for index in sorted({*window_numbers(top, top + height), *window_numbers(row, row + 1)}):
            page = await self.window(index)
            windows[index], total = list(page.items), page.total
        if total and row >= total:
            index = (total - 1) // WINDOW
            page = await self.window(index)
            windows[index], total = list(page.items), page.total
        return windows, total

    async def _rows(self, first: int, count: int) -> Page:
        return await self.inbox.list(self.which, sort=self.sort, limit=count, offset=first)
