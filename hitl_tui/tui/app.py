"""The app around the screens: themes, keys that work everywhere, and what happens when something breaks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen

from hitl_tui.inbox import Inbox
from hitl_tui.tui.commands import KeyCommands
from hitl_tui.tui.control_filter import ControlFilter
from hitl_tui.tui.crash_log import log_defect
from hitl_tui.tui.key_order import KeyOrder
from hitl_tui.tui.screens.help import HelpScreen, keys_at_hand
from hitl_tui.tui.screens.inbox import InboxScreen
from hitl_tui.tui.themes import DARK, LIGHT, theme_name
from hitl_tui.tui.undo_windows import UNDO_SECONDS
from hitl_tui.tui.wording import in_flight_words
from hitl_tui.tui.worker_child import WorkerChild

_STYLES = Path(__file__).parent / "styles"


def utc_now() -> datetime:
    """The wall clock in UTC."""
    return datetime.now(UTC)


class HitlApp(App[None]):
    """The inbox of one database on this terminal. `worker` is started and watched, and stopped by who made it."""

    TITLE = "hitl"
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        _STYLES / f"{name}.tcss" for name in ("app", "dialogs", "detail", "answers")
    ]
    COMMANDS: ClassVar[set[Any]] = {KeyCommands}
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "question_mark", "help", "help", key_display="?", id="app.help", tooltip="Show the keys that work here"
        ),
        Binding(
            "ctrl+p",
            "command_palette",
            "commands",
            key_display="^p",
            priority=True,
            id="app.palette",
            tooltip="Find a command by its name",
        ),
        Binding("t", "toggle_theme", "theme", show=False, id="app.theme", tooltip="Switch between dark and light"),
        Binding("q,ctrl+c", "leave", "quit", show=False, id="app.quit", tooltip="Quit; nothing is lost"),
        Binding(
            "ctrl+q", "leave", "quit", show=False, priority=True, id="app.quit_always", tooltip="Quit from anywhere"
        ),
    ]

    def __init__(
        self,
        inbox: Inbox,
        *,
        actor: str,
        worker: WorkerChild | None = None,
        agents: str | None = None,
        now: Callable[[], datetime] = utc_now,
        undo_seconds: float = UNDO_SECONDS,
    ) -> None:
        super().__init__()
        self._undo_seconds = undo_seconds
        self._inbox = inbox
        self._actor = actor
        self._worker = worker
        self._agents = agents
        self._now = now
        self._control_filter = ControlFilter()
        self.key_order = KeyOrder()
        """What keeps fast keys in their order; the driver asks it."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self._few_colours = "NO_COLOR" in os.environ or self.console.color_system in ("standard", None)
        self.theme = theme_name(few_colours=self._few_colours, dark=True)

    @property
    def inbox_screen(self) -> InboxScreen:
        """The main screen."""
        screen = self.screen_stack[0]
        assert isinstance(screen, InboxScreen)
        return screen

    def get_driver_class(self) -> type[Driver]:
        """Our own on a terminal; what `TEXTUAL_DRIVER` names, and none, stay as they are."""
        from textual.drivers.linux_driver import LinuxDriver

        from hitl_tui.tui.driver import SafeInputDriver

        found = super().get_driver_class()
        return SafeInputDriver if found is LinuxDriver else found

    def get_default_screen(self) -> Screen[None]:
        """The inbox."""
        return InboxScreen(
            self._inbox, actor=self._actor, now=self._now, agents=self._agents, undo_seconds=self._undo_seconds
        )

    def on_mount(self) -> None:
        if self._worker is not None:
            self.call_after_refresh(self._watch_worker, self._worker)

    def _watch_worker(self, worker: WorkerChild) -> None:
        screen = self.inbox_screen
        screen.guarded(worker.watch(lambda words: screen.banner.say("worker", words)))

    async def on_event(self, event: events.Event) -> None:
        """As Textual does, and then see the key through."""
        first = (self.focused or self.screen) if isinstance(event, events.Key) and not event.is_forwarded else None
        await super().on_event(event)
        if first is not None:
            self.key_order.follow(first, self)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, then the guard against control characters that a widget let through."""
        return [*super().get_line_filters(), self._control_filter]

    def action_help(self) -> None:
        bindings = list(self.screen.active_bindings.values())
        # The footer joins keys (`j/k`); here each key is explained by itself.
        display = {
            active.binding.key: self.get_key_display(replace(active.binding, key_display=None)) for active in bindings
        }
        self.push_screen(HelpScreen(keys_at_hand(bindings, display)))

    def action_toggle_theme(self) -> None:
        self.theme = theme_name(few_colours=self._few_colours, dark=not self.current_theme.dark)

    def action_leave(self) -> None:
        counts = self.inbox_screen.counts
        ours = self._worker is not None and self._worker.pid is not None
        served = counts is not None and counts.live_worker and not ours
        words = in_flight_words(counts, held=self.inbox_screen.undo_line.is_open, served=served)
        self.exit(message=Text(words) if words else None)

    def _fatal_error(self) -> None:
        # Textual would print the values of local variables here, which may be secrets.
        error = self._exception or sys.exc_info()[1]
        words = log_defect(error) if error is not None else "unexpected end"
        self.panic(Text(f"hitl: {words}", no_wrap=True, overflow="ignore"))
