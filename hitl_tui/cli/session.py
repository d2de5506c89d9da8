"""One command's visit to the inbox: open it, do one thing, hand everything back, also when told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from hitl_tui.cli.logs import log_of_command
from hitl_tui.cli.settings import Settings
from hitl_tui.errors import DatabaseMissing
from hitl_tui.inbox import Inbox
from hitl_tui.locations import is_in_memory

_Result = TypeVar("_Result")
TERMINATED = 128 + signal.SIGTERM


def visit(settings: Settings, deed: Callable[[Inbox], Awaitable[_Result]], *, creates: bool = False) -> _Result:
    """What `deed` returns from the inbox of this call; only with `creates` a database is made where there is none.

    Raises `DatabaseMissing` for one that was named. Without any, it is as if your own were there and empty.
    """
    log_of_command()
    if creates or exists(settings.db):
        return asyncio.run(_visit(settings, settings.db, deed))
    if settings.chosen_db is not None:
        raise DatabaseMissing(
            f"there is no database at {settings.db}",
            hint="check --db; `hitl run FILE` makes a new database there, and `hitl demo` shows the samples",
            path=str(settings.db),
        )
    with tempfile.TemporaryDirectory(prefix="hitl-empty-") as folder:
        return asyncio.run(_visit(settings, Path(folder, "empty.db"), deed))


def exists(path: Path) -> bool:
    """Whether there is a database, or something that is none, at a path."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        # Opening a database in memory says why there is none.
        return is_in_memory(path)
    except OSError:
        # Whatever it is, opening the database says it better.
        return True
    return True


async def _visit(settings: Settings, path: Path, deed: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
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
        async with Inbox.open(path, actor=settings.actor, via="cli") as inbox:
            return await deed(inbox)
    except asyncio.CancelledError:
        if terminated:
            raise SystemExit(TERMINATED) from None
        raise
