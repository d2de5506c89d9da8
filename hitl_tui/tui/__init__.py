"""The full-screen app: shows the inbox and takes answers. It never runs agents and never reads the store itself."""

from hitl_tui.tui.run import run_tui

__all__ = ["run_tui"]
