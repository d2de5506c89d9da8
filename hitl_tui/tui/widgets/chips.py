"""The line above the list: which shelf of the inbox is shown, in which order."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from hitl_tui.inbox.filters import Filter, Sort
from hitl_tui.model.durations import written
from hitl_tui.safe_text import one_line
from hitl_tui.tui.time_left import AGES

_ROOM = 24
"""Cells of one chip's value."""


class Chips(Widget):
    """`Inbox  status:waiting  type:approval  whose:ann  sort:due  3 marked`."""

    which: reactive[Filter] = reactive(Filter(shelf="waiting"))
    sort: reactive[Sort] = reactive[Sort]("due")
    marked: reactive[int] = reactive(0)

    def render(self) -> Content:
        parts: list[str | tuple[str, str]] = [("Inbox", "bold"), ("   status:", "dim"), self.which.shelf]
        for name, value in chips_of(self.which):
            parts += [(f"  {name}:", "dim"), (value, "$text-accent")]
        parts += [("  sort:", "dim"), self.sort]
        if self.marked:
            parts += [(f"  ✓ {self.marked} marked", "bold")]
        return Content.assemble(*parts)


def chips_of(which: Filter) -> list[tuple[str, str]]:
    """Name and value of each restriction besides the shelf."""
    found = [("type", _joined([kind.replace("_", " ") for kind in which.types]))] if which.types else []
    found += [("risk", _joined(which.risks))] if which.risks else []
    found += [("whose", _joined([who or "nobody" for who in which.assignees]))] if which.assignees else []
    found += [("graph", _joined(which.graphs))] if which.graphs else []
    if which.older_than is not None:
        seconds = int(which.older_than.total_seconds())
        words = next((words for words, age in AGES.items() if age == which.older_than), written(seconds))
        found.append(("older than", words))
    if which.text:
        found.append(("search", _joined([which.text])))
    return found


def _joined(values: tuple[str, ...] | list[str]) -> str:
    words = one_line(",".join(values))
    return words if len(words) <= _ROOM else words[: _ROOM - 1] + "…"
