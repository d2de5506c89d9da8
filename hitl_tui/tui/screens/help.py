"""Help, made from the keys that work at this moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from hitl_tui.tui.own_keys import key_of, keys_line
from hitl_tui.tui.widgets.item_line import STATUS_GLYPHS, TYPE_LETTERS
from hitl_tui.tui.wrapping import wrap

_GROUPS = {
    "list": "The list",
    "detail": "The request",
    "choice": "The options",
    "batch": "The batch",
    "form": "The form",
    "answer": "The answer",
    "tree": "The tree of values",
    "inbox": "The inbox",
    "dashboard": "This screen",
    "view": "Saved views",
    "app": "Everywhere",
}
_LEGEND = (
    *((letter, kind.replace("_", " ")) for kind, letter in TYPE_LETTERS.items()),
    ("▲", "carries a risk"),
    ("!", "somebody was reminded: soon due"),
    ("z 2h", "put aside, and back in two hours"),
    *((glyph, status.replace("_", " ")) for status, glyph in STATUS_GLYPHS.items()),
)
_NUMBERED = ("choose_", "pick_")
"""Ids that differ in their number only: nine keys for one deed, in one line."""
_KEY_CELLS = 12
_TWO_COLUMNS = 110
"""Cells of the screen from which on there is room for two columns."""
_WIDEST = 150
_FRAME = 8
"""Cells of the dialog beside its text."""
_GAP = 4

KeyHelp = tuple[str, str, str]
"""(group, key as it is shown, what it does)."""
Block = tuple[str, Sequence[tuple[str, str]]]
"""A heading, and below it keys with what they do."""


def keys_at_hand(bindings: Iterable[ActiveBinding], display: dict[str, str]) -> list[KeyHelp]:
    """The keys to explain, grouped by the first part of the binding's id; several keys of one binding are joined."""
    shown: dict[str, tuple[str, list[str], str]] = {}
    for active in bindings:
        binding = active.binding
        group = (binding.id or "").partition(".")[0]
        if not active.enabled or group not in _GROUPS or not binding.id:
            continue
        words = active.tooltip or binding.tooltip or binding.description
        name = binding.id.rstrip("123456789")
        if name.endswith(_NUMBERED):
            words = "The option of that number"
        else:
            name = binding.id
        _, keys, _ = shown.setdefault(name, (group, [], words))
        keys.append(display.get(binding.key, binding.key))
    found = [(group, _joined(list(dict.fromkeys(keys))), words) for group, keys, words in shown.values()]
    order = list(_GROUPS)
    return sorted(found, key=lambda found_key: order.index(found_key[0]))


def _joined(keys: Sequence[str]) -> str:
    digits = len(keys) > 1 and "".join(keys) in "123456789"
    return f"{keys[0]}-{keys[-1]}" if digits else " ".join(keys)


class HelpScreen(ModalScreen[None]):
    """Shows the keys; any of `?`, `q` and Esc closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "close", "Close", id="help.close", tooltip="Close the help"),
    ]

    def __init__(self, keys: list[KeyHelp]) -> None:
        super().__init__()
        blocks: list[Block] = [
            (_GROUPS[group], [(key, words) for _, key, words in found])
            for group, found in groupby(keys, key=lambda each: each[0])
        ]
        self._blocks: Sequence[Block] = [*blocks, ("Signs in the list", _LEGEND)]
        self._columns = (Static(markup=False), Static(markup=False, classes="help--second"))

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -tall"):
            yield Static(Content.assemble(("Keys", "bold")), classes="dialog--title")
            with VerticalScroll(), Horizontal(classes="help--columns"):
                yield from self._columns
            close = key_of(self.app, "help.close", "esc")
            yield Static(keys_line((close, "close"), ("j/k", "scroll")), classes="dialog--keys")

    def on_resize(self, event: events.Resize) -> None:
        """Two columns where they have room, else one."""
        wide = event.size.width >= _TWO_COLUMNS
        self.set_class(wide, "-two-columns")
        room = min(event.size.width, _WIDEST) - _FRAME
        width = (room - _GAP) // 2 if wide else min(room, 68)
        columns = halves(self._blocks) if wide else (self._blocks, [])
        for column, blocks in zip(self._columns, columns, strict=True):
            column.update(Content("\n").join(column_lines(blocks, width)))

    def key_j(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def key_k(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_close(self) -> None:
        self.dismiss()


def halves(blocks: Sequence[Block]) -> tuple[Sequence[Block], Sequence[Block]]:
    """The blocks in two columns, in their order and as equally high as they come."""
    heights = [len(keys) + 2 for _, keys in blocks]
    at = min(range(1, len(blocks)), key=lambda split: max(sum(heights[:split]), sum(heights[split:])))
    return blocks[:at], blocks[at:]


def column_lines(blocks: Sequence[Block], width: int) -> list[Content]:
    """The lines of a column; what does not fit into one line goes on below itself."""
    lines: list[Content] = []
    for heading, keys in blocks:
        lines += [Content()] if lines else []
        lines.append(Content.assemble((heading, "$text-accent")))
        for key, words in keys:
            rows = [words[start:end].rstrip() for start, end in wrap(words, width - _KEY_CELLS - 1)]
            lines.append(Content.assemble((key.ljust(_KEY_CELLS), "bold"), " ", rows[0]))
            lines += [Content(" " * (_KEY_CELLS + 1) + row) for row in rows[1:]]
    return lines
