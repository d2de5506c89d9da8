"""The command palette: everything that has a key here and now, by its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.binding import ActiveBinding
from textual.command import DiscoveryHit, Hit, Hits, Provider

_LEFT_OUT = ("app.palette", "app.quit_always", "dead.what_fits")
_MOVES = ("down", "up", "first", "last", "half_down", "half_up", "page_down", "page_up")


class KeyCommands(Provider):
    """One command for each binding with a tooltip that is active under the palette."""

    async def discover(self) -> Hits:
        for title, run, help_text in self._commands():
            yield DiscoveryHit(title, run, help=help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, run, help_text in self._commands():
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), run, help=help_text)

    def _commands(self) -> list[tuple[str, Callable[[], object], str]]:
        found: dict[str, tuple[str, Callable[[], object], str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.id or not binding.tooltip or not active.enabled or binding.id in _LEFT_OUT:
                continue
            if binding.id.partition(".")[2] in _MOVES:
                # Nobody looks for `next item` by its name.
                continue
            title = binding.tooltip
            key = self.app.get_key_display(binding)
            found.setdefault(binding.id, (title, partial(self._run, active), f"key: {key}"))
        return sorted(found.values(), key=lambda command: command[0])

    async def _run(self, active: ActiveBinding) -> None:
        await self.app.run_action(active.binding.action, active.node)
