"""Run threads: one until it settles, or whatever becomes ready as a worker."""

from __future__ import annotations

import asyncio
import os
import secrets
from contextlib import aclosing, suppress

from hitl_tui.agents import builtins
from hitl_tui.engine import presence
from hitl_tui.engine.executor import Executor
from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.runner import Runner, Watcher
from hitl_tui.inbox import reading
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.trust import trusted
from hitl_tui.inbox.views import ThreadView

_UNSETTLED = ("ready", "running")


async def settled(session: Session, thread_id: str, timeout: float | None, *, run: bool) -> ThreadView:
    """Run or wait until the thread pauses, ends or is blocked, at most `timeout` seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            await _settle(session, thread_id, run=run)
    return await reading.thread(session, thread_id)


async def work(session: Session, concurrency: int, stop: asyncio.Event, watcher: Watcher | None) -> None:
    """Serve until `stop`, known to others as a live worker of this database."""
    hosts = Hosts(keep=concurrency)
    try:
        with presence.announced(session.database.path):
            await _runner(session, hosts, watcher).serve(concurrency, stop)
    finally:
        await hosts.close()


async def _settle(session: Session, thread_id: str, *, run: bool) -> None:
    hosts = Hosts(keep=1)
    runner = _runner(session, hosts, None)
    try:
        async with aclosing(session.database.changes.listen()) as changes:
            async for _ in changes:
                if run:
                    await runner.drive(thread_id)
                view = await reading.thread(session, thread_id)
                if view.status not in _UNSETTLED or view.blocked:
                    return
    finally:
        await hosts.close()


def _runner(session: Session, hosts: Hosts, watcher: Watcher | None) -> Runner:
    executor = Executor(builtins.registry(), hosts)
    owner = f"{os.getpid()}-{secrets.token_hex(4)}"
    return Runner(
        session.database,
        executor,
        owner=owner,
        trusted=trusted,
        clock=session.clock,
        **({"watcher": watcher} if watcher else {}),
    )
