"""Wait for a condition with a deadline; never sleep and hope."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any

DEADLINE_SECONDS = 20.0


def until(condition: Callable[[], Any], seconds: float = DEADLINE_SECONDS) -> Any:
    """The first truthy value of `condition`; fails after the deadline."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"not true within {seconds} s: {inspect.getsource(condition).strip()}"
        time.sleep(0.01)
    return value


async def eventually(condition: Callable[[], Awaitable[Any] | Any], seconds: float = DEADLINE_SECONDS) -> Any:
    """As `until`, for a condition that may be a coroutine."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < end, f"not true within {seconds} s: {inspect.getsource(condition).strip()}"
        await asyncio.sleep(0.01)
