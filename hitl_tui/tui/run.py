"""Opening the inbox on a terminal, and leaving the terminal and the worker in order however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hitl_tui.tui.app import HitlApp

_STOPS = (signal.SIGTERM, signal.SIGHUP)


def run_tui(db: Path, actor: str, agents: str | None = None) -> None:
    """Open the inbox of a database and come back when it is closed; `agents` is trusted, and offered for new threads.

    stdin, stdout and stderr must be a terminal. Raises `DatabaseUnusable` before the screen is taken over, `UsageError`
    for an actor named `system`, and `SystemExit` with the code of a crash or of the signal that ended it.
    """
    code = asyncio.run(_run(db, actor, agents))
    if code:
        raise SystemExit(code)


async def _run(db: Path, actor: str, agents: str | None) -> int:
    from hitl_tui.inbox import Inbox
    from hitl_tui.tui.app import HitlApp
    from hitl_tui.tui.own_settings import OwnSettings
    from hitl_tui.tui.undo_windows import undo_seconds
    from hitl_tui.tui.worker_child import WorkerChild, worker_command, worker_log

    async with Inbox.open(db, actor=actor, via="tui") as inbox:

        async def alive() -> bool:
            return (await inbox.counts()).live_worker

        child = WorkerChild(worker_command(inbox.path, agents), worker_log(), alive=alive)
        settings = OwnSettings.of_user()
        undo = undo_seconds(settings.config.undo_seconds)
        app = HitlApp(inbox, actor=actor, worker=child, agents=agents, undo_seconds=undo, settings=settings)
        try:
            with _ended_by_signals(app):
                await app.run_async()
        finally:
            app.keep_choices()
            await child.stop()
        return app.return_code or 0


@contextlib.contextmanager
def _ended_by_signals(app: HitlApp) -> Iterator[None]:
    """SIGTERM and SIGHUP close the app in order; what handled them before does so again afterwards."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _STOPS}
    for number in _STOPS:
        loop.add_signal_handler(number, app.exit, None, 128 + number)
    try:
        yield
    finally:
        for number in _STOPS:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
