"""The answer to a text input with a JSON Schema: a form of its fields (`tui/forms`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from hitl_tui.inbox.views import PendingView
from hitl_tui.tui.forms.model import Form, Path, form_of
from hitl_tui.tui.forms.values import Entry, Filled, fill, first_entry
from hitl_tui.tui.widgets.answer import Answer, room
from hitl_tui.tui.widgets.form_fields import FormFields
from hitl_tui.tui.widgets.written_answer import edit_outside

FORM_BINDINGS: list[BindingType] = [
    Binding(
        "f2", "edit_outside", "Editor", show=False, priority=True, id="form.editor", tooltip="Write a field in $EDITOR"
    ),
    Binding(
        "f8", "as_it_came", "As it came", show=False, priority=True, id="form.reset", tooltip="Drop what was changed"
    ),
]


class FilledForm:
    """A form, its widget, and what was changed in it: what the answers with a form share."""

    def __init__(self) -> None:
        self.fields = FormFields()
        self._form = Form({}, ())
        self._counts = False

    def load(self, schema: dict[str, Any], proposed: Mapping[str, Any] | None, draft: Any) -> None:
        """Show the form of a schema with what is proposed, and with what was changed before."""
        self._form = form_of(schema, proposed)
        self._counts = False
        self.fields.load(self._form, _entries(draft))

    @property
    def filled(self) -> Filled:
        """What stands in it as data, and what is wrong."""
        return fill(self._form, self.fields.entries)

    @property
    def changed(self) -> list[str]:
        """The labels of the fields in which something else stands than came."""
        entries = self.fields.entries
        return [field.label for field in self._form.fields if entries.get(field.path) != first_entry(field)]

    def draft(self) -> list[Any] | None:
        """What was changed, as JSON; None for nothing."""
        entries = self.fields.entries
        changed = [field for field in self._form.fields if entries.get(field.path) != first_entry(field)]
        return [[list(field.path), entries[field.path]] for field in changed] or None

    def as_it_came(self) -> None:
        """Drop what was changed."""
        self._counts = False
        self.fields.load(self._form, {})

    def complain(self, answer: Answer, filled: Filled) -> bool:
        """Say what is wrong at the fields; False if nothing is."""
        at_fields = self.fields.show_errors(filled.errors)
        whole = filled.errors.get((), "")
        words = _count(len(filled.errors) - bool(whole))
        self._counts = bool(words)
        if filled.errors:
            answer.say(
                " ".join(part for part in (words, whole if not _is_shown(self._form) else "") if part), error=True
            )
        return at_fields or bool(filled.errors)

    def count_again(self, answer: Answer) -> None:
        """A field was changed: those that are wrong are fewer now, or none."""
        if self._counts:
            words = _count(self.fields.wrong)
            self._counts = bool(words)
            answer.say(words, error=True)


class FormAnswer(Answer):
    """ctrl+s submits the data; a field that does not fit is named where it stands. Values keep their types."""

    BINDINGS: ClassVar[list[BindingType]] = FORM_BINDINGS

    def __init__(self) -> None:
        super().__init__()
        self._filled = FilledForm()

    @property
    def form(self) -> FilledForm:
        """The form that is shown."""
        return self._filled

    def fields(self) -> ComposeResult:
        yield self._filled.fields

    @property
    def field(self) -> Widget:
        return self._filled.fields.field or self

    def load(self, request: PendingView, draft: Any = None) -> None:
        super().load(request, draft)
        self._filled.load(request.schema or {}, None, draft)
        self.show_keys(
            (self.key("form.next", "tab"), "next"),
            (self.key("detail.submit", "ctrl+s"), "submit"),
            (self.key("form.editor", "f2"), "editor"),
            (self.key("form.reset", "f8"), "as it came"),
            (self.key("detail.leave", "esc"), "list"),
        )

    def fit(self, height: int) -> None:
        super().fit(height)
        self._filled.fields.styles.max_height = room(height, rest=2 + self.said_rows)

    def draft(self) -> Any:
        return self._filled.draft()

    def submit(self) -> None:
        """Submit the data, or say at the fields what is wrong."""
        filled = self._filled.filled
        if not self._filled.complain(self, filled):
            self.give("respond", filled.data)

    def action_edit_outside(self) -> None:
        edit_field_outside(self, self._filled.fields)

    def action_as_it_came(self) -> None:
        self._filled.as_it_came()
        self.say("Everything stands as it came.")

    @on(FormFields.Changed)
    def _recount(self) -> None:
        self._filled.count_again(self)


def edit_field_outside(answer: Answer, fields: FormFields) -> None:
    """Hand the field that has the focus to `$EDITOR`."""
    if fields.editor is None:
        key = answer.key("form.editor", "F2")
        answer.say(f"{key} writes a field of text in your editor: go to one first.")
    else:
        edit_outside(answer, fields.editor)


def _count(wrong: int) -> str:
    return "" if not wrong else "One field does not fit yet." if wrong == 1 else f"{wrong} fields do not fit yet."


def _is_shown(form: Form) -> bool:
    """Whether the error of the whole stands at a field: the form is one field of JSON."""
    return any(field.path == () for field in form.fields)


def _entries(draft: Any) -> dict[Path, Entry]:
    return {tuple(path): entry for path, entry in draft} if isinstance(draft, list) else {}
