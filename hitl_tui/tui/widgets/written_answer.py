"""What the three written answers share: an editor, ctrl+s, and the reviewer's own editor on F2."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.widget import Widget

from hitl_tui.tui import external_editor
from hitl_tui.tui.widgets.answer import Answer
from hitl_tui.tui.widgets.answer_editor import AnswerEditor


class WrittenAnswer(Answer):
    """Base of the answers that are texts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f2", "edit_outside", "Editor", show=False, priority=True, id="answer.editor", tooltip="Write it in $EDITOR"
        ),
    ]

    def __init__(self, placeholder: str = "") -> None:
        super().__init__()
        self.editor = AnswerEditor(placeholder)

    def fields(self) -> ComposeResult:
        yield self.editor

    @property
    def field(self) -> Widget:
        return self.editor

    def write(self, text: str) -> None:
        """Put a text into the editor and say what about it is not plain to see."""
        self.editor.load_answer(text)
        self._say_what_is_special()

    def go_on(self, draft: str) -> None:
        """As `write`, with the cursor where the reviewer left off."""
        self.write(draft)
        self.editor.move_cursor(self.editor.document.end)

    def draft(self) -> Any:
        return self.editor.answer or None

    def action_edit_outside(self) -> None:
        """Hand the text to `$EDITOR`; if that fails, say why and keep the text."""
        if edit_outside(self, self.editor):
            self._say_what_is_special()

    @on(AnswerEditor.SpecialChanged)
    def _special_changed(self, event: AnswerEditor.SpecialChanged) -> None:
        event.stop()
        self._say_what_is_special()

    def _say_what_is_special(self) -> None:
        notes = []
        if self.editor.too_large:
            undo = ", ctrl+z takes the paste back" if self.editor.was_pasted else ""
            notes.append(
                f"{len(self.editor.editable):,} characters: too long to edit here,"
                f" {self.key('answer.editor', 'F2')} opens it in $EDITOR{undo}."
            )
        if self.editor.legend:
            notes.append(f"Hidden characters are shown as signs: {self.editor.legend}.")
        self.say("\n".join(notes))


def edit_outside(answer: Answer, editor: AnswerEditor) -> bool:
    """Hand the text of one editor to `$EDITOR`; if that fails, the answer says why, and the text is kept."""
    edited, failure = None, ""
    try:
        with answer.app.suspend():
            # Inside: an exception that left this block would leave the terminal suspended.
            try:
                edited = external_editor.edit(editor.editable)
            except external_editor.EditorFailed as error:
                failure = str(error)
    except SuspendNotSupported:
        failure = "This terminal cannot be handed to another editor"
    if edited is None:
        answer.say(f"{failure}. Your text is kept.", error=True)
    else:
        editor.replace_answer(edited)
    editor.focus()
    return edited is not None
