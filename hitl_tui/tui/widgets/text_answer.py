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
        self.go_on(draft or "")
        self.show_keys(
            (self.key("detail.submit", "ctrl+s"), "submit"),
            (self.key("answer.editor", "f2"), "editor"),
            (self.key("detail.leave", "esc"), "list"),
        )

    def submit(self) -> None:
        """Submit the text, unless there is none."""
        text = self.editor.answer
        if not text.strip():
            submit = self.key("detail.submit", "ctrl+s")
            self.say(f"The answer is empty. Write something, then press {submit}.", error=True)
            self.editor.focus()
            return
        self.give("respond", {"text": text})
