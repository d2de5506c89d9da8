"""Keys as words name them, where the user may have given something another key."""

from __future__ import annotations

from textual.app import App
from textual.binding import Binding
from textual.content import Content


def key_of(app: App[object], binding_id: str, otherwise: str) -> str:
    """How the first key of a binding is shown; `otherwise` is its own, which a test compares with the binding."""
    given = app._keymap.get(binding_id)
    return app.get_key_display(Binding(given.split(",")[0], "")) if given else otherwise


def keys_line(*keys: tuple[str, str]) -> Content:
    """Which key does what, in one line, of (key, words) pairs."""
    return Content("   ").join(Content.assemble((key, "bold"), f" {words}") for key, words in keys)
