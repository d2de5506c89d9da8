"""The editor for answers of many lines: hidden characters are edited as visible signs and given back as they were."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import EditResult, Location

from hitl_tui.tui.stand_ins import StandIns

LARGEST = 30_000
"""Characters that are edited in place; a longer text goes to the external editor, for typing would be slow here."""


class AnswerEditor(TextArea):
    """A `TextArea` in which nothing is hidden. Tab leaves it, Enter starts a new line."""

    @dataclass
    class SpecialChanged(Message):
        """A paste brought hidden characters along, or made the text too large, or that was undone."""

    def __init__(self, placeholder: str = "") -> None:
        super().__init__(compact=True, placeholder=placeholder, classes="answer--editor", highlight_cursor_line=False)
        self._stand_ins = StandIns()
        self._too_large: str | None = None
        self._before_paste: str | None = None
        """What stood here before a paste made it too large, for ctrl+z."""

    @property
    def answer(self) -> str:
        """The text with its hidden characters back in place."""
        return self._stand_ins.restore(self.editable)

    @property
    def editable(self) -> str:
        """The text with its stand-ins, for another editor."""
        return self.text if self._too_large is None else self._too_large

    @property
    def too_large(self) -> bool:
        """Whether the text is too long to be edited in place; only its beginning is shown then."""
        return self._too_large is not None

    @property
    def was_pasted(self) -> bool:
        """Whether a paste made it too long, and ctrl+z takes that back."""
        return self._before_paste is not None

    @property
    def legend(self) -> str:
        """Which sign stands for which hidden character; empty if there is none."""
        return self._stand_ins.legend

    def load_answer(self, text: str) -> None:
        """Start on another text; undo does not reach behind this."""
        self._stand_ins = StandIns(text)
        self._load(self._stand_ins.hide(text))

    def replace_answer(self, editable: str) -> None:
        """Take over what another editor made of `editable`."""
        text = self._stand_ins.hide(editable, edited=True)
        if self.too_large or len(text) > LARGEST:
            self._load(text)
        elif text != self.text:
            # One edit, so that ctrl+z brings the earlier text back.
            self.replace(text, (0, 0), self.document.end)

    def _load(self, text: str) -> None:
        large = len(text) > LARGEST
        self._too_large = text if large else None
        self._before_paste = None
        self.read_only = large
        self.load_text(text[:1000] if large else text)

    def on_paste(self, event: events.Paste) -> None:
        """Whoever hears of a paste behind an editor takes it for one that went nowhere."""
        event.stop()

    def _replace_via_keyboard(self, insert: str, start: Location, end: Location) -> EditResult | None:
        # Terminals paste the ends of lines as carriage returns.
        lines = insert.replace("\r\n", "\n").replace("\r", "\n")
        legend, before = self.legend, self.text
        insert = self._stand_ins.hide(lines)
        if len(before) + len(insert) <= LARGEST:
            result = super()._replace_via_keyboard(insert, start, end)
        else:
            result = None
            self._load(self._with(insert, start, end))
            self._before_paste = before
        if self.too_large or self.legend != legend:
            self.post_message(self.SpecialChanged())
        return result

    def _with(self, insert: str, start: Location, end: Location) -> str:
        """The text with a part of it replaced."""
        first, last = sorted((start, end))
        before = self.get_text_range((0, 0), first)
        return before + insert + self.get_text_range(last, self.document.end)

    def action_undo(self) -> None:
        """Undo; a paste that made the text too large as well."""
        if self._before_paste is None:
            super().action_undo()
            return
        self._load(self._before_paste)
        self.move_cursor(self.document.end)
        self.post_message(self.SpecialChanged())
