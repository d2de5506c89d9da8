"""An empty list says what to do next."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from hitl_tui.inbox.filters import Filter, Shelf
from hitl_tui.inbox.views import Counts
from hitl_tui.safe_text import one_line
from hitl_tui.tui.own_keys import key_of

_OTHERS: dict[Shelf, str] = {
    "snoozed": "Nothing is put aside.",
    "active": "Nothing runs or is ready to run.",
    "failed": "Nothing failed.",
    "done": "Nothing is done yet.",
}


class EmptyInbox(Static):
    """Shown in the place of a list without items."""

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, which: Filter, counts: Counts | None) -> None:
        """Say what fits: nothing at all, nothing that matches, or all answered while threads still run."""
        self.update(self._words(which, counts))

    def _words(self, which: Filter, counts: Counts | None) -> Content:
        shelf = key_of(self.app, "inbox.shelf", "f")
        if which.text:
            return _offer(
                f"Nothing here has “{one_line(which.text)}”.",
                (key_of(self.app, "inbox.end_search", "esc"), "shows all again"),
                (shelf, "searches the next shelf"),
                (key_of(self.app, "inbox.search", "/"), "changes the words: each must be there, or its beginning"),
            )
        if which != Filter(shelf=which.shelf):
            return _offer(
                "Nothing matches.",
                (key_of(self.app, "inbox.unfilter", "L"), "shows all again"),
                (key_of(self.app, "inbox.filter", "l"), "changes the filter"),
            )
        if which.shelf in _OTHERS:
            return _offer(_OTHERS[which.shelf], (shelf, "shows the next shelf"))
        words = "Nothing waits for you."
        if counts is not None and (counts.running or counts.ready):
            words = "Nothing waits for you; threads are running, and their questions will appear here."
        if counts is not None and counts.snoozed:
            words += f"\n{counts.snoozed} put aside: {shelf} shows them."
        return _offer(
            words,
            (key_of(self.app, "inbox.start", "n"), "starts a workflow"),
            ("hitl demo", "shows sample workflows, on a database of their own"),
            ("hitl run", "FILE --agents YOUR_CODE.py  runs your workflow with your code"),
        )


def _offer(words: str, *keys: tuple[str, str]) -> Content:
    """What is so, and a line for each key or command that helps."""
    width = max(len(key) for key, _ in keys)
    lines = [Content.assemble((key.ljust(width), "bold"), f"  {what}") for key, what in keys]
    return Content("\n").join([Content(words), Content(), *lines])
