"""One command's visit to the inbox: open it, do one thing, hand everything back, also when told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hitl_tui.cli.logs import log_to_stderr
from hitl_tui.cli.settings import Settings
from hitl_tui.inbox import Inbox

_Result = TypeVar("_Result")
TERMINATED = 128 + signal.SIGTERM


def visit(settings: Settings, deed: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
    """What `deed` returns from the inbox of this call."""
    log_to_stderr("WARNING")
    return asyncio.run(_visit(settings, deed))


async def _visit(settings: Settings, deed: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    terminated = False

    def terminate() -> None:
        nonlocal terminated
        terminated = True
        if task is not None:
            task.cancel()

    # A cancelled visit hands back the lease of a thread that it runs; a killed one would keep it until it expires.
    with contextlib.suppress(NotImplementedError, ValueError):
        loop.add_signal_handler(signal.SIGTERM, terminate)
    try:
        async with Inbox.open(settings.db, actor=settings.actor, via="cli") as inbox:
            return await deed(inbox)
    except asyncio.CancelledError:
        if terminated:
            raise SystemExit(TERMINATED) from None
        raise
