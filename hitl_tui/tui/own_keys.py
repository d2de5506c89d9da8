"""Keys as words name them, where the user may have given something another key."""

from __future__ import annotations

from textual.app import App
from textual.binding import Binding


def key_of(app: App[object], binding_id: str, otherwise: str) -> str:
    """How the first key of a binding is shown; `otherwise` is its own, which a test compares with the binding."""
    given = app._keymap.get(binding_id)
    return app.get_key_display(Binding(given.split(",")[0], "")) if given else otherwise
