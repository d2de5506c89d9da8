"""One question with a one-line answer: for how long, to whom, how urgent."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from hitl_tui.safe_text import visible
from hitl_tui.tui.own_keys import key_of, keys_line
from hitl_tui.tui.widgets.line_input import LineInput


class LinePrompt(ModalScreen[str | None]):
    """Dismissed with the line after Enter, when `check` finds nothing wrong with it; with None after Esc.

    `check` returns what is wrong, in words, or nothing. `hint` may have several lines, as in `ConfirmScreen`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="prompt.close", tooltip="Leave everything as it is"),
    ]

    def __init__(self, title: str, hint: str, check: Callable[[str], str], *, value: str = "", done: str) -> None:
        super().__init__()
        self._title = visible(title)
        self._hint = hint
        self._check = check
        self._done = done
        self._line = LineInput(value, classes="form--line", compact=True, select_on_focus=True)
        self._said = Static(markup=False, classes="form--hint form--error")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content.assemble((self._title, "bold")), classes="dialog--title")
            yield self._line
            yield self._said
            keys = keys_line(("enter", self._done), (key_of(self.app, "prompt.close", "esc"), "leave it"))
            yield Static(keys, classes="dialog--keys")

    def on_mount(self) -> None:
        self._line.focus()
        self._say(self._hint, error=False)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._say(self._hint, error=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        wrong = self._check(event.value)
        if wrong:
            self._say(wrong, error=True)
        else:
            self.dismiss(event.value)

    def _say(self, words: str, *, error: bool) -> None:
        self._said.update(Content(visible(words, newlines=True)))
        self._said.set_class(error, "-error")

    def action_close(self) -> None:
        self.dismiss(None)
