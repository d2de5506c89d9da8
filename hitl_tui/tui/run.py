"""Opening the inbox on a terminal, and leaving the terminal and the worker in order however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hitl_tui.tui.app import HitlApp

_MAGIC = b"SQLite format 3\0"
_STOPS = (signal.SIGTERM, signal.SIGHUP)


def run_tui(db: Path, actor: str, agents: str | None = None) -> None:
    """Open the inbox of a database and come back when it is closed; `agents` is trusted, and offered for new threads.

    stdin, stdout and stderr must be a terminal. Raises `DatabaseUnusable`, `UsageError` for an actor named `system`,
    and `SystemExit` with the code of a crash or of the signal that ended it.
    """
    code = asyncio.run(_run(db, actor, agents))
    if code:
        raise SystemExit(code)


async def _run(db: Path, actor: str, agents: str | None) -> int:
    from hitl_tui.config import environment
    from hitl_tui.tui.app import HitlApp
    from hitl_tui.tui.own_settings import OwnSettings

    if not _looks_usable(db):
        # What is wrong with it is said before the screen is taken over.
        from hitl_tui.inbox import Inbox

        async with Inbox.open(db, actor=actor, via="tui"):
            pass
    settings = OwnSettings.of_user()
    undo = environment.undo_seconds(settings.config.undo_seconds)
    app = HitlApp(actor=actor, agents=agents, undo_seconds=undo, settings=settings)
    async with AsyncExitStack() as opened:
        opening = asyncio.create_task(_open(app, db, actor, agents, opened))
        try:
            with _ended_by_signals(app):
                await app.run_async()
        finally:
            opening.cancel()
            app.keep_choices()
        with contextlib.suppress(asyncio.CancelledError):
            await opening
    return app.return_code or 0


async def _open(app: HitlApp, db: Path, actor: str, agents: str | None, opened: AsyncExitStack) -> None:
    """Once the frame is painted, load what the inbox needs, open the database and show it; ends the app on an error."""
    await app.painted.wait()
    try:
        # Beside the screen: what is painted must get to the terminal meanwhile.
        await asyncio.to_thread(import_module, "hitl_tui.tui.screens.inbox")
        from hitl_tui.inbox import Inbox
        from hitl_tui.tui.worker_child import WorkerChild, worker_command, worker_log

        inbox = await opened.enter_async_context(Inbox.open(db, actor=actor, via="tui", aside=True))

        async def alive() -> bool:
            return (await inbox.counts()).live_worker

        child = WorkerChild(worker_command(inbox.path, agents), worker_log(), alive=alive)
        opened.push_async_callback(child.stop)
        app.call_later(app.show_inbox, inbox, child)
    except Exception:
        app.exit()
        raise


def _looks_usable(db: Path) -> bool:
    """Whether this seems to be a database, or a place for one, at the first look."""
    try:
        with db.open("rb") as file:
            return file.read(len(_MAGIC)) in (_MAGIC, b"")
    except FileNotFoundError:
        return os.access(db.parent, os.W_OK)
    except OSError:
        return False


@contextlib.contextmanager
def _ended_by_signals(app: HitlApp) -> Iterator[None]:
    """SIGTERM and SIGHUP close the app in order; what handled them before does so again afterwards."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _STOPS}
    ends: list[asyncio.Task[None]] = []

    def end(number: int) -> None:
        if ends:
            app.exit(None, 128 + number)
        else:
            ends.append(loop.create_task(app.leave_on_signal(number)))

    for number in _STOPS:
        loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        for number in _STOPS:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
