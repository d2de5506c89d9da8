"""One key after the other, however fast they come; what was typed while the screen stood still does nothing.

Textual hands a key to the widget with the focus at once, but runs a binding only when the key has bubbled up to the
app; of two keys read together the second may act first, and on what had the focus before the first one moved it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

from hitl_tui.tui.blocks import Blocks
from hitl_tui.tui.late_keys import acts, leads_out

KEPT_SECONDS = 0.002
"""A key that is not back by then may have been kept, as text by an editor; to go after each would delay its repaint."""
LONGEST_SECONDS = 0.25
"""A key that is not done by then no longer holds up the next one."""


class KeyOrder:
    """The reader of the terminal waits with a key until the one before it has been acted upon.

    `tell` is called with the number of keys that a block has cost, after each of them. Keys that no reader has sent,
    those of a click on the last line say, are never late.
    """

    def __init__(self, app: App[Any], tell: Callable[[int], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._tell = tell
        self._clock = clock
        self._blocks = Blocks(clock)
        self._done = threading.Event()
        self._done.set()
        self._taken_back_at = float("-inf")
        self._newest: events.Key | None = None
        """The key that was sent last: the next one waits for this one and no other."""

    def before_key(self, key: events.Key, typed_at: float) -> None:
        """In the reader's thread: return when the next key may be sent. It was typed at that time, or later."""
        if not self._done.is_set():
            self.ask(self._clock())
            self._done.wait(LONGEST_SECONDS)
        self._done.clear()
        key.time = typed_at
        self._newest = key

    def ask(self, since: float) -> None:
        """In the reader's thread: find out whether the loop has run since then."""
        if (loop := self._app._loop) is not None:
            loop.call_soon_threadsafe(self._blocks.ran, since)

    def taken_back(self) -> None:
        """The screen is ours again: what was typed before it was given away, and has not acted, is late."""
        self._taken_back_at = self._clock()
        self._blocks.given_away()

    def drops(self, key: events.Key) -> bool:
        """In the app: whether a key that has just come was typed during a block; then it is done with."""
        # One that comes back has been handed on before: only that another program had the screen makes it late.
        goes_on = key.is_forwarded and key.time > self._taken_back_at
        if (
            self._newest is None
            or goes_on
            or leads_out(key)
            or not self._blocks.drops(key.time, lambda: acts(self._app, key))
        ):
            return False
        self._finish(key)
        self._tell(self._blocks.dropped)
        return True

    def came_back(self, key: events.Key) -> None:
        """In the app: the key has bubbled up to it, and is acted upon now."""
        self._app.call_later(self._finish, key)

    def follow(self, key: events.Key, first: MessagePump) -> None:
        """In the app: a key was just handed to `first`; if it does not come back, go after it through all above."""

        def look() -> None:
            if key is self._newest and not self._done.is_set():
                hop(first)

        def hop(pump: MessagePump | None) -> None:
            if pump is None or pump is self._app or not pump.is_running:
                self._app.call_later(self._finish, key)
            else:
                pump.call_later(hop, pump._parent)

        asyncio.get_running_loop().call_later(KEPT_SECONDS, look)

    def _finish(self, key: events.Key) -> None:
        if key is self._newest:
            self._done.set()
