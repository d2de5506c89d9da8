"""A database to which transactions come one at a time."""

from __future__ import annotations

import asyncio

from hitl_tui.store.database import Database
from hitl_tui.store.writer import CALM_TURNS


async def grow_calm(database: Database) -> None:
    """After these transactions the next one is not kept waiting for others."""
    for _ in range(CALM_TURNS + 1):
        await database.write(lambda connection: None)
        await asyncio.sleep(0)
