"""Following the database: each change is taken in as it comes, and while none can be read the banner says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from hitl_tui.errors import HitlError
from hitl_tui.inbox import Inbox
from hitl_tui.tui.widgets.banner import Banner
from hitl_tui.tui.wording import error_words

_RETRY_SECONDS = 2.0


async def follow(inbox: Inbox, banner: Banner, take_in: Callable[[], Awaitable[None]]) -> None:
    """Call `take_in` at once and after each change, until cancelled or the inbox is closed."""
    while True:
        try:
            async with aclosing(inbox.changes()) as changes:
                async for _ in changes:
                    await take_in()
            return
        except HitlError as error:
            banner.say("database", error_words(error))
            await asyncio.sleep(_RETRY_SECONDS)
