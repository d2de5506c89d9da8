"""Leaving: not before all is stored, and not without a word where something cannot be."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from hitl_tui.errors import HitlError
from hitl_tui.tui.acts import SAVING_SECONDS
from hitl_tui.tui.wording import error_words

if TYPE_CHECKING:
    from hitl_tui.tui.screens.inbox import InboxScreen

_BUSY = "the database is busy: what you did is being stored; press it again to close the screen meanwhile"
_SIGNAL_SECONDS = 2.0
"""Whoever ends a program with a signal does not wait for long."""


def can_come_back() -> bool:
    """Whether a shell with job control waits for us: it gives each job a process group that is not its own."""
    return os.getpgrp() != os.getsid(0)


class Leaving:
    """Calls `leave` once that is safe, or the reviewer asks again where it says what would be lost."""

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave = leave
        self._asked = False
        self._said = ""
        """While the last line says this, whoever asks again leaves at once."""

    @property
    def waits(self) -> bool:
        """Whether what the reviewer did is not stored yet."""
        return self._asked

    def ask(self, screen: InboxScreen) -> None:
        """The reviewer wants to leave."""
        if self._said and screen.footer.notice == self._said:
            self._leave()
        elif self._asked:
            self._say(screen, _BUSY)
        else:
            self._asked = True
            screen.guarded(self._leave_once_kept(screen))

    async def keep_for_a_moment(self, screen: InboxScreen) -> None:
        """Store what can be stored soon."""
        with suppress(HitlError, TimeoutError):
            async with asyncio.timeout(_SIGNAL_SECONDS):
                await screen.keep_all()

    async def _leave_once_kept(self, screen: InboxScreen) -> None:
        slow = screen.set_timer(SAVING_SECONDS, lambda: self._say(screen, _BUSY))
        try:
            kept = await screen.keep_all()
        except HitlError as error:
            self._say(screen, f"what you wrote is not stored: {error_words(error)}; press it again to leave without it")
            return
        finally:
            slow.stop()
            self._asked = False
        if kept:
            self._leave()

    def _say(self, screen: InboxScreen, words: str) -> None:
        screen.footer.say(words, error=True)
        self._said = screen.footer.notice
