"""The answer to a text input: a text of many lines."""

from __future__ import annotations

from typing import Any

from hitl_tui.inbox.views import PendingView
from hitl_tui.tui.widgets.written_answer import WrittenAnswer


class TextAnswer(WrittenAnswer):
    """ctrl+s submits `{"text": …}` (row 26); an empty text is refused in words."""

    def __init__(self) -> None:
        super().__init__("Write your answer here")

    def load(self, request: PendingView, draft: Any = None) -> None:
        super().load(request, draft)
        self.write(draft or "")
        self.show_keys(("ctrl+s", "submit"), ("f2", "editor"), ("esc", "list"))

    def submit(self) -> None:
        """Submit the text, unless there is none."""
        text = self.editor.answer
        if not text.strip():
            self.say("The answer is empty. Write something, then press ctrl+s.", error=True)
            self.editor.focus()
            return
        self.give("respond", {"text": text})
