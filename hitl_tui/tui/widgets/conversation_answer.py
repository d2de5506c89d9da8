"""The answer to a conversation's turn: a message, or the end of the conversation."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from hitl_tui.inbox.views import PendingView
from hitl_tui.tui.widgets.written_answer import WrittenAnswer


class ConversationAnswer(WrittenAnswer):
    """ctrl+s sends `{"message": …}`; F4, pressed twice, ends it with `{"end": true}` (rows 30, 32, D-2)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f4", "end", "End", show=False, priority=True, id="answer.end", tooltip="End the conversation (asks once)"
        ),
    ]

    def __init__(self) -> None:
        super().__init__("Write your message here")
        self._asked_to_end = False

    def load(self, request: PendingView, draft: Any = None) -> None:
        super().load(request, draft)
        self._asked_to_end = False
        self.go_on(draft or "")
        self.show_keys(
            (self.key("detail.submit", "ctrl+s"), "send"),
            (self.key("answer.end", "f4"), "end it"),
            (self.key("answer.editor", "f2"), "editor"),
            (self.key("detail.leave", "esc"), "list"),
        )

    def submit(self) -> None:
        """Send the message, unless there is none."""
        text = self.editor.answer
        if not text.strip():
            end = self.key("answer.end", "F4")
            self.say(f"The message is empty. Write something, or press {end} to end the conversation.", error=True)
            self.editor.focus()
            return
        self.give("respond", {"message": text})

    def action_end(self) -> None:
        """Ask once, then end; a message that is already written goes along as the last one."""
        text = self.editor.answer
        if not self._asked_to_end:
            self._asked_to_end = True
            last = " with your message" if text.strip() else ""
            self.say(f"Press {self.key('answer.end', 'F4')} again to end the conversation{last}, or keep typing.")
            return
        self._asked_to_end = False
        self.give("respond", {"message": text, "end": True} if text.strip() else {"end": True})

    @on(TextArea.Changed)
    def _goes_on(self) -> None:
        self.stop_ending()

    def stop_ending(self) -> None:
        """Forget that F4 was pressed."""
        if self._asked_to_end:
            self._asked_to_end = False
            self.say("")
