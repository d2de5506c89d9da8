"""Hear of what is stored, also where whoever asked for it is cancelled meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


async def heard(writing: Coroutine[Any, Any, _Result], note: Callable[[_Result], None]) -> _Result:
    """What the writing returned, told to `note` first; cancelled, it waits for that before it is."""
    task = asyncio.create_task(writing)
    try:
        result = await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled() and task.exception() is None:
            note(task.result())
        raise
    note(result)
    return result
