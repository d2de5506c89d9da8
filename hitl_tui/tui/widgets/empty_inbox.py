"""An empty list says what to do next."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from hitl_tui.inbox.filters import Filter, Shelf
from hitl_tui.inbox.views import Counts
from hitl_tui.safe_text import one_line

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
        self.update(_words(which, counts))


def _words(which: Filter, counts: Counts | None) -> Content:
    if which.text:
        return Content.assemble(
            f"Nothing here has “{one_line(which.text)}”.\n\n",
            *(("esc", "bold"), "  shows all again\n", ("f", "bold"), "    searches the next shelf\n"),
            *(("/", "bold"), "    changes the words: each must be there, or its beginning"),
        )
    if which != Filter(shelf=which.shelf):
        return Content.assemble(
            "Nothing matches.\n\n", ("L", "bold"), "  shows all again\n", ("l", "bold"), "  changes the filter"
        )
    if which.shelf in _OTHERS:
        return Content.assemble(_OTHERS[which.shelf], "\n\n", ("f", "bold"), "  shows the next shelf")
    lines = ["Nothing waits for you."]
    if counts is not None and (counts.running or counts.ready):
        lines = ["Nothing waits for you; threads are running, and their questions will appear here."]
    if counts is not None and counts.snoozed:
        lines.append(f"{counts.snoozed} put aside: f shows them.")
    return Content.assemble(
        "\n".join(lines),
        "\n\n",
        ("n", "bold"),
        "          starts a workflow\n",
        ("hitl demo", "bold"),
        "  shows sample workflows, on a database of their own\n",
        ("hitl run", "bold"),
        "   FILE --agents YOUR_CODE.py  runs your workflow with your code",
    )
