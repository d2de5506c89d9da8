"""One key after the other, however fast they come.

Textual hands a key to the widget with the focus at once, but runs a binding only when the key has bubbled up to the
app; of two keys read together the second may act first, and on what had the focus before the first one moved it.
"""

from __future__ import annotations

import threading
from typing import Any

from textual.app import App
from textual.message_pump import MessagePump

LONGEST_SECONDS = 0.25
"""A key that is not done by then no longer holds up the next one."""


class KeyOrder:
    """The reader of the terminal waits with a key until the one before it has been acted upon."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._done.set()

    def before_key(self) -> None:
        """In the reader's thread: return when the next key may be sent."""
        self._done.wait(LONGEST_SECONDS)
        self._done.clear()

    def follow(self, first: MessagePump, app: App[Any]) -> None:
        """In the app: go after the key that was just handed to `first`, through all that it bubbles through."""

        def hop(pump: MessagePump | None) -> None:
            if pump is None or pump is app or not pump.is_running:
                app.call_later(self._done.set)
            else:
                pump.call_later(hop, pump._parent)

        hop(first)
