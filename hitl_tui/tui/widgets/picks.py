"""A field in which one or several of some choices are picked: in one flow where they are short, else one a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from hitl_tui.safe_text import visible
from hitl_tui.tui.widgets.lines import Line, LinesView

_SHORT = 24
_FLOW = 120
"""Cells of all choices together up to which they stand in one flow."""


class Picks(LinesView):
    """Radio buttons, or boxes with `several`. The choices are numbered from 0 here, from 1 for the digit keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,up", "move(-1)", "Previous choice", show=False, id="form.previous_choice"),
        Binding("right,down", "move(1)", "Next choice", show=False, id="form.next_choice"),
        Binding("home", "first", "First choice", show=False, id="form.first_choice"),
        Binding("end", "last", "Last choice", show=False, id="form.last_choice"),
        Binding("space", "take", "Pick", show=False, id="form.pick", tooltip="Pick the choice, or take it back"),
        Binding("backspace,delete", "clear", "Nothing", show=False, id="form.pick_nothing", tooltip="Pick nothing"),
        *(
            Binding(str(digit), f"pick({digit})", f"Choice {digit}", show=False, id=f"form.pick_{digit}")
            for digit in range(1, 10)
        ),
    ]

    @dataclass
    class Changed(Message):
        """Other choices are picked."""

        picks: Picks

        @property
        def control(self) -> Picks:
            return self.picks

    def __init__(self, classes: str = "picks") -> None:
        super().__init__(classes=classes)
        self._labels: list[str] = []
        self._several = False
        self._flows = False
        self._picked: set[int] = set()
        self._cursor = 0

    @property
    def picked(self) -> list[int]:
        """The positions of what is picked, in their order."""
        return sorted(self._picked)

    def show_choices(self, labels: Sequence[str], picked: Sequence[int] = (), *, several: bool) -> None:
        """Show other choices."""
        self._labels = [visible(label).strip() or "(empty)" for label in labels]
        self._several = several
        cells = [cell_len(label) for label in self._labels]
        self._flows = all(each <= _SHORT for each in cells) and sum(cells) + 5 * len(cells) <= _FLOW
        self._picked = {number for number in picked if 0 <= number < len(self._labels)}
        self._cursor = min(self._picked, default=0)
        self._draw_choices()
        self.scroll_to(y=0, animate=False)

    def pick(self, number: int) -> bool:
        """Pick a choice, or with `several` take it back as well; False if there is no such choice."""
        if not 0 <= number < len(self._labels):
            return False
        self._cursor = number
        self._picked = self._picked ^ {number} if self._several else {number}
        self._tell()
        return True

    def lead_of(self, index: int) -> tuple[str, str]:
        if self._flows:
            return "", "label"
        return self._sign(index), "accent" if index in self._picked else "label"

    def is_cursor(self, index: int) -> bool:
        return not self._flows and self.has_focus and index == self._cursor

    def action_move(self, by: int) -> None:
        nothing_yet = not self._several and not self._picked
        to = self._cursor if nothing_yet else min(max(self._cursor + by, 0), len(self._labels) - 1)
        self._go(to)

    def action_first(self) -> None:
        self._go(0)

    def action_last(self) -> None:
        self._go(len(self._labels) - 1)

    def action_take(self) -> None:
        if not self._several and self._cursor in self._picked:
            self.action_clear()
        else:
            self.pick(self._cursor)

    def action_clear(self) -> None:
        self._picked = set()
        self._tell()

    def action_pick(self, digit: int) -> None:
        self.pick(digit - 1)

    def on_click(self, event: events.Click) -> None:
        index = self.line_at(event.y)
        if index is not None and not self._flows:
            self.pick(index)

    def on_key(self, event: events.Key) -> None:
        """A letter goes to the next choice that begins with it; none is a decision key while a form is filled in."""
        if event.character is None or not event.character.isalpha():
            return
        event.stop()
        count = len(self._labels)
        order = ((self._cursor + step) % count for step in range(1, count + 1))
        letter = event.character.lower()
        found = next((n for n in order if self._labels[n].lower().startswith(letter)), None)
        if found is not None:
            self._go(found)

    def on_focus(self) -> None:
        self._draw_choices()

    def on_blur(self) -> None:
        self._draw_choices()

    def _go(self, number: int) -> None:
        """The cursor goes there; a radio button is picked by that."""
        self._cursor = number
        if not self._several:
            self._picked = {number}
        self._tell()

    def _tell(self) -> None:
        self._draw_choices()
        if not self._flows:
            self.scroll_to_line(self._cursor)
        self.post_message(self.Changed(self))

    def _sign(self, index: int) -> str:
        picked = index in self._picked
        return ("☑" if picked else "☐") if self._several else ("●" if picked else "○")

    def _draw_choices(self) -> None:
        if not self._flows:
            self.show_lines([Line(label, indent=3) for label in self._labels])
            self.redraw()
            return
        text, marks = "", []
        for index, label in enumerate(self._labels):
            text += "   " if text else ""
            start = len(text)
            # A choice stays in one row.
            text += f"{self._sign(index)}\u00a0" + label.replace(" ", "\u00a0")
            if self.has_focus and index == self._cursor:
                marks.append((start, len(text), "cursor"))
            elif index in self._picked:
                marks.append((start, len(text), "strong"))
        self.show_lines([Line(text, marks=tuple(marks))])
