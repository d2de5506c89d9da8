"""What stands on the screen before the inbox does: its frame. Imports little, so that it is painted at once."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from hitl_tui.inbox.filters import Filter, Sort
from hitl_tui.tui.sizes import WIDE
from hitl_tui.tui.widgets.chips import Chips
from hitl_tui.tui.widgets.footer_line import FooterLine
from hitl_tui.tui.widgets.header_line import HeaderLine


class OpeningScreen(ModalScreen[None]):
    """The frame of the inbox, while its code is loaded and its database opened.

    Modal: no key but that for leaving does anything yet.
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - Textual's own type
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+c,ctrl+q", "app.quit", "quit", key_display="q", id="opening.quit", tooltip="Quit"),
    ]

    def __init__(self, actor: str, which: Filter, sort: Sort) -> None:
        super().__init__()
        self._actor = actor
        self._which = which
        self._sort = sort
        self._footer = FooterLine()

    def compose(self) -> ComposeResult:
        # The breakpoints speak only after the first layout; the first frame must be right already.
        self.add_class("-wide" if self.app.size.width >= WIDE else "-narrow")
        chips = Chips()
        chips.which, chips.sort = self._which, self._sort
        yield HeaderLine(self._actor)
        yield self._footer
        yield chips

    def on_key(self, event: events.Key) -> None:
        # Bindings see the key after this.
        if event.key not in self.active_bindings:
            self._footer.say("the inbox is being opened; press the key again in a moment")
