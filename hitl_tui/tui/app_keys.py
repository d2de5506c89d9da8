"""The keys that work on every screen."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

APP_KEYS: Final[list[BindingType]] = [
    Binding("question_mark", "help", "help", key_display="?", id="app.help", tooltip="Show the keys that work here"),
    Binding(
        "ctrl+p",
        "command_palette",
        "commands",
        key_display="^p",
        priority=True,
        id="app.palette",
        tooltip="Find a command by its name",
    ),
    Binding("M", "metrics", "metrics", show=False, id="app.metrics", tooltip="Metrics: how much, how fast, where"),
    Binding("W", "runner", "runner", show=False, id="app.runner", tooltip="Runner: what the workers do"),
    Binding("t", "next_theme", "theme", show=False, id="app.theme", tooltip="Next colour theme"),
    Binding("minus", "list_width(-1)", "narrower", show=False, id="app.narrower", tooltip="Make the list narrower"),
    Binding("plus,equals_sign", "list_width(1)", "wider", show=False, id="app.wider", tooltip="Make the list wider"),
    *(
        Binding(f"alt+{digit}", f"view('{digit}')", "", show=False, id=f"view.{digit}", tooltip=f"Saved view {digit}")
        for digit in range(1, 10)
    ),
    Binding("ctrl+z", "suspend_process", "suspend", show=False, id="app.suspend", tooltip="To the shell, until fg"),
    Binding("q,ctrl+c", "leave", "quit", show=False, id="app.quit", tooltip="Quit; nothing is lost"),
    Binding("ctrl+q", "leave", "quit", show=False, priority=True, id="app.quit_always", tooltip="Quit from anywhere"),
]
