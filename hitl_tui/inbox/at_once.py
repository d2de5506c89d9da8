"""Work with the inbox for a caller that does not await it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def at_once(work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """What the work comes to; blocks meanwhile, also where a loop runs already: that loop waits."""
    if not _is_in_loop():
        return asyncio.run(work())
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


def _is_in_loop() -> bool:
    # Apart, so that no traceback of the work begins with the error that answers this.
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
