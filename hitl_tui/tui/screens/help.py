"""Help, made from the keys that work at this moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from hitl_tui.tui.widgets.item_line import STATUS_GLYPHS, TYPE_LETTERS

_GROUPS = {
    "list": "The list",
    "detail": "The request",
    "choice": "The options",
    "answer": "The answer",
    "inbox": "The inbox",
    "dashboard": "This screen",
    "view": "Saved views",
    "app": "Everywhere",
}
_LEGEND = (
    *((letter, kind.replace("_", " ")) for kind, letter in TYPE_LETTERS.items()),
    ("▲", "carries a risk"),
    ("!", "somebody was reminded: soon due"),
    *((glyph, status.replace("_", " ")) for status, glyph in STATUS_GLYPHS.items()),
)
_KEY_CELLS = 12

KeyHelp = tuple[str, str, str]
"""(group, key as it is shown, what it does)."""


def keys_at_hand(bindings: Iterable[ActiveBinding], display: dict[str, str]) -> list[KeyHelp]:
    """The keys to explain, grouped by the first part of the binding's id; several keys of one binding are joined."""
    shown: dict[str, tuple[str, list[str], str]] = {}
    for active in bindings:
        binding = active.binding
        group = (binding.id or "").partition(".")[0]
        if not active.enabled or group not in _GROUPS or not binding.id:
            continue
        words = active.tooltip or binding.tooltip or binding.description
        _, keys, _ = shown.setdefault(binding.id, (group, [], words))
        keys.append(display.get(binding.key, binding.key))
    found = [(group, " ".join(dict.fromkeys(keys)), words) for group, keys, words in shown.values()]
    order = list(_GROUPS)
    return sorted(found, key=lambda found_key: order.index(found_key[0]))


class HelpScreen(ModalScreen[None]):
    """Shows the keys; any of `?`, `q` and Esc closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "close", "Close", id="help.close", tooltip="Close the help"),
    ]

    def __init__(self, keys: list[KeyHelp]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -tall"):
            yield Static(Content.assemble(("Keys", "bold")), classes="dialog--title")
            with VerticalScroll():
                yield Static(self._table())
            yield Static(
                Content.assemble(("esc", "bold"), " close   ", ("j/k", "bold"), " scroll"), classes="dialog--keys"
            )

    def key_j(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def key_k(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_close(self) -> None:
        self.dismiss()

    def _table(self) -> Content:
        lines: list[Content] = []
        group = ""
        for name, key, words in self._keys:
            if name != group:
                lines += [Content()] if lines else []
                lines.append(Content.assemble((_GROUPS[name], "$text-accent")))
                group = name
            lines.append(Content.assemble((key.ljust(_KEY_CELLS), "bold"), " ", words))
        lines += [Content(), Content.assemble(("Signs in the list", "$text-accent"))]
        lines += [Content.assemble((sign.ljust(_KEY_CELLS), "bold"), " ", words) for sign, words in _LEGEND]
        return Content("\n").join(lines)
