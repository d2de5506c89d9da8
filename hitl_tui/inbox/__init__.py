"""The use cases: the one door for every surface (TUI, CLI, Python, HTTP)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hitl_tui.inbox.api import Inbox

__all__ = ["Inbox"]


def __getattr__(name: str) -> Any:
    """`Inbox`, loaded when it is first asked for: with it comes the engine."""
    if name != "Inbox":
        raise AttributeError(name)
    from hitl_tui.inbox.api import Inbox

    return Inbox
