"""One line above the list for what goes on being wrong: the worker died, the database cannot be read."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from hitl_tui.safe_text import one_line


class Banner(Static):
    """Hidden while nothing is wrong. Each subject has one say at a time."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._words: dict[str, str] = {}

    def on_mount(self) -> None:
        self.display = False

    def say(self, subject: str, words: str) -> None:
        """Show what is wrong with a subject; an empty text takes it away."""
        if self._words.get(subject, "") == words:
            return
        if words:
            self._words[subject] = words
        else:
            self._words.pop(subject, None)
        self.display = bool(self._words)
        self.update(Content("\n".join(f"! {one_line(words)}" for words in self._words.values())))
