"""A one-line field that keeps every line of a paste, joined by spaces."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from hitl_tui.safe_text import visible


class LineInput(Input):
    """An `Input` for a reason or a justification. Textual's own keeps only the first line of what is pasted."""

    def _on_paste(self, event: events.Paste) -> None:
        lines = (" ".join(line.split()) for line in event.text.splitlines())
        text = visible(" ".join(line for line in lines if line))
        if text:
            start, end = self.selection
            self.replace(text, start, end)
        event.stop()
        event.prevent_default()
