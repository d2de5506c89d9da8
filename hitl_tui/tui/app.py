"""The app around the screens: themes, keys that work everywhere, and what happens when something breaks."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import App
from textual.binding import ActiveBinding, Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import Input

from hitl_tui.config import environment
from hitl_tui.config.values import NARROWEST, WIDEST, Config
from hitl_tui.inbox.filters import Filter, Sort
from hitl_tui.tui.app_keys import APP_KEYS
from hitl_tui.tui.attention import Attention, waiting_words
from hitl_tui.tui.commands import KeyCommands
from hitl_tui.tui.control_filter import ControlFilter
from hitl_tui.tui.crash_log import log_defect
from hitl_tui.tui.key_order import KeyOrder
from hitl_tui.tui.leaving import Leaving, can_come_back
from hitl_tui.tui.own_settings import OwnSettings, filter_of
from hitl_tui.tui.screens.opening import OpeningScreen
from hitl_tui.tui.styles import INBOX_STYLES, style_files
from hitl_tui.tui.themes import OURS, next_name
from hitl_tui.tui.undo_windows import UNDO_SECONDS
from hitl_tui.tui.widgets.footer_line import FooterLine
from hitl_tui.tui.widgets.header_line import HeaderLine
from hitl_tui.tui.wording import in_flight_words, waiting_for

if TYPE_CHECKING:
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import Counts
    from hitl_tui.tui.driver import SafeInputDriver
    from hitl_tui.tui.screens.inbox import InboxScreen
    from hitl_tui.tui.worker_child import WorkerChild

_WIDTH_STEP = 5
_JOINED = {"list.down": ("list.up",), "list.choose_1": tuple(f"list.choose_{digit}" for digit in range(2, 10))}
"""Bindings that the footer shows with the keys of others (`j/k`): only as long as none of these has another key."""


def utc_now() -> datetime:
    """The wall clock in UTC."""
    return datetime.now(UTC)


class HitlApp(App[None]):
    """The inbox of one database on this terminal; without `inbox` its empty frame, until `show_inbox` is called.

    What is imported above is what the frame needs: it stands on the screen while the rest is loaded.
    """

    TITLE = "hitl"
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = style_files("app")
    COMMANDS: ClassVar[set[Any]] = {KeyCommands}
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = APP_KEYS

    def __init__(
        self,
        inbox: Inbox | None = None,
        *,
        actor: str,
        agents: str | None = None,
        now: Callable[[], datetime] = utc_now,
        undo_seconds: float = UNDO_SECONDS,
        settings: OwnSettings | None = None,
    ) -> None:
        self._settings = settings or OwnSettings()
        self._shown: InboxScreen | None = None
        # Textual would take NO_COLOR for shades of grey, and draw black on black; and it takes the variable away.
        no_colour = environment.no_colour()
        # Textual loads the styles of every screen but the first.
        styles = style_files("app", *INBOX_STYLES) if inbox is not None else None
        super().__init__(css_path=styles, ansi_color=True if no_colour else None)
        self._undo_seconds = undo_seconds
        self._inbox = inbox
        self._actor = actor
        self._worker: WorkerChild | None = None
        self._leaving = Leaving(self._leave)
        self.painted = asyncio.Event()
        """Set once the first frame is on the screen."""
        self._agents = agents
        self._now = now
        self._control_filter = ControlFilter()
        self.key_order = KeyOrder(self, self._say_dropped)
        """What keeps fast keys in their order, and those typed during a block from acting; the driver asks it."""
        self._attention = Attention(self.config.notifications, self.bell, self._notify_outside)
        self._few_colours = no_colour or self.console.color_system in ("standard", None)
        for theme in OURS:
            self.register_theme(theme)
        first = self._settings.first_theme(few_colours=self._few_colours)
        self.register_theme(first)
        self.theme = first.name
        keymap = self._settings.keymap
        # Here as well: keys that an editor takes for text are left out before Textual looks at the keymap.
        self._bindings.apply_keymap(keymap)
        self.set_keymap(keymap)

    @property
    def config(self) -> Config:
        """The settings of this visit."""
        return self._settings.config

    @property
    def inbox_screen(self) -> InboxScreen:
        """The main screen."""
        assert self._shown is not None
        return self._shown

    def get_driver_class(self) -> type[Driver]:
        """Our own on a terminal; what `TEXTUAL_DRIVER` names, and none, stay as they are."""
        from textual.drivers.linux_driver import LinuxDriver

        from hitl_tui.tui.driver import SafeInputDriver

        found = super().get_driver_class()
        return SafeInputDriver if found is LinuxDriver else found

    def get_default_screen(self) -> Screen[None]:
        """The inbox, or the frame that stands for it."""
        if self._inbox is not None:
            return self._screen_of(self._inbox)
        return OpeningScreen(self._actor, *self._begins_with)

    def show_inbox(self, inbox: Inbox, worker: WorkerChild) -> None:
        """Put the inbox into the frame. `worker` is started and watched, and stopped by who made it."""
        self._inbox, self._worker = inbox, worker
        self.push_screen(self._screen_of(inbox))
        self.call_after_refresh(self._once_shown)
        self.call_after_refresh(self._watch_worker, worker)

    def _screen_of(self, inbox: Inbox) -> InboxScreen:
        from hitl_tui.tui.screens.inbox import InboxScreen

        self._shown = InboxScreen(
            inbox, actor=self._actor, now=self._now, agents=self._agents, undo_seconds=self._undo_seconds
        )
        self._shown.begin_with(*self._begins_with)
        return self._shown

    @property
    def _begins_with(self) -> tuple[Filter, Sort]:
        chosen = self._settings.remembered
        return Filter(shelf=chosen.shelf or "waiting"), chosen.sort or "due"

    def get_css_variables(self) -> dict[str, str]:
        """Textual's, and how the screen is divided."""
        percent = self._settings.remembered.list_width_over(self.config)
        return {**super().get_css_variables(), "list-width": f"{percent}%", "request-width": f"{100 - percent}%"}

    def get_key_display(self, binding: Binding) -> str:
        """The key as it is shown; what was joined (`j/k`) is not when one of the two has another key."""
        if any(other in self._keymap for other in _JOINED.get(binding.id or "", ())):
            binding = replace(binding, key_display=(binding.key_display or "")[:1] or None)
        return super().get_key_display(binding)

    def on_mount(self) -> None:
        self.call_after_refresh(self.painted.set)
        if self._shown is not None:
            self.call_after_refresh(self._once_shown)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Before the inbox is there, its frame has no use for any of these keys but to leave."""
        if action == "suspend_process" and isinstance(self.focused, Input):
            # It is undo in an editor of many lines: who means that here must not find themselves in the shell.
            return False
        return action == "quit" if self._shown is None else super().check_action(action, parameters)

    def _watch_worker(self, worker: WorkerChild) -> None:
        screen = self.inbox_screen
        screen.guarded(worker.watch(lambda words: screen.banner.say("worker", words)))

    async def on_event(self, event: events.Event) -> None:
        """As Textual does, and then see the key through; one that was typed during a block goes nowhere.

        Nor does one that comes back from the widgets only after another program has had the screen.
        """
        if not isinstance(event, events.Key):
            await super().on_event(event)
        elif not self.key_order.drops(event):
            first = None if event.is_forwarded else self.focused or self.screen
            await super().on_event(event)
            if first is not None:
                self.key_order.follow(event, first)

    def on_key(self, event: events.Key) -> None:
        self.key_order.came_back(event)

    def _say_dropped(self, keys: int) -> None:
        words = "1 key" if keys == 1 else f"{keys:,} keys"
        # A dialog has no last line of its own; that of the inbox is seen behind it.
        on_top = self.screen.query(FooterLine)
        footer = on_top.first() if on_top else self.inbox_screen.footer
        footer.say(f"{words} ignored: typed while the screen stood still")

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, then the guard against control characters that a widget let through."""
        return [*super().get_line_filters(), self._control_filter]

    def live_bindings(self, screen: Screen[Any]) -> list[ActiveBinding]:
        """What has a key that works on this screen now; saved views by their names."""
        found = []
        for active in screen.active_bindings.values():
            group, _, digit = (active.binding.id or "").partition(".")
            if group == "view":
                if digit not in self.config.views:
                    continue
                active = active._replace(tooltip=f"View: {self.config.views[digit].name}")
            found.append(active)
        return found

    def action_help(self) -> None:
        from hitl_tui.tui.screens.help import HelpScreen, keys_at_hand

        bindings = self.live_bindings(self.screen)
        # The footer joins keys (`j/k`); here each key is explained by itself.
        display = {
            active.binding.key: self.get_key_display(replace(active.binding, key_display=None)) for active in bindings
        }
        self.push_screen(HelpScreen(keys_at_hand(bindings, display)))

    def action_metrics(self) -> None:
        from hitl_tui.tui.screens.dashboard import show
        from hitl_tui.tui.screens.metrics import MetricsScreen

        show(self, MetricsScreen(self.inbox_screen.inbox, now=self._now))

    def action_runner(self) -> None:
        from hitl_tui.tui.screens.dashboard import show
        from hitl_tui.tui.screens.runner import RunnerScreen

        show(self, RunnerScreen(self.inbox_screen.inbox, now=self._now))

    @property
    def theme_names(self) -> list[str]:
        """The themes that can be chosen on this terminal."""
        return list(self._settings.themes_to_cycle(few_colours=self._few_colours))

    def action_next_theme(self) -> None:
        self.choose_theme(next_name(self.theme_names, self.theme))

    def choose_theme(self, name: str) -> None:
        """Take a theme now, and the next time."""
        theme = self._settings.theme(name)
        if theme is None:
            return
        self.register_theme(theme)
        self.theme = name
        before = self._settings.remembered
        if self._few_colours:
            self._settings.remembered = replace(before, few_colours_theme=name)
        else:
            self._settings.remembered = before.with_theme(name, self.config)
        wrong = self._settings.wrong_theme_files
        more = f"; {wrong[0]}" if wrong else ""
        self.inbox_screen.footer.say(f"theme {name}{more}", error=bool(wrong))

    def action_list_width(self, steps: int) -> None:
        screen = self.inbox_screen
        if not screen.has_class("-wide"):
            screen.footer.say("the list has the whole width here")
            return
        before = self._settings.remembered
        percent = before.list_width_over(self.config) + steps * _WIDTH_STEP
        percent = max(min(percent, WIDEST), NARROWEST)
        self._settings.remembered = before.with_list_width(percent, self.config)
        self.refresh_css(animate=False)
        screen.footer.say(f"list {percent} %, request {100 - percent} %")

    def action_view(self, digit: str) -> None:
        screen = self.inbox_screen
        view = self.config.views.get(digit)  # type: ignore[call-overload]
        if view is None:
            place = f"views.{digit}"
            wrong = any(f"{problem.key}.".startswith(f"{place}.") for problem in self._settings.problems)
            words = (
                f"view {digit} has an error: `hitl config`" if wrong else f"no view {digit}: name one in config.toml"
            )
            screen.footer.say(words)
            return
        if self.screen is not screen:
            # A dashboard; where a question is asked, this key does not come here.
            self.screen.dismiss()
        screen.footer.say(f"view {digit}: {view.name}")
        screen.list_only(filter_of(view, self._actor), view.sort)

    def keep_choices(self) -> None:
        """Remember for the next visit what was chosen on the screen. Called by who ran the app."""
        if self._shown is None:
            return
        shown = self._shown.inbox_list
        self._settings.remembered = replace(self._settings.remembered, shelf=shown.which.shelf, sort=shown.sort)
        self._settings.keep()

    def _once_shown(self) -> None:
        problems = self._settings.problems
        if problems:
            more = f"; {len(problems) - 1} more: `hitl config`" if len(problems) > 1 else ""
            self.inbox_screen.banner.say("config", f"{problems[0]}{more}")
        self.watch(self.inbox_screen.query_one(HeaderLine), "counts", self._counted)

    def _counted(self, counts: Counts | None) -> None:
        if counts is None:
            return
        self._attention.counted(counts, looking=self.app_focus)
        if self._on_terminal is not None:
            self._on_terminal.show_title(waiting_words(counts))

    def on_inbox_list_loaded(self) -> None:
        if not self.screen_stack:
            # The app ends: the screen is gone before what it said.
            return
        self._attention.listed(self.inbox_screen.inbox_list.loaded, looking=self.app_focus)

    def _notify_outside(self, words: str) -> None:
        if self._on_terminal is not None:
            self._on_terminal.notify(words)

    @property
    def _on_terminal(self) -> SafeInputDriver | None:
        from hitl_tui.tui.driver import SafeInputDriver

        return self._driver if isinstance(self._driver, SafeInputDriver) else None

    def action_leave(self) -> None:
        self._leaving.ask(self.inbox_screen)

    def action_suspend_process(self) -> None:
        if self._on_terminal is None or not can_come_back():
            self.inbox_screen.footer.say("not suspended: there is no shell that could bring the screen back")
        else:
            self.inbox_screen.guarded(self._suspend_once_kept(self.inbox_screen))

    async def _suspend_once_kept(self, screen: InboxScreen) -> None:
        # Stopped in the middle of a transaction, we would stop all others that write.
        if await screen.keep_all():
            super().action_suspend_process()

    async def leave_on_signal(self, number: int) -> None:
        """Leave in a moment; what is half written is stored if that is quick."""
        if self._shown is not None:
            await self._leaving.keep_for_a_moment(self._shown)
        self.exit(None, 128 + number)

    def _leave(self) -> None:
        counts = self.inbox_screen.counts
        ours = self._worker is not None and self._worker.pid is not None
        served = counts is not None and counts.live_worker and not ours
        words = in_flight_words(counts, held=self.inbox_screen.undo_line.is_open, served=served)
        if self._leaving.waits:
            words = "\n".join(filter(None, (waiting_for(self.inbox_screen.inbox.path), words)))
        self.exit(message=Text(words) if words else None)

    def _fatal_error(self) -> None:
        # Textual would print the values of local variables here, which may be secrets.
        error = self._exception or sys.exc_info()[1]
        words = log_defect(error) if error is not None else "unexpected end"
        self.panic(Text(f"hitl: {words}", no_wrap=True, overflow="ignore"))
