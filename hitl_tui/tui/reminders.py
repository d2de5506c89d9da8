"""Tells of reminders while the screen is open: a line and one ring of the bell each, and never again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from hitl_tui.inbox.views import Item
from hitl_tui.safe_text import one_line
from hitl_tui.tui.time_left import time_left
from hitl_tui.tui.widgets.footer_line import FooterLine


class Reminders:
    """Knows which reminders were told; those from before `since` are no news."""

    def __init__(self, footer: FooterLine, since: datetime) -> None:
        self._footer = footer
        self._since = since
        self._told: dict[str, datetime] = {}

    def tell(self, items: Iterable[Item], now: datetime) -> None:
        """Ring once if there is news among `items`, and say the first of it unless something else is being said."""
        fresh = [item for item in items if self._is_news(item)]
        if not fresh:
            return
        self._told |= {item.key: item.reminded_at for item in fresh if item.reminded_at is not None}
        self._footer.app.bell()
        if not self._footer.notice:
            left = time_left(fresh[0].due_at, now)
            self._footer.say(f"reminder: {one_line(fresh[0].prompt or fresh[0].thread_id)} — due {left}")

    def _is_news(self, item: Item) -> bool:
        at = item.reminded_at
        return at is not None and at > self._told.get(item.key, self._since)
