"""A runner for what this process itself starts or answers: such a thread is claimed in the commit that wakes it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from hitl_tui.agents import builtins
from hitl_tui.agents.registry import AgentSource
from hitl_tui.engine.executor import Executor
from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.runner import GRACE_SECONDS, LEASE, Runner, Watcher
from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.trust import trusted
from hitl_tui.store.leases import Claimed
from hitl_tui.store.waking import WakeAndClaim

LOG = logging.getLogger(__name__)

_Result = TypeVar("_Result")
WIND_DOWN_SECONDS = 0.02
PLACES = 8
"""As many as `hitl worker` has: each may need a process for its agent."""


@dataclass(frozen=True, slots=True)
class OwnCode:
    """Agents of the program that calls us, by agent type: they run in this process, whoever trusts `reference`."""

    reference: str
    agents: Mapping[str, AgentSource]


class LocalRunner:
    """Holds the threads that were claimed here until a `LocalRun` runs them, so many at a time as a worker does."""

    def __init__(
        self,
        session: Session,
        new_runner: Callable[[], Runner],
        hosts: Hosts | None = None,
        *,
        owns_hosts: bool = False,
    ) -> None:
        self._database = session.database
        self._new_runner = new_runner
        self._runner = new_runner()
        self.hosts = hosts
        self._owns_hosts = owns_hosts
        self._claimed: dict[str, Claimed] = {}
        self.places = asyncio.Semaphore(PLACES)
        self.running: set[LocalRun] = set()
        self.is_closed = False
        self.users = 0
        """How many tasks are inside `Inbox.running` with it."""

    @classmethod
    def of(cls, session: Session, own: OwnCode | None, hosts: Hosts | None) -> LocalRunner:
        """A local runner with agents of this program; it closes its own hosts, but not those that are given."""
        used = hosts or Hosts(keep=PLACES)
        return cls(session, runners_of(session, used, own=own), used, owns_hosts=hosts is None)

    async def end(self) -> None:
        """Begin nothing more, let the steps that run end for a moment, as a worker does, and close."""
        self.is_closed = True
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE_SECONDS):
                    await self._while(lambda: bool(self.running) or self._database.is_writing)
        finally:
            # Also where whoever closes it is cancelled, or the program ends: what it has is handed back.
            for run in self.running:
                run.cut_off()
            await self._while(lambda: bool(self.running))
            await self.close()

    async def _while(self, goes_on: Callable[[], bool]) -> None:
        while goes_on():
            for run in self.running:
                run.stop()
            await asyncio.sleep(WIND_DOWN_SECONDS)

    async def close(self) -> None:
        """What it claimed and did not run is ready for others, at the latest when its lease runs out."""
        self.is_closed = True
        claimed, self._claimed = self._claimed, {}
        try:
            await self._runner.hand_back(list(claimed.values()))
        except DatabaseUnusable as error:
            # What went wrong before it says more, and so does what came of the call.
            LOG.warning("%s; others can run %s when its lease runs out", error, ", ".join(claimed))
        finally:
            if self.hosts is not None and self._owns_hosts:
                await self.hosts.close()

    async def write(self, thread_id: str, transaction: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Run a transaction after which the thread may be ready, and claim it then."""

        def note(outcome: list[Any]) -> None:
            if outcome[1] is not None:
                self._claimed[thread_id] = outcome[1]

        # A claim of which nobody hears would hold the thread for the whole time of its lease.
        waking = WakeAndClaim(transaction, self._runner.claim(thread_id))
        try:
            result: _Result = (await self._database.write(waking, note))[0]
        finally:
            # A task that was not inside may have begun it before the last one left.
            if self.is_closed:
                await self.hand_back(thread_id)
        return result

    async def hand_back(self, thread_id: str) -> None:
        """Give the thread up that was claimed here, if it did not run."""
        if thread_id in self._claimed:
            await self._runner.hand_back([self._claimed[thread_id]])
            self._claimed.pop(thread_id, None)

    def run(self) -> LocalRun:
        """What one caller runs here."""
        return LocalRun(self, self._new_runner())

    def take(self, thread_id: str) -> Claimed | None:
        """The thread, if it was claimed here and nobody took it before."""
        return self._claimed.pop(thread_id, None)


class LocalRun:
    """What one caller runs, one thread after the other, with a runner of its own: its end takes no other's leases."""

    def __init__(self, local: LocalRunner, runner: Runner) -> None:
        self._local = local
        self._runner = runner
        self._is_over = False

    async def advance(self, thread_id: str) -> None:
        """Run the thread for as long as this runner can have it."""
        async with self._local.places:
            if self._is_over or self._local.is_closed:
                return
            self._local.running.add(self)
            try:
                claimed = self._local.take(thread_id)
                if claimed is None or not await self._runner.go_on(claimed):
                    await self._runner.drive(thread_id)
            finally:
                self._local.running.discard(self)

    async def wind_down(self) -> None:
        """Begin no further step; returns when the one that runs has ended and its thread is handed back."""
        self._is_over = True
        while self in self._local.running:
            self._runner.wind_down()
            await asyncio.sleep(WIND_DOWN_SECONDS)

    def stop(self) -> None:
        """Begin no further step; to be said again while it runs, for a thread that it claims just now."""
        self._is_over = True
        self._runner.wind_down()

    def cut_off(self) -> None:
        """Do not let the step end that runs."""
        self._runner.cut_off()


def runners_of(
    session: Session, hosts: Hosts, watcher: Watcher | None = None, own: OwnCode | None = None
) -> Callable[[], Runner]:
    """Makes runners with the built-in agents and those of this program, and `hosts` for the user's."""
    registry = builtins.registry()
    for name, source in own.agents.items() if own else ():
        registry.add(name, source)
    return partial(
        Runner,
        session.database,
        Executor(registry, hosts),
        owner=f"{os.getpid()}-{secrets.token_hex(4)}",
        trusted=lambda: (*trusted(), own.reference) if own else trusted(),
        clock=session.clock,
        lease=_lease(),
        **({"watcher": watcher} if watcher else {}),
    )


def _lease() -> timedelta:
    """How long a claim lasts without a heartbeat; a take-over test wants it short."""
    seconds = os.environ.get("HITL_LEASE_SECONDS")
    return timedelta(seconds=float(seconds)) if seconds else LEASE
