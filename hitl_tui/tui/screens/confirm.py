"""A question before something that cannot be taken back."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from hitl_tui.safe_text import visible
from hitl_tui.tui.own_keys import key_of, keys_line
from hitl_tui.tui.settling import Settling
from hitl_tui.tui.sizes import TOO_SMALL, is_readable


class ConfirmScreen(ModalScreen[bool]):
    """Dismissed with True after `y`; `n` and Esc leave everything as it is. Enter decides nothing.

    A `y` that was typed before anybody can have read the question is none. `explanation` may have several lines: what
    is foreign in it is made visible before, so that it begins no line of its own.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes", tooltip="Do it"),
        Binding("n,escape", "answer(False)", "No", id="confirm.no", tooltip="Leave everything as it is"),
    ]

    def __init__(self, question: str, explanation: str, *, yes: str) -> None:
        super().__init__()
        self._question = visible(question)
        self._explanation = visible(explanation, newlines=True)
        self._yes = yes
        self._settling = Settling()

    @property
    def settles(self) -> bool:
        """Whether it has only just appeared: a yes is not taken yet."""
        return self._settling.goes_on

    def on_show(self) -> None:
        self._settling.begin()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content.assemble((self._question, "bold")), classes="dialog--title")
            yield Static(Content(self._explanation), classes="dialog--text")
            keys = keys_line((self._key("yes", "y"), self._yes), (self._key("no", "n"), "No"))
            yield Static(keys, classes="dialog--keys")

    def _key(self, name: str, otherwise: str) -> str:
        return key_of(self.app, f"confirm.{name}", otherwise)

    def action_answer(self, sure: bool) -> None:
        if sure and self.settles:
            self._settling.ignored()
            self._refuse(f"Not done yet: read it, then press {self._key('yes', 'y')} again.")
        elif sure and not is_readable(self.app.size):
            self._refuse(TOO_SMALL)
        else:
            self.dismiss(sure)

    def _refuse(self, words: str) -> None:
        text = Content.assemble(self._explanation, (f"\n\n{words}", "$text-accent"))
        self.query_one(".dialog--text", Static).update(text)
