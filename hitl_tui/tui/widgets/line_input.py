"""A one-line field that keeps every line of a paste, joined by spaces."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widgets import Input

from hitl_tui.safe_text import visible

LARGEST = 10_000
"""Characters of a paste into one line; the field would be slow with more, and nobody could read it there."""


class LineInput(Input):
    """An `Input` for a reason or a justification. Textual's own keeps only the first line of what is pasted."""

    @dataclass
    class PasteRefused(Message):
        """A paste was too large for one line; the field is as it was."""

        words: str

    def write(self, text: str) -> None:
        """Put in a text that the reviewer goes on with: at its end."""
        self.value = text
        self.cursor_position = len(text)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if len(event.text) > LARGEST:
            words = f"{len(event.text):,} characters are too many to paste into one line: at most {LARGEST:,}."
            self.post_message(self.PasteRefused(words))
            return
        lines = (" ".join(line.split()) for line in event.text.splitlines())
        text = visible(" ".join(line for line in lines if line))
        if text:
            start, end = self.selection
            self.replace(text, start, end)
