"""The command palette: everything that has a key here and now, by its name, and every colour theme."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, cast

from textual.binding import ActiveBinding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.screen import Screen

_LEFT_OUT = ("app.palette", "app.quit_always", "dead.what_fits")
_DIGITS = {f"{where}.choose_{digit}" for where in ("list", "detail") for digit in range(2, 10)}
_MOVES = ("down", "up", "first", "last", "half_down", "half_up", "page_down", "page_up")

Command = tuple[str, Callable[[], object], str, str]
"""What it does, how, its key, and the word that the footer has for it (`snooze`), which finds it as well."""


class HasCommands(Protocol):
    """What the palette needs from the app."""

    theme: str

    @property
    def theme_names(self) -> list[str]: ...

    def live_bindings(self, screen: Screen[object]) -> list[ActiveBinding]: ...

    def choose_theme(self, name: str) -> None: ...


class KeyCommands(Provider):
    """One command for each binding with a tooltip that is active under the palette, and one for each theme."""

    async def discover(self) -> Hits:
        for title, run, help_text, _ in self._commands():
            yield DiscoveryHit(Content(title), run, title, help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, run, help_text, word in self._commands():
            score = max(matcher.match(title), matcher.match(word))
            if score > 0:
                # Textual reads markup in what it highlights; the name of a saved view may look like some.
                display = Content(title) if "[" in title else matcher.highlight(title)
                yield Hit(score, display, run, title, help_text)

    def _commands(self) -> list[Command]:
        found: dict[str, Command] = {}
        app = cast(HasCommands, self.app)
        for active in app.live_bindings(self.screen):
            binding = active.binding
            if not binding.id or not binding.tooltip or not active.enabled or binding.id in _LEFT_OUT:
                continue
            if binding.id.partition(".")[2] in _MOVES or binding.id in _DIGITS:
                # Nobody looks for `next item` by its name.
                continue
            title = active.tooltip or binding.tooltip
            key = self.app.get_key_display(binding)
            found.setdefault(binding.id, (title, partial(self._run, active), f"key: {key}", binding.description))
        themes = [(f"Theme: {name}", partial(app.choose_theme, name)) for name in app.theme_names if name != app.theme]
        named = [(title, run, "a colour theme", "") for title, run in themes]
        return [*sorted(found.values(), key=lambda command: command[0]), *named]

    async def _run(self, active: ActiveBinding) -> None:
        await self.app.run_action(active.binding.action, active.node)
