"""The answer to a choice: numbered options; a digit or the arrows choose, Enter submits; room for a justification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from hitl_tui.inbox.views import PendingView
from hitl_tui.model.choices import takes_several
from hitl_tui.safe_text import visible
from hitl_tui.tui.widgets.answer import Answer
from hitl_tui.tui.widgets.line_input import LineInput
from hitl_tui.tui.widgets.lines import Line, LinesView


class Options(LinesView):
    """A radio list drawn by rows: long options wrap, and a key costs the same with ten and with ten thousand."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "previous", "Previous option", show=False, id="choice.previous"),
        Binding("down,j", "next", "Next option", show=False, id="choice.next"),
        Binding("home", "first", "First option", show=False, id="choice.first"),
        Binding("end", "last", "Last option", show=False, id="choice.last"),
        Binding("enter", "submit", "Submit", show=False, id="choice.submit", tooltip="Submit the chosen option"),
        Binding("space", "tick", "Tick", show=False, id="choice.tick", tooltip="Choose the option, or not any more"),
    ]

    @dataclass
    class Submitted(Message):
        """Enter was pressed on the list."""

    def __init__(self) -> None:
        super().__init__(classes="choice--options")
        self._options: list[str] = []
        self._chosen: int | None = None
        self._digits = 1
        self._several = False
        self._ticked: set[int] = set()

    @property
    def chosen(self) -> int | None:
        """The number of the chosen option, from 1 (row 21), or None while nothing is chosen."""
        return self._chosen

    @property
    def ticked(self) -> list[int]:
        """The numbers of the options that are ticked, where several can be."""
        return sorted(self._ticked)

    def show_options(
        self, options: list[str], chosen: int | None = None, *, several: bool = False, ticked: Sequence[int] = ()
    ) -> None:
        """Show other options, of which one is chosen or `several` are ticked."""
        self._several = several
        self._ticked = {number for number in ticked if 1 <= number <= len(options)}
        self._options = options
        self._chosen = chosen
        self._digits = len(str(len(options)))
        self.show_lines([Line(visible(option).strip() or "(empty)", indent=self._digits + 4) for option in options])
        self.scroll_to(y=0, animate=False)
        if chosen is not None:
            self.choose(chosen)

    def choose(self, number: int) -> bool:
        """Choose by number from 1; False if there is no such option."""
        if not 1 <= number <= len(self._options):
            return False
        self._chosen = number
        self.redraw()
        self.scroll_to_line(number - 1)
        return True

    def tick(self, number: int) -> bool:
        """Tick an option, or untick it; False if there is no such option."""
        if not self.choose(number):
            return False
        self._ticked ^= {number}
        self.redraw()
        return True

    def lead_of(self, index: int) -> tuple[str, str]:
        number = index + 1
        if self._several:
            ticked = number in self._ticked
            return f"{'☑' if ticked else '☐'} {number:>{self._digits}}", "accent" if ticked else "label"
        if number == self._chosen:
            return f"● {number:>{self._digits}}", "accent"
        return f"○ {number:>{self._digits}}", "label"

    def is_cursor(self, index: int) -> bool:
        return self._chosen is not None and index == self._chosen - 1

    def action_previous(self) -> None:
        self.choose(max((self._chosen or 2) - 1, 1))

    def action_next(self) -> None:
        self.choose(min((self._chosen or 0) + 1, len(self._options)))

    def action_first(self) -> None:
        self.choose(1)

    def action_last(self) -> None:
        self.choose(len(self._options))

    def action_submit(self) -> None:
        self.post_message(self.Submitted())

    def action_tick(self) -> None:
        self.tick(self._chosen or 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space ticks where several can be chosen; elsewhere it scrolls what is asked."""
        return self._several if action == "tick" else True

    def on_click(self, event: events.Click) -> None:
        index = self.line_at(event.y)
        if index is not None:
            (self.tick if self._several else self.choose)(index + 1)


class ChoiceAnswer(Answer):
    """A radio list, or boxes where several can be chosen, and a line for the justification (rows 20, 22, 25).

    Nothing is chosen beforehand.
    """

    def __init__(self) -> None:
        super().__init__()
        self._options = Options()
        self._several = False
        self._justification = LineInput(
            placeholder="optional", compact=True, select_on_focus=False, classes="choice--justification"
        )

    def fields(self) -> ComposeResult:
        yield self._options
        with Horizontal(classes="choice--justification-row"):
            yield Static("Justification", classes="choice--label")
            yield self._justification

    @property
    def field(self) -> Widget:
        return self._options

    @property
    def chosen(self) -> int | None:
        """The number of the chosen option, from 1."""
        return self._options.chosen

    def load(self, request: PendingView, draft: Any = None) -> None:
        super().load(request, draft)
        chosen, justification, *ticked = draft or (None, "")
        self._several = takes_several(request.type, request.schema)
        self._options.show_options(request.options, chosen, several=self._several, ticked=ticked[0] if ticked else ())
        self._justification.write(justification)
        last = min(len(request.options), 9)
        choosing = [(f"1-{last}" if last > 1 else "1", "tick" if self._several else "choose")]
        if self._several:
            choosing.append((self.key("choice.tick", "space"), "tick"))
        choosing.append((self.key("choice.submit", "enter"), "submit"))
        self.show_keys(*choosing, ("tab", "justification"), (self.key("detail.leave", "esc"), "list"))

    def fit(self, height: int) -> None:
        # In code, because a share of the height means nothing inside a container whose own height is automatic.
        self._options.styles.max_height = max(height * 2 // 5, 5)

    def draft(self) -> Any:
        chosen, justification = self._options.chosen, self._justification.value
        if self._several:
            ticked = self._options.ticked
            return (chosen, justification, ticked) if ticked or justification else None
        return (chosen, justification) if chosen or justification else None

    def choose(self, number: int) -> None:
        """Choose an option by its number; says so if there is none."""
        if self._options.tick(number) if self._several else self._options.choose(number):
            self.say("")
        else:
            self.say(f"There is no option {number}; there are {len(self.request.options)}.", error=True)

    def submit(self) -> None:
        """Submit the chosen option, with the justification if there is one."""
        if self._several and not self._options.ticked:
            tick = self.key("choice.tick", "space")
            self.say(f"Nothing is ticked yet: press the numbers of options, or {tick} on them.", error=True)
            self._options.focus()
            return
        if self._options.chosen is None:
            self.say("Nothing is chosen yet: press the number of an option, or use the arrows.", error=True)
            self._options.focus()
            return
        justification = self._justification.value.strip()
        data: dict[str, Any] = {"choices": self._options.ticked} if self._several else {"choice": self._options.chosen}
        if justification:
            data["justification"] = justification
        self.give("choose", data)

    @on(Options.Submitted)
    @on(Input.Submitted)
    def _submitted(self, event: Message) -> None:
        event.stop()
        self.submit()
