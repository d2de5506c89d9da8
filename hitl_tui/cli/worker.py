"""`hitl worker`: run ready threads until told to stop, then hand back what was not finished."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import click

from hitl_tui.cli.settings import Command, Settings, settings_of
from hitl_tui.errors import HitlError

if TYPE_CHECKING:
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import ThreadView

LOG = logging.getLogger(__name__)

_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@click.command("worker", cls=Command, short_help="Run ready threads until told to stop.")
@click.option(
    "--concurrency", type=click.IntRange(1, 1000), default=8, show_default=True, help="How many threads run at a time."
)
@click.option("--agents", metavar="REF", help="Trust this agents code (a module or a .py file) first.")
@click.option("--until-eof", type=click.IntRange(min=0), metavar="FD", hidden=True)
@click.pass_context
def worker(context: click.Context, concurrency: int, agents: str | None, until_eof: int | None) -> int:
    """Run the threads of the database that are ready, until ctrl+c or SIGTERM.

    Told to stop, it lets running nodes end for a moment and hands the rest back; told twice, it stops at once. One
    line for each event goes to stderr.
    """
    from hitl_tui.cli.logs import log_to_stderr
    from hitl_tui.cli.places import add_trust

    settings = settings_of(context)
    log_to_stderr("INFO")
    reference = agents or settings.agents
    if reference is not None:
        add_trust(reference)
    return asyncio.run(_work(settings, concurrency, until_eof))


async def _work(settings: Settings, concurrency: int, until_eof: int | None) -> int:
    from hitl_tui.inbox import Inbox

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def told() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        elif not stop.is_set():
            LOG.info("worker: stopping; what does not end now is handed back")
            stop.set()

    for number in _STOPS:
        loop.add_signal_handler(number, told)
    if until_eof is not None:
        threading.Thread(target=_await_end, args=(until_eof, loop, stop), name="hitl-parent", daemon=True).start()
    try:
        async with Inbox.open(settings.db, actor=settings.actor, via="worker") as inbox:
            LOG.info("worker: pid %d serves %s, %d threads at a time", os.getpid(), inbox.path, concurrency)
            reports = Reports(inbox)
            await inbox.work(concurrency, stop, reports.hear)
            await reports.written()
    except asyncio.CancelledError:
        LOG.info("worker: stopped at once")
        return 128 + signal.SIGINT
    LOG.info("worker: stopped")
    return 0


class Reports:
    """One log line when a thread is taken up, and one with how it was left."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._open: set[asyncio.Task[None]] = set()

    def hear(self, thread: Any, event: str) -> None:
        """Note what the runner does with a thread."""
        if event == "claimed":
            nodes = ", ".join(entry.node for entry in thread.frontier)
            LOG.info("%s: %s runs %s", thread.id, thread.graph_name, nodes)
            return
        task = asyncio.create_task(self._report(thread.id))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def written(self) -> None:
        """Wait for the lines that are still to come."""
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _report(self, thread_id: str) -> None:
        try:
            LOG.info("%s: %s", thread_id, left_as(await self._inbox.thread(thread_id)))
        except HitlError as error:
            LOG.warning("%s: %s", thread_id, error.message)


def left_as(view: ThreadView) -> str:
    """How a thread stands, in one line."""
    if view.error is not None:
        return f"{view.status} at {view.error.node}: {view.error.type}: {view.error.message}"
    if view.pending:
        waits = ", ".join(f"{request.node} ({request.type})" for request in view.pending)
        return f"{view.status}, waits for an answer at {waits}"
    return f"{view.status} ({view.outcome})" if view.outcome else view.status


def _await_end(parent: int, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop the worker when the other end of `parent` is closed: the program that started us is gone."""
    with contextlib.suppress(OSError):
        while os.read(parent, 4096):
            pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop.set)
