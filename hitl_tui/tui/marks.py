"""Items marked for one action together, each as it was listed when it was marked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hitl_tui.inbox.views import Item
from hitl_tui.safe_text import visible

MOST_NAMED = 6
"""Ids that a question about many items names."""


class Marks:
    """Kept by key, in the order of marking; rows may move and leave without changing them."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    @property
    def items(self) -> list[Item]:
        """What is marked."""
        return list(self._items.values())

    @property
    def last(self) -> str | None:
        """The key that was marked last: where a range begins."""
        return next(reversed(self._items), None)

    def toggle(self, item: Item) -> bool:
        """Mark an item, or take its mark away; whether it is marked now."""
        if self._items.pop(item.key, None) is not None:
            return False
        self._items[item.key] = item
        return True

    def add(self, items: Iterable[Item]) -> None:
        """Mark all of these; what is marked already stays as it was seen."""
        for item in items:
            self._items.setdefault(item.key, item)

    def drop(self, items: Iterable[Item]) -> None:
        """Take the marks of these away."""
        for item in items:
            self._items.pop(item.key, None)

    def clear(self) -> None:
        """Take all marks away."""
        self._items.clear()


def names_of(items: Sequence[Item]) -> str:
    """`t1, t2 and 7 more`."""
    named = ", ".join(visible(item.thread_id) for item in items[:MOST_NAMED])
    more = len(items) - MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named
