"""Hear of what is stored, also where whoever asked for it is cancelled meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")


async def heard(stored: asyncio.Future[_Result], note: Callable[[_Result], None] | None) -> _Result:
    """What was stored, told to `note` first; cancelled, it waits for that before it is, if there is a note."""
    if note is None:
        return await stored
    try:
        result = await asyncio.shield(stored)
    except asyncio.CancelledError:
        await asyncio.wait({stored})
        if not stored.cancelled() and stored.exception() is None:
            note(stored.result())
        raise
    note(result)
    return result
