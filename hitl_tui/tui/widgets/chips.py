"""The line above the list: which shelf of the inbox is shown, in which order."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from hitl_tui.inbox.views import Shelf, Sort


class Chips(Widget):
    """`Inbox  status:waiting  sort:due`."""

    shelf: reactive[Shelf] = reactive[Shelf]("waiting")
    sort: reactive[Sort] = reactive[Sort]("due")

    def render(self) -> Content:
        return Content.assemble(
            ("Inbox", "bold"),
            ("   status:", "dim"),
            self.shelf,
            ("  sort:", "dim"),
            self.sort,
        )
