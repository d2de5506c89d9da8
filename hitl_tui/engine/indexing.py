"""A worker keeps the search index up to date beside its work, and never at its cost."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import aclosing

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.store import search
from hitl_tui.store.database import Database

LOG = logging.getLogger(__name__)
SETTLING_SECONDS = 0.3
"""What starts is soon paused: most threads need be looked at only once."""
LONGEST_BITE_SECONDS = 0.05
_REST = {False: 1, True: 100}
"""How long to leave the database to others after each bite, as a multiple of what it took: idle, or while busy."""


async def keep_up(database: Database, worked: Callable[[], bool]) -> None:
    """Index what is new, in small bites, until cancelled; `worked` tells whether threads ran here since the last."""
    try:
        async with aclosing(database.changes.listen()) as changes:
            async for _ in changes:
                await _catch_up(database, worked)
    except Exception:
        # No thread waits for it, and whoever searches takes in what is new by themselves.
        LOG.exception("the search index is not kept up to date any more")


async def _catch_up(database: Database, worked: Callable[[], bool]) -> None:
    rest = SETTLING_SECONDS
    while await search.behind(database):
        await asyncio.sleep(rest)
        rest = await _bite(database) * _REST[worked()]
    # What comes next, too, waits as long as what would have been left.
    await asyncio.sleep(rest)


async def _bite(database: Database) -> float:
    """The seconds that it took."""
    start = time.monotonic()
    try:
        await database.write(search.Index())
    except DatabaseUnusable as error:
        if not error.busy:
            raise
    return min(time.monotonic() - start, LONGEST_BITE_SECONDS)
