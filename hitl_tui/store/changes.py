"""News of commits: our own at once, other processes' by one shared poll of `PRAGMA data_version`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextvars import Context

POLL_SECONDS = 0.2


class Changes:
    """Tells any number of listeners that the database changed. Several changes in a row are told once."""

    def __init__(self, data_version: Callable[[], Awaitable[int]]) -> None:
        self._data_version = data_version
        self._listeners: set[asyncio.Event] = set()
        self._poll: asyncio.Task[None] | None = None
        self._failure: Exception | None = None
        self._is_closed = False

    @property
    def has_failed(self) -> bool:
        """Whether the poll has ended, and every listener is told why."""
        return self._failure is not None

    def announce(self) -> None:
        """Tell the listeners of a commit of this process."""
        for listener in self._listeners:
            listener.set()

    async def listen(self, every: float | None = None) -> AsyncGenerator[None]:
        """One item now, one after each change, and at least one in `every` seconds, until it is closed.

        Raises what the poll raised.
        """
        event = asyncio.Event()
        event.set()
        self._listeners.add(event)
        if self._poll is None and not self._is_closed:
            self._poll = asyncio.create_task(self._watch(), name="hitl-changes", context=Context())
        try:
            while True:
                # Not `wait_for`: in Python 3.11 that one takes no notice of a cancel which comes with the event.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(every):
                        await event.wait()
                event.clear()
                if self._is_closed:
                    return
                if self._failure is not None:
                    raise self._failure
                yield None
        finally:
            self._listeners.discard(event)

    async def close(self) -> None:
        """Stop polling; whoever listens has heard all."""
        self._is_closed = True
        self.announce()
        if self._poll is not None:
            self._poll.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._poll

    async def _watch(self) -> None:
        seen = -1
        try:
            while True:
                version = await self._data_version()
                if version != seen:
                    seen = version
                    self.announce()
                await asyncio.sleep(POLL_SECONDS)
        except Exception as error:
            self._failure = error
            self.announce()
