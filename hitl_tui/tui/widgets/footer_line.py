"""The last line of the screen: what the keys do here and now, or for a moment what has just happened.

An error that is longer than the line takes a few lines: who decided what, and when, must not be cut off.
"""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from hitl_tui.safe_text import one_line
from hitl_tui.tui.wrapping import wrap

_SECONDS = 5.0
_MOST_ROWS = 4
_ALWAYS = ("app.help", "app.palette")
"""Ids of the bindings that keep their place at the right."""


class FooterLine(Widget):
    """Keys of the focused widget and of the screen, from the live bindings; a click presses the key."""

    def __init__(self) -> None:
        super().__init__()
        self._notice: tuple[str, str] | None = None
        self._whole = False
        """Whether the notice is shown whole, over as many lines as it takes."""
        self._timer: Timer | None = None
        self._places: list[tuple[int, int, str]] = []

    @property
    def notice(self) -> str:
        """What it says instead of the keys, if anything."""
        return self._notice[0] if self._notice else ""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def say(self, words: str, *, error: bool = False) -> None:
        """Say something for a few seconds, longer when it is an error."""
        self._notice = (one_line(words), "$text-error" if error else "$text-accent")
        self._whole = error
        self._fit()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_SECONDS * (3 if error else 1), self.clear)
        self.refresh()

    def clear(self) -> None:
        """Show the keys again."""
        self._notice = None
        self._whole = False
        self._fit()
        self.refresh()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """As many lines as an error needs; one for everything else."""
        width = self.size.width
        rows = len(wrap(self.notice, width)) if self._whole and width else 1
        self.styles.height = min(rows, _MOST_ROWS)

    def render(self) -> Content:
        width = self.size.width
        keys = self._keys()
        fixed = [key for key in keys if key[3] in _ALWAYS]
        right = _joined(fixed)
        if self._whole and self._notice is not None and cell_len(self.notice) > width - right.cell_length - 2:
            self._places = []
            return Content.assemble(self._notice)
        room = width - right.cell_length - 2
        self._places = _places(fixed, width - right.cell_length)
        if self._notice is not None:
            words, style = self._notice
            left = Content.assemble((words, style)).truncate(room, ellipsis=True)
        else:
            shown = [key for key in keys if key[3] not in _ALWAYS]
            # Keys that do not fit are left out whole; `?` shows them all.
            while shown and _joined(shown).cell_length > room:
                shown.pop()
            left = _joined(shown)
            self._places += _places(shown, 0)
        return Content.assemble(left, " " * max(width - left.cell_length - right.cell_length, 1), right)

    def on_click(self, event: events.Click) -> None:
        for start, end, key in self._places:
            if start <= event.x < end:
                self.app.simulate_key(key)
                return

    def _keys(self) -> list[tuple[str, str, str, str]]:
        """(key as shown, word, key, binding id) of each binding to show, the nearest to the focus first."""
        found: list[tuple[str, str, str, str]] = []
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding: Binding = active.binding
            name = binding.id or binding.action
            if not binding.show or not active.enabled or name in seen:
                continue
            seen.add(name)
            words = binding.description[:1].lower() + binding.description[1:]
            found.append((self.app.get_key_display(binding), words, binding.key, name))
        return found


def _joined(keys: list[tuple[str, str, str, str]]) -> Content:
    parts: list[str | tuple[str, str]] = []
    for display, words, _, _ in keys:
        parts += ["   "] if parts else []
        parts += [(display, "bold"), (f" {words}", "dim")]
    return Content.assemble(*parts)


def _places(keys: list[tuple[str, str, str, str]], start: int) -> list[tuple[int, int, str]]:
    places = []
    for display, words, key, _ in keys:
        end = start + Content(f"{display} {words}").cell_length
        places.append((start, end, key))
        start = end + 3
    return places
