"""Half-written answers are stored beside the screen: no key waits for a database that somebody keeps busy."""

from __future__ import annotations

import asyncio
from typing import Any

from hitl_tui.inbox import Inbox


class DraftSaver:
    """Stores one after the other; of those that wait for their turn only the newest of each request."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._waiting: dict[str, dict[str, Any] | None] = {}
        self._turn = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether a draft is being stored."""
        return self._turn.locked()

    async def save(self, request_id: str, draft: dict[str, Any] | None) -> None:
        """Store a draft, None for that there is none any more, and those before it.

        Raises `DatabaseUnusable`; then it waits for the next call.
        """
        self._waiting[request_id] = draft
        await self.save_all()

    async def save_all(self) -> None:
        """Store all that wait; raises `DatabaseUnusable`."""
        async with self._turn:
            while self._waiting:
                request_id, draft = next(iter(self._waiting.items()))
                await self._inbox.save_draft(request_id, draft)
                if self._waiting[request_id] is draft:
                    del self._waiting[request_id]
