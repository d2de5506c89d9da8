"""The answer to an edit: the original in an editor, and on request what was changed about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widgets import TextArea

from hitl_tui.inbox.views import PendingView
from hitl_tui.tui.widgets.diff_view import DiffView
from hitl_tui.tui.widgets.written_answer import WrittenAnswer

_PAUSE = 0.1
"""Seconds without a key before the difference is computed again."""


class EditAnswer(WrittenAnswer):
    """ctrl+s submits `{"edited": …}`; F6 shows the difference above the editor, in `diff_view` (rows 15, 18)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f6", "toggle_diff", "Diff", show=False, priority=True, id="answer.diff", tooltip="Show what you changed"
        ),
    ]

    @dataclass
    class DiffToggled(Message):
        """The difference is to be shown, or not any more."""

        shown: bool

    def __init__(self, diff_view: DiffView) -> None:
        super().__init__()
        self._original = ""
        self._diff_view = diff_view
        self._diff_shown = False
        self._soon: Timer | None = None

    @property
    def original(self) -> str:
        """The text to edit, as the request gave it."""
        return self._original

    @property
    def diff_shown(self) -> bool:
        """Whether the reviewer wants to see the difference."""
        return self._diff_shown

    def load(self, request: PendingView, draft: Any = None) -> None:
        super().load(request, draft)
        self._original = original_of(request.context)
        if draft is None:
            self.write(self._original)
        else:
            self.go_on(draft)
        self._compare()

    def draft(self) -> Any:
        text = self.editor.answer
        return None if text == self._original else text

    def submit(self) -> None:
        """Submit the text, changed or not."""
        self.give("edit", {"edited": self.editor.answer})

    def action_toggle_diff(self) -> None:
        """Show or hide the difference."""
        self._diff_shown = not self._diff_shown
        self._compare()
        self.post_message(self.DiffToggled(self._diff_shown))

    @on(TextArea.Changed)
    def _changed(self) -> None:
        if self._soon is not None:
            self._soon.stop()
        self._soon = self.set_timer(_PAUSE, self._compare)

    def _compare(self) -> None:
        found = self._diff_view.compare(self._original, self.editor.answer)
        counts = f"-{found.removed} +{found.added} lines" if found.removed or found.added else "unchanged, as it is"
        toggle = "hide diff" if self._diff_shown else "diff"
        self.show_keys(
            (self.key("detail.submit", "ctrl+s"), f"submit ({counts})"),
            (self.key("answer.diff", "f6"), toggle),
            (self.key("answer.editor", "f2"), "editor"),
            (self.key("detail.leave", "esc"), "list"),
        )


def original_of(context: Mapping[str, Any]) -> str:
    """The text that an edit request wants edited: `original_content`, else `content`, else the only text there is."""
    for key in ("original_content", "content"):
        if isinstance(context.get(key), str):
            return str(context[key])
    texts = [value for value in context.values() if isinstance(value, str)]
    return texts[0] if len(texts) == 1 else ""
