"""Rows of the inbox as coloured strips, each drawn once for as long as nothing about it changes."""

from __future__ import annotations

from datetime import datetime

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip
from textual.widget import Widget

from hitl_tui.inbox.views import Item
from hitl_tui.tui.control_filter import ControlFilter
from hitl_tui.tui.widgets.found_marks import with_found
from hitl_tui.tui.widgets.item_line import Piece, item_line, placeholder_line

STYLES = ("cursor", "letter", "risk", "overdue", "failed", "muted", "selected", "unfocused", "found")
"""Names of the component classes of the widget that is drawn on, without the `inbox-list--`."""

_GUARD = ControlFilter()


class ItemStrips:
    """Draws rows in the styles of a widget."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._strips: LRUCache[tuple[Item, int, bool, bool, bool], Strip] = LRUCache(2048)
        self._palette: dict[tuple[str, bool, bool], Style] = {}

    def item(self, item: Item, width: int, now: datetime, *, cursor: bool, marked: bool, text: str) -> Strip:
        """A row with an item and what `text` found in it; that and `now` count when it is drawn, see `forget_rows`."""
        focus = cursor and self._widget.has_focus
        key = (item, width, cursor, focus, marked)
        strip = self._strips.get(key)
        if strip is None:
            pieces = item_line(item, width, now, cursor=cursor, marked=marked)
            strip = self._draw(with_found(pieces, text), width, cursor, focus)
            self._strips[key] = strip
        return strip

    def placeholder(self, width: int, *, cursor: bool) -> Strip:
        """A row that is not loaded yet."""
        return self._draw(placeholder_line(width, cursor=cursor), width, cursor, self._widget.has_focus)

    def forget_rows(self) -> None:
        """Draw all rows again: time has passed."""
        self._strips.clear()

    def forget_styles(self) -> None:
        """Draw all rows again, in the styles that the widget has now."""
        self._palette.clear()
        self._strips.clear()

    def _draw(self, pieces: list[Piece], width: int, cursor: bool, focus: bool) -> Strip:
        segments = [Segment(text, self._style(name, cursor, focus)) for text, name in pieces]
        return Strip(_GUARD.apply(segments, self._widget.background_colors[1]), width)

    def _style(self, name: str, cursor: bool, focus: bool) -> Style:
        style = self._palette.get((name, cursor, focus))
        if style is None:
            style = self._component(name) if name else self._widget.rich_style
            if cursor and self._widget.app.current_theme.ansi:
                # Sixteen colours cannot be mixed: the accent on a ground of the accent would be unreadable.
                style = Style(bold=True, reverse=focus, underline=name == "found")
            elif cursor:
                style += Style(bgcolor=self._component("selected" if focus else "unfocused").bgcolor)
            self._palette[(name, cursor, focus)] = style
        return style

    def _component(self, name: str) -> Style:
        return self._widget.get_component_rich_style(f"inbox-list--{name}")
