"""The fields of a form, one below the other in one scroll area; a field's error stands at the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static, TextArea

from hitl_tui.safe_text import visible
from hitl_tui.tui.forms.model import Field, Form, Heading, Kind, Path
from hitl_tui.tui.forms.values import Entry, first_entry
from hitl_tui.tui.own_keys import key_of
from hitl_tui.tui.widgets.answer_editor import AnswerEditor
from hitl_tui.tui.widgets.picks import Picks

_INDENT = 2
_LONGEST_LABEL = 100
_LONGEST_HELP = 400


class FieldEditor(AnswerEditor):
    """A field of text, of one line or of many."""

    def __init__(self) -> None:
        super().__init__()
        self.many_lines = False


class Slot(Vertical):
    """The place of one part of a form; serves another part of another form when that is loaded."""

    def __init__(self) -> None:
        super().__init__(classes="fields--slot")
        self._label = Static(classes="fields--label", markup=False)
        self._editor: FieldEditor | None = None
        self._picks: Picks | None = None
        self._part: Field | Heading | None = None
        self._error = ""
        self._composed = False

    def compose(self) -> ComposeResult:
        self._composed = True
        yield self._label
        if self._editor is not None:
            yield self._editor
        if self._picks is not None:
            yield self._picks

    @property
    def part(self) -> Field | Heading | None:
        """What stands here; None for a place that is free."""
        return self._part

    @property
    def input(self) -> Widget | None:
        """What gets the focus; None for a heading."""
        if not isinstance(self._part, Field):
            return None
        return self._picks if self._part.kind in (Kind.PICK, Kind.PICKS) else self._editor

    @property
    def entry(self) -> Entry:
        """What stands in the field."""
        assert isinstance(self._part, Field)
        if self._part.kind is Kind.PICKS:
            return self._picks.picked if self._picks is not None else []
        if self._part.kind is Kind.PICK:
            return next(iter(self._picks.picked), None) if self._picks is not None else None
        return self._editor.answer if self._editor is not None else ""

    def take(self, part: Field | Heading | None, entry: Entry = None) -> None:
        """Serve a part, or none."""
        self._part = part
        self._error = ""
        self.display = part is not None
        if part is None:
            return
        self.styles.padding = (0, 0, 0, _INDENT * max(len(part.path) - 1, 0))
        self.set_class(isinstance(part, Heading), "-heading")
        picks = isinstance(part, Field) and part.kind in (Kind.PICK, Kind.PICKS)
        if isinstance(part, Field):
            self._fill(part, entry, picks=picks)
        if self._editor is not None:
            self._editor.display = isinstance(part, Field) and not picks
        if self._picks is not None:
            self._picks.display = picks
        self._draw_label()

    @property
    def is_wrong(self) -> bool:
        """Whether an error stands at it."""
        return bool(self._error)

    def show_error(self, message: str) -> None:
        """Say what is wrong, or nothing any more."""
        if message != self._error:
            self._error = message
            self._draw_label()

    def _fill(self, field: Field, entry: Entry, *, picks: bool) -> None:
        if picks:
            if self._picks is None:
                self._picks = Picks()
                self._add(self._picks)
            picked = entry if isinstance(entry, list) else [entry] if isinstance(entry, int) else []
            self._picks.show_choices(field.labels, picked, several=field.kind is Kind.PICKS)
            return
        if self._editor is None:
            self._editor = FieldEditor()
            self._add(self._editor)
        self._editor.many_lines = field.many_lines
        self._editor.load_answer(entry if isinstance(entry, str) else "")
        if not field.many_lines:
            # What is typed into a line goes on with it; a text is read from its beginning.
            self._editor.move_cursor(self._editor.document.end)

    def _note(self) -> str:
        """What about the text of the field is not plain to see (row 97)."""
        editor = self._editor
        if editor is None or editor is not self.input:
            return ""
        if editor.too_large:
            key = key_of(self.app, "form.editor", "F2")
            return f"{len(editor.editable):,} characters, of which the first are shown: {key} opens them all"
        return f"hidden characters are shown as signs: {editor.legend}" if editor.legend else ""

    def _add(self, widget: Widget) -> None:
        # Before that, `compose` brings it.
        if self._composed:
            self.mount(widget)

    def _draw_label(self) -> None:
        part = self._part
        assert part is not None
        parts = [Content.styled(_cut(part.label, _LONGEST_LABEL), "bold")]
        if part.required and isinstance(part, Field):
            parts.append(Content.styled(" (required)", "$text-accent"))
        if part.help:
            parts.append(Content.styled(f"  {_cut(part.help, _LONGEST_HELP)}", "$foreground 60%"))
        if note := self._note():
            parts.append(Content.styled(f"  {note}", "$text-accent"))
        if self._error:
            parts.append(Content.styled(f"\n! {visible(self._error)}", "$text-error"))
        self._label.update(Content("").join(parts))


class FormFields(VerticalScroll, can_focus=False):
    """The fields of one form after the other; places are kept and used again."""

    # At once: the next key of a fast typist belongs to the next field.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "go(1)", "Next field", show=False, priority=True, id="form.next", tooltip="To the next field"),
        Binding("shift+tab", "go(-1)", "Previous field", show=False, priority=True, id="form.previous"),
        Binding("enter", "enter", "Next field", show=False, priority=True, id="form.enter", tooltip="On to the next"),
    ]

    @dataclass
    class Changed(Message):
        """Something else stands in a field."""

    def __init__(self) -> None:
        super().__init__(classes="fields")
        self._slots: list[Slot] = []
        self._used: list[Slot] = []
        self._latest: Slot | None = None
        self._composed = False

    def compose(self) -> ComposeResult:
        self._composed = True
        yield from self._slots

    def load(self, form: Form, entries: Mapping[Path, Entry]) -> None:
        """Show a form with these entries; a field that has none stands as it came."""
        new = [Slot() for _ in range(len(form.parts) - len(self._slots))]
        self._slots += new
        if new and self._composed:
            self.mount(*new)
        for slot, part in zip(self._slots, [*form.parts, *[None] * len(self._slots)], strict=False):
            entry = entries.get(part.path, first_entry(part)) if isinstance(part, Field) else None
            slot.take(part, entry)
        self._used = [slot for slot in self._slots if isinstance(slot.part, Field)]
        self._latest = None
        self.scroll_to(y=0, animate=False)

    @property
    def entries(self) -> dict[Path, Entry]:
        """What stands in each field."""
        return {slot.part.path: slot.entry for slot in self._used if isinstance(slot.part, Field)}

    @property
    def field(self) -> Widget | None:
        """The field that had the focus last, else the first."""
        slot = self._latest or next(iter(self._used), None)
        return slot.input if slot is not None else None

    @property
    def editor(self) -> FieldEditor | None:
        """The field of text that has the focus."""
        focused = self.screen.focused
        return focused if isinstance(focused, FieldEditor) and focused in self.query(FieldEditor) else None

    @property
    def wrong(self) -> int:
        """At how many fields an error stands."""
        return sum(slot.is_wrong for slot in self._used)

    def show_errors(self, errors: Mapping[Path, str]) -> bool:
        """Say what is wrong at each field; the first of them gets the focus. False if there is none."""
        first: Slot | None = None
        for slot in self._used:
            assert isinstance(slot.part, Field)
            slot.show_error(errors.get(slot.part.path, ""))
            if slot.part.path in errors and first is None:
                first = slot
        if first is not None and first.input is not None:
            first.input.focus()
            self.call_after_refresh(self.scroll_to_widget, first, animate=False)
        return first is not None

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        slot = next((slot for slot in self._used if slot.input is event.widget), None)
        if slot is not None:
            self._latest = slot
            # The label with it.
            self.call_after_refresh(self.scroll_to_widget, slot, animate=False)

    @on(TextArea.Changed)
    @on(Picks.Changed)
    def _changed(self, event: TextArea.Changed | Picks.Changed) -> None:
        event.stop()
        slot = next((slot for slot in self._used if slot.input is event.control), None)
        if slot is not None and self.screen.focused is event.control:
            slot.show_error("")
        self.post_message(self.Changed())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter goes on, but starts a new line where there are many."""
        return not (action == "enter" and self.editor is not None and self.editor.many_lines)

    def action_enter(self) -> None:
        self.screen.focus_next()

    def action_go(self, by: int) -> None:
        if by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()


def _cut(text: str, most: int) -> str:
    """Foreign words in a label, visible; where they are too many, a sign says so."""
    return visible(text if len(text) <= most else text[:most] + "…")
