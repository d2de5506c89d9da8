"""What a key that was typed during a block would do now: what moves, shows or writes is harmless when it comes late."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.app import App
from textual.widgets import Input, TextArea

_WAYS_OUT = frozenset({"escape", "ctrl+c", "ctrl+q"})
_MOVES = frozenset(
    ("move", "page", "edge", "first", "last", "next", "previous", "cursor", "scroll", "go", "turn", "enter", "focus")
)
"""The first words of the actions that only move; `enter` is how the fields of a form call it."""
_LOOKS = frozenset(
    {
        *("open", "fold", "close", "back", "leave", "history", "whole", "help", "metrics", "runner"),
        *("search", "shelf", "sort", "command_palette"),
    }
)
"""Actions that show something else, and decide nothing; what appears takes no decision at once."""
_WRITING = frozenset(
    binding[1] if isinstance(binding, tuple) else binding.action for binding in (*Input.BINDINGS, *TextArea.BINDINGS)
) - {"submit"}


def leads_out(key: events.Key) -> bool:
    """Whether it leaves something as it is: that must work however long the screen has stood still."""
    return key.key in _WAYS_OUT


def acts(app: App[Any], key: events.Key) -> bool:
    """Whether the key would do more than move, show something, or write into the editor that has the focus."""
    focused, bound = app.focused, app.screen.active_bindings.get(key.key)
    editor = focused if isinstance(focused, (Input, TextArea)) else None
    if editor is not None and _is_text(key, editor) and not (bound is not None and bound.binding.priority):
        return False
    if bound is None:
        return False
    action = bound.binding.action.partition("(")[0].rpartition(".")[2]
    if editor is not None and bound.node is editor:
        return action not in _WRITING
    return action not in _LOOKS and action.partition("_")[0] not in _MOVES


def _is_text(key: events.Key, editor: Input | TextArea) -> bool:
    # Textual's editor of many lines takes Enter without saying so.
    new_line = key.key == "enter" and isinstance(editor, TextArea)
    return new_line or editor.check_consume_key(key.key, key.character)
