"""Half-written answers are stored beside the screen: no key waits for a database that somebody keeps busy."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from hitl_tui.errors import DatabaseUnusable
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
        """Store a draft, None for that there is none any more; returns once it, or a newer one, is stored."""
        self._waiting[request_id] = draft
        async with self._turn:
            if request_id not in self._waiting:
                return
            newest = self._waiting.pop(request_id)
            # While the database cannot be written the banner says so, and the draft is still on the screen.
            with suppress(DatabaseUnusable):
                await self._inbox.save_draft(request_id, newest)
