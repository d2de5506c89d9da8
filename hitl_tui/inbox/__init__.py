"""The use cases: the one door for every surface (TUI, CLI, Python, HTTP)."""

from hitl_tui.inbox.api import Inbox

__all__ = ["Inbox"]
