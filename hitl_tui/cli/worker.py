"""`hitl worker`: run ready threads until told to stop, then hand back what was not finished."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hitl_tui import locations
from hitl_tui.cli import output
from hitl_tui.cli.settings import Command, Settings, settings_of
from hitl_tui.cli.signals import REPEAT_SECONDS
from hitl_tui.errors import ConfigInvalid, DatabaseMissing, HitlError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hitl_tui.cli.status_line import StatusLine
    from hitl_tui.inbox import Inbox

LOG = logging.getLogger(__name__)

_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@click.command("worker", cls=Command, short_help="Run ready threads until told to stop.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1000),
    help="How many threads run at a time.  [default: `worker.concurrency` in config.toml, else 8]",
)
@click.option("--agents", metavar="REF", help="Trust this agents code (a module or a .py file) first.")
@click.option(
    "--log",
    "log_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the log to this file too (on a terminal: instead of worker.log in the folder of the logs).",
)
@click.option(
    "--notify",
    metavar="COMMAND",
    help="Run this shell command for each reminder and each notification of a handler (whose words, such as the "
    "prompt, are in it), with the message as JSON on its stdin; again later if it fails.",
)
@click.option("--until-eof", type=click.IntRange(min=0), metavar="FD", hidden=True)
@click.pass_context
def worker(
    context: click.Context,
    concurrency: int | None,
    agents: str | None,
    log_file: Path | None,
    notify: str | None,
    until_eof: int | None,
) -> int:
    """Run the threads of the database that are ready, until ctrl+c, SIGTERM or SIGHUP.

    Told to stop, it takes nothing new, lets running nodes end for a moment and hands the rest back; told twice, it
    stops at once. On a terminal it shows one line with how things stand, and logs to a file, which is put aside when
    it is large; elsewhere one line for each event goes to stderr.
    """
    from hitl_tui.cli.logs import log_of_worker
    from hitl_tui.cli.status_line import on_terminal
    from hitl_tui.inbox.trust import trust_agents

    settings = settings_of(context)
    screen = on_terminal()
    # Not on a terminal, whoever started it has the lines already.
    file = locations.expanded(log_file, "--log") if log_file else locations.log_file("worker") if screen else None
    log_of_worker(screen, file)
    if concurrency is None:
        concurrency = _concurrency()
    reference = agents or settings.agents
    if reference is not None:
        trust_agents(reference)
    return asyncio.run(_Worker(settings, concurrency, notify, until_eof, screen, file).run())


class _Worker:
    """One worker process, from its start to its last line."""

    def __init__(
        self,
        settings: Settings,
        concurrency: int,
        notify: str | None,
        until_eof: int | None,
        screen: StatusLine | None,
        file: Path | None,
    ) -> None:
        self._settings = settings
        self._concurrency = concurrency
        self._notify = notify
        self._until_eof = until_eof
        self._screen = screen
        self._file = file
        self._stop = asyncio.Event()
        self._told: list[signal.Signals] = []
        self._told_at = 0.0
        self._served: dict[str, int] | None = None

    async def run(self) -> int:
        """Serve until told to stop; the exit code."""
        task = asyncio.current_task()
        assert task is not None
        self._listen(task)
        try:
            await self._serve()
        except asyncio.CancelledError:
            if not self._told:
                raise
            self._say_end("stopped at once")
            return 128 + self._told[-1]
        except HitlError as error:
            if self._settings.json:
                raise
            LOG.error("worker: stopped: %s; %s", error.message, error.hint)
            return error.exit_code
        finally:
            if self._screen is not None:
                self._screen.show("")
        self._say_end("stopped")
        if self._settings.json:
            output.as_json(self._served)
        return 0

    async def _serve(self) -> None:
        from hitl_tui.cli.session import exists
        from hitl_tui.cli.worker_reports import Reports
        from hitl_tui.inbox import Inbox

        settings = self._settings
        if self._until_eof is not None and not exists(settings.db):
            # Who started us has it open: it was removed, and a new one would be in the way when it is put back.
            raise DatabaseMissing(f"there is no database at {settings.db}", hint="put the file back")
        async with Inbox.open(settings.db, actor=settings.actor, via="worker") as inbox:
            words = f"worker: pid {os.getpid()} serves {inbox.path}, {self._concurrency} threads at a time"
            LOG.info("%s", words)
            if self._screen is not None:
                self._screen.above(f"{words}; its log: {self._file}")
            reports = Reports(inbox, self._screen)
            reporting = asyncio.create_task(reports.serve())
            try:
                async with self._delivering(inbox):
                    await inbox.work(self._concurrency, self._stop, reports.hear)
            finally:
                reporting.cancel()
                with contextlib.suppress(asyncio.CancelledError, HitlError, ExceptionGroup):
                    await reporting
            self._served = await reports.end()

    @contextlib.asynccontextmanager
    async def _delivering(self, inbox: Inbox) -> AsyncIterator[None]:
        """Deliver messages while inside; what keeps us from it ends the worker too, rather than go unnoticed."""
        if self._notify is None:
            yield
            return
        delivering = asyncio.create_task(inbox.deliver(self._notify))
        delivering.add_done_callback(lambda _: self._stop.set())
        try:
            yield
        finally:
            delivering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await delivering

    def _listen(self, task: asyncio.Task[None]) -> None:
        loop = asyncio.get_running_loop()
        for number in _STOPS:
            loop.add_signal_handler(number, self._hear, number, task)
        if self._until_eof is not None:
            waiting = (self._until_eof, loop, self._stop)
            threading.Thread(target=_await_end, args=waiting, name="hitl-parent", daemon=True).start()

    def _hear(self, number: signal.Signals, task: asyncio.Task[None]) -> None:
        if number in self._told and (number is signal.SIGHUP or time.monotonic() < self._told_at + REPEAT_SECONDS):
            # A terminal that closes says so more than once.
            return
        self._told.append(number)
        self._told_at = time.monotonic()
        if self._stop.is_set():
            task.cancel()
            return
        LOG.info("worker: stopping; what does not end now is handed back")
        if self._screen is not None:
            self._screen.above("stopping; what does not end now is handed back (once more: at once)")
        self._stop.set()

    def _say_end(self, how: str) -> None:
        told = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in (self._served or {}).items())
        words = f"worker: {how}" + (f": {told}" if told else "")
        LOG.info("%s", words)
        if self._screen is not None:
            self._screen.show("")
            self._screen.above(words)


def _concurrency() -> int:
    """What `config.toml` says, else the default; a broken file is told, and threads run all the same."""
    from hitl_tui.config.reading import one
    from hitl_tui.config.values import DEFAULTS

    try:
        found = one("worker.concurrency")
    except ConfigInvalid as error:
        LOG.warning("worker: %s; %s", error.message, error.hint)
        found = None
    return found or DEFAULTS.worker.concurrency


def _await_end(parent: int, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop the worker when the other end of `parent` is closed: the program that started us is gone."""
    with contextlib.suppress(OSError):
        while os.read(parent, 4096):
            pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop.set)
