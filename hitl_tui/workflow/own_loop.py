"""Work in an event loop of its own, in a thread: what the program does to its own loop keeps no lease from renewal."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


async def beside(work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """What the work comes to; the loop that awaits it stays free. Cancelled, it lets the work clean up first."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[_Result] = loop.create_future()
    begun: asyncio.Future[Callable[[], object]] = loop.create_future()

    async def run() -> _Result:
        own, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        loop.call_soon_threadsafe(begun.set_result, lambda: own.call_soon_threadsafe(task.cancel))
        return await work()

    def serve() -> None:
        try:
            result = asyncio.run(run())
        except BaseException as error:
            _tell(loop, ended.set_exception, asyncio.CancelledError() if _is_cancel(error) else error)
        else:
            _tell(loop, ended.set_result, result)

    threading.Thread(target=serve, name="hitl-workflow", daemon=True).start()
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        if not ended.done():
            (await asyncio.shield(begun))()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await asyncio.shield(ended)
        raise


def _is_cancel(error: BaseException) -> bool:
    return isinstance(error, asyncio.CancelledError)


def _tell(loop: asyncio.AbstractEventLoop, tell: Callable[[Any], object], what: Any) -> None:
    # The program's loop may be closed by now: then there is nobody to tell.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(tell, what)
