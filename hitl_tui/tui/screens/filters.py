"""Which items to list: types, graphs, risks, whose, how old. Space ticks, Enter shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from hitl_tui.inbox.filters import Filter
from hitl_tui.model.risk import CLASSES
from hitl_tui.safe_text import one_line
from hitl_tui.tui.own_keys import key_of, keys_line
from hitl_tui.tui.time_left import AGES
from hitl_tui.tui.widgets.item_line import TYPE_LETTERS

RISKS = ("high", *CLASSES)
_TITLES = {"types": "Type", "risks": "Risk", "assignees": "Whose", "older_than": "Older than", "graphs": "Graph"}
_ONE_OF = ("assignees", "older_than")
"""Of these only one can be ticked."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line that can be ticked: a value of a field of the filter, and how it is shown."""

    field: str
    value: str | timedelta
    words: str


def choices(actor: str, graphs: Sequence[str]) -> list[Choice]:
    """All lines, by field."""
    found = [Choice("types", kind, f"{letter}  {kind.replace('_', ' ')}") for kind, letter in TYPE_LETTERS.items()]
    found += [Choice("risks", risk, risk) for risk in RISKS]
    found += [Choice("assignees", actor, f"mine ({one_line(actor)})"), Choice("assignees", "", "nobody's")]
    found += [Choice("older_than", age, words) for words, age in AGES.items()]
    return found + [Choice("graphs", graph, one_line(graph)) for graph in graphs]


def ticked(choice: Choice, which: Filter) -> bool:
    """Whether the filter has this value."""
    value = getattr(which, choice.field)
    return choice.value == value if choice.field == "older_than" else choice.value in value


def toggled(choice: Choice, which: Filter) -> Filter:
    """The filter with this value ticked or not."""
    on = not ticked(choice, which)
    if choice.field == "older_than":
        return replace(which, older_than=choice.value if on and isinstance(choice.value, timedelta) else None)
    values = [] if choice.field in _ONE_OF else [one for one in getattr(which, choice.field) if one != choice.value]
    changed: dict[str, Any] = {choice.field: (*values, *([choice.value] if on else []))}
    return replace(which, **changed)


class FilterScreen(ModalScreen[Filter | None]):
    """Dismissed with the filter to show, or None to leave it as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close", id="filter.close", tooltip="Leave the list as it is"),
        Binding("space", "tick", "Tick", id="filter.tick", tooltip="Tick a line, or take its tick away"),
        Binding("c", "clear", "Clear", id="filter.clear", tooltip="Take all ticks away"),
        Binding("j", "cursor('down')", "Next", show=False, id="filter.down", tooltip="Next line"),
        Binding("k", "cursor('up')", "Previous", show=False, id="filter.up", tooltip="Previous line"),
    ]

    def __init__(self, which: Filter, actor: str, graphs: Sequence[str]) -> None:
        super().__init__()
        self._which = which
        self._choices = choices(actor, graphs)
        self._list = OptionList(markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -tall"):
            yield Static(Content.assemble(("Show only", "bold")), classes="dialog--title")
            yield self._list
            keys = keys_line(
                (key_of(self.app, "filter.tick", "space"), "tick"),
                ("enter", "show"),
                (key_of(self.app, "filter.clear", "c"), "clear"),
                (key_of(self.app, "filter.close", "esc"), "leave it"),
            )
            yield Static(keys, classes="dialog--keys")

    def on_mount(self) -> None:
        self._fill()
        self._list.highlighted = 1
        self._list.focus()

    def _fill(self) -> None:
        lines: list[Option] = []
        field = ""
        for number, choice in enumerate(self._choices):
            if choice.field != field:
                field = choice.field
                lines.append(Option(Content.assemble((_TITLES[field], "$text-accent")), disabled=True))
            sign = "[x]" if ticked(choice, self._which) else "[ ]"
            lines.append(Option(Content(f"  {sign} {choice.words}"), id=str(number)))
        at = self._list.highlighted
        self._list.clear_options()
        self._list.add_options(lines)
        self._list.highlighted = at

    def action_tick(self) -> None:
        if (at := self._list.highlighted) is None:
            return
        option = self._list.get_option_at_index(at)
        if option.id is not None:
            self._which = toggled(self._choices[int(option.id)], self._which)
            self._fill()

    def action_clear(self) -> None:
        self._which = Filter(shelf=self._which.shelf)
        self._fill()

    def action_cursor(self, way: str) -> None:
        getattr(self._list, f"action_cursor_{way}")()

    @on(OptionList.OptionSelected)
    def _apply(self) -> None:
        # The list's own Enter: a key of priority would overtake the space before it.
        self.dismiss(self._which)

    def action_close(self) -> None:
        self.dismiss(None)
