"""The line at the top of the list in which somebody searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from hitl_tui.model.search_text import parse
from hitl_tui.safe_text import visible
from hitl_tui.tui.widgets.line_input import LineInput

MOST_LETTERS = 200


class SearchField(Horizontal):
    """`/refund bob▏              12 found`: each key is told at once, what is done about it is not its business."""

    # Before the keys that follow at once come into the field: they are meant for the list.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,down,tab,ctrl+s",
            "screen.keep_search",
            "to the list",
            key_display="enter",
            priority=True,
            id="search.keep",
            tooltip="Go to what was found",
        ),
        Binding(
            "escape",
            "screen.end_search",
            "all again",
            key_display="esc",
            priority=True,
            id="search.leave",
            tooltip="Show all items again, not only what was found",
        ),
    ]

    @dataclass
    class Typed(Message):
        """The text is another one."""

        text: str

    def __init__(self) -> None:
        super().__init__()
        self._line = LineInput(
            placeholder="prompt, context, graph, node or thread", compact=True, max_length=MOST_LETTERS
        )
        self._hint = Static(markup=False, classes="search--hint")

    def compose(self) -> ComposeResult:
        yield Static("/", classes="search--sign")
        yield self._line
        yield self._hint

    @property
    def text(self) -> str:
        """What is typed."""
        return self._line.value

    @property
    def hint(self) -> str:
        """What it says at its right."""
        return str(self._hint.content)

    def open(self, text: str) -> None:
        """Take the focus, with this text to change or to type over.

        At once, for the next key may be here already: `Widget.focus` would leave it to the list.
        """
        self.display = True
        self._line.value = visible(text)
        self.screen.set_focus(self._line)

    def say(self, found: int, *, complete: bool) -> None:
        """Say how much was found, and what was not looked for or is not known yet."""
        search = parse(self.text)
        words = [search.left_out] if search.left_out else []
        if search.terms:
            words.append(f"{found:,} found" if complete else f"{found:,} found so far, indexing …")
        self._hint.update(Content("; ".join(words)))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value))
