"""What the answer areas of all five types share: a field, one line that says what is wrong, one line of keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from hitl_tui.inbox.views import PendingView
from hitl_tui.safe_text import visible
from hitl_tui.tui.own_keys import key_of, keys_line
from hitl_tui.tui.widgets.line_input import LineInput
from hitl_tui.tui.wrapping import wrap

_MOST_SAID = 4
"""Lines of what is said, as the styles have it."""
_SHARE = 70
"""The most of the pane that an answer area gets, in percent, as the styles have it."""


def room(height: int, rest: int) -> int:
    """Lines for the part of an answer area that scrolls, in a pane of this height; `rest` stand around it.

    In code, because a share of the height means nothing inside a container whose own height is automatic.
    """
    return max(height * _SHARE // 100 - 1 - rest, 4)


def full_height(lines: int) -> int:
    """The height of the pane in which an answer area gets so many lines at most."""
    return -(-lines * 100 // _SHARE)


class Answer(Vertical):
    """Base of the answer areas. One instance serves many requests, one after the other, through `load`."""

    @dataclass
    class Given(Message):
        """The reviewer submitted; `action` and `data` are as `inbox.decide` takes them."""

        action: str
        data: dict[str, Any] | None

    def __init__(self) -> None:
        super().__init__(classes="answer")
        self._said = Static(classes="answer--said", markup=False)
        self._said.display = False
        self._keys = Static(classes="answer--keys", markup=False)
        self._request: PendingView | None = None
        self._height = 0

    @property
    def request(self) -> PendingView:
        """The request that is being answered; only after `load`."""
        assert self._request is not None
        return self._request

    def compose(self) -> ComposeResult:
        yield from self.fields()
        yield self._said
        yield self._keys

    def fields(self) -> ComposeResult:
        """The widgets between the material and the two lines at the bottom."""
        raise NotImplementedError

    @property
    def field(self) -> Widget:
        """What gets the focus."""
        raise NotImplementedError

    def load(self, request: PendingView, draft: Any = None) -> None:
        """Start on another request, with what the reviewer had written for it before, if anything."""
        self._request = request
        self.say("")

    def draft(self) -> Any:
        """What the reviewer has written so far, for `load`; None if nothing is worth keeping."""
        return None

    def fit(self, height: int) -> None:
        """Adapt to a pane of this many lines; the base leaves it to the styles."""
        self._height = height

    @property
    def said_rows(self) -> int:
        """Lines that what is said at the field takes."""
        if not self._said.display or not self.size.width:
            return 0
        rows = sum(len(wrap(line, self.size.width)) for line in str(self._said.content).split("\n"))
        return min(rows, _MOST_SAID)

    @property
    def can_submit(self) -> bool:
        """Whether ctrl+s means something now."""
        return True

    def submit(self) -> None:
        """Submit what the reviewer gave, or say what is missing."""
        raise NotImplementedError

    def say(self, text: str, *, error: bool = False) -> None:
        """Say something at the field, in words; an empty text takes it away."""
        self._said.display = bool(text)
        self._said.set_class(error, "-error")
        self._said.update(Content(("! " if error else "") + visible(text, newlines=True)))
        if self._height:
            self.fit(self._height)

    def show_keys(self, *keys: tuple[str, str]) -> None:
        """Show which key does what, as (key, word) pairs; without any, the line is not there."""
        self._keys.update(keys_line(*keys))
        self._keys.display = bool(keys)

    def key(self, binding_id: str, otherwise: str) -> str:
        """The key to name in words; `otherwise` is the binding's own."""
        return key_of(self.app, binding_id, otherwise)

    def give(self, action: str, data: dict[str, Any] | None = None) -> None:
        """Submit."""
        self.say("")
        self.post_message(self.Given(action, data))

    @on(LineInput.PasteRefused)
    def _paste_refused(self, event: LineInput.PasteRefused) -> None:
        event.stop()
        self.say(event.words, error=True)
