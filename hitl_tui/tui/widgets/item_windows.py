"""The loaded parts of a long list: a few windows of rows around where the reviewer looks, the rest stays unread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from hitl_tui.inbox.views import Item

WINDOW = 200
"""Rows that are read at once."""
_MOST_WINDOWS = 12


class ItemWindows:
    """Rows by number, counted from 0. `total` is how many there are, loaded or not."""

    def __init__(self) -> None:
        self.total = 0
        self._windows: OrderedDict[int, Sequence[Item]] = OrderedDict()

    @property
    def is_whole(self) -> bool:
        """Whether each loaded window has as many rows as `total` promises: all were read from one state of the list."""
        return all(
            len(window) == min(max(self.total - index * WINDOW, 0), WINDOW) for index, window in self._windows.items()
        )

    def item(self, row: int) -> Item | None:
        """The item at a row, or None while it is not loaded."""
        window = self._windows.get(row // WINDOW)
        offset = row % WINDOW
        return window[offset] if window is not None and offset < len(window) else None

    @property
    def loaded(self) -> list[Item]:
        """All items that are loaded."""
        return [item for window in self._windows.values() for item in window]

    def items(self, first: int, end: int) -> list[Item | None]:
        """The items of the rows from `first` up to `end`, which is not included."""
        return [self.item(row) for row in range(first, min(end, self.total))]

    def row_of(self, key: str) -> int | None:
        """The row of the item with this key, if it is loaded."""
        for index, window in self._windows.items():
            for offset, item in enumerate(window):
                if item.key == key:
                    return index * WINDOW + offset
        return None

    def missing(self, first: int, end: int) -> list[int]:
        """The numbers of the windows that hold these rows and are not loaded."""
        return [index for index in window_numbers(first, min(end, self.total)) if index not in self._windows]

    def put(self, index: int, items: Sequence[Item]) -> None:
        """Keep one more window; the one that was put first is dropped when there are many."""
        self._windows[index] = items
        self._windows.move_to_end(index)
        while len(self._windows) > _MOST_WINDOWS:
            self._windows.popitem(last=False)

    def replace(self, total: int, windows: Mapping[int, Sequence[Item]]) -> None:
        """Forget what was loaded, for the list as it is now."""
        self.total = total
        self._windows = OrderedDict(windows)


def window_numbers(first: int, end: int) -> range:
    """The numbers of the windows that hold the rows from `first` up to `end`, which is not included."""
    return range(max(first, 0) // WINDOW, (max(end, first, 0) + WINDOW - 1) // WINDOW) if end > first else range(0)
