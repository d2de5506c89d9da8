"""Items marked for one action together, each as it was listed when it was marked. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from hitl_tui.inbox.views import Item


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
