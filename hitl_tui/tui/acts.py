"""What the reviewer has asked for and is not stored yet: said where it waits for long; leaving waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from hitl_tui.tui.widgets.footer_line import FooterLine

SAVING_SECONDS = 0.3
"""After so long it is said that something waits, most often for a database that somebody keeps busy."""
_SAVING = "saving…"


class Acts:
    """Sees each through to its end, also when the screen that asked for it is gone. One that returns False has failed,
    and has said so.
    """

    def __init__(self, footer: FooterLine) -> None:
        self._footer = footer
        self._under_way: set[asyncio.Task[bool | None]] = set()

    async def see_through(self, act: Coroutine[Any, Any, bool | None]) -> None:
        """Carry it out. Raises what it raises."""
        task = asyncio.create_task(act)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        slow = self._footer.set_interval(SAVING_SECONDS, self._say_it_waits)
        try:
            await asyncio.shield(task)
        finally:
            slow.stop()
            if self._footer.notice == _SAVING:
                self._footer.clear()

    async def ended(self) -> bool:
        """Wait for all that are under way; false if one of them failed."""
        failed = False
        while self._under_way:
            ends = await asyncio.gather(*self._under_way, return_exceptions=True)
            failed = failed or any(end is False or isinstance(end, BaseException) for end in ends)
        return not failed

    def _say_it_waits(self) -> None:
        if self._footer.notice in ("", _SAVING):
            self._footer.say(_SAVING)
