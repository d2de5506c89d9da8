"""The runner's side of an agent's calls: what it wants recorded is committed under the runner's lease."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from hitl_tui.agents.base import BaseAgent, Interrupted
from hitl_tui.agents.documents import DocumentCall
from hitl_tui.agents.effects import EffectCall, question
from hitl_tui.engine import documents
from hitl_tui.engine.keeping import keep
from hitl_tui.engine.node_run import NodeResult, NodeRun, failed, run_node
from hitl_tui.errors import UsageError
from hitl_tui.model.durations import written
from hitl_tui.model.effect import Effect
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import iso
from hitl_tui.model.kinds import StepStatus
from hitl_tui.store import effects
from hitl_tui.store.database import Database
from hitl_tui.store.effects import Doubt, Intend, Place, Record, Rename, Withdraw
from hitl_tui.store.leases import Lease
from hitl_tui.store.turns import check_lease


class EffectLog:
    """Records the effects of one node run, and reads and writes documents for its interaction handler."""

    def __init__(self, database: Database, lease: Lease, run: NodeRun, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._lease = lease
        self._run = run
        self._clock = clock
        self._under_way: dict[str, Effect] = {}
        self.met: set[str] = set()
        """The keys to which this run has come."""
        self._left: dict[str, str] | None = None
        """What earlier runs left open, once it was read."""

    async def make_sure(self) -> None:
        """Raise `LeaseLost` where another runner has the thread by now."""
        await self._database.read(lambda connection: check_lease(connection, self._lease))

    async def handle(self, call: EffectCall | DocumentCall, *, for_long: bool = True) -> Any:
        """Carry out one call of the agent; raises `LeaseLost`, and then nothing is recorded.

        `for_long` is whether to wait for as long as others keep the database locked. Returns the effect, or what
        `documents.handle` returns.
        """
        write = partial(self._write, for_long=for_long)
        if isinstance(call, DocumentCall):
            return await documents.handle(self._database, write, self._lease, call, iso(self._clock()))
        place = Place(self._lease, self._run.node.name, self._run.visit, call.key)
        if call.verb == "begin":
            return await self._begin(place, call)
        place, _ = await self._found(place)
        match call.verb:
            case "finish":
                await write(Record(place, call.text))
            case "doubt":
                await write(Doubt(place, call.text))
            case "withdraw":
                await write(Withdraw(place))
        self._under_way.pop(place.key, None)
        return None

    async def _write(self, transaction: Callable[[sqlite3.Connection], Any], *, for_long: bool) -> Any:
        if for_long:
            return await keep(self._database, transaction)
        return await self._database.write(transaction)

    async def interrupted(self, problem: str) -> list[HumanInteractionRequest]:
        """The questions about what was under way when the run was broken off."""
        questions = []
        for effect in list(self._under_way.values()):
            await self.handle(EffectCall("doubt", effect.key, text=problem))
            doubtful = Effect(effect.key, effect.attempt, effect.begun_at, problem)
            questions.append(question(self._run.context, doubtful))
        return questions

    async def _begin(self, place: Place, call: EffectCall) -> Effect:
        if call.same_as:
            await self._database.write(Rename(place, call.same_as, iso(self._clock())))
        # A replay is answered without a commit.
        place, found = await self._found(place)
        redo = found.attempt if found is not None and call.harmless and found.harmless else call.redo
        if found is not None and (found.result is not None or found.attempt != redo):
            return found
        if found is None and call.same_as is None and not call.harmless:
            left = await self._left_open(place)
            if left:
                return Effect(place.key, 0, next(iter(left.values())), left=tuple(left))
        # Nothing has happened yet: whoever cannot note that it is about to, does not begin.
        effect = await self._database.write(Intend(place, redo, iso(self._clock()), call.harmless))
        if effect.granted and not call.harmless:
            self._under_way[place.key] = effect
        return effect

    async def _found(self, place: Place) -> tuple[Place, Effect | None]:
        """The place of an effect by the first of its names, and the effect as it stands."""
        self.met.add(place.key)
        found = await effects.find(self._database, place)
        while found is not None and found.is_now is not None:
            place = replace(place, key=found.is_now)
            self.met.add(place.key)
            found = await effects.find(self._database, place)
        return place, found

    async def _left_open(self, place: Place) -> dict[str, str]:
        """When each effect was begun that an earlier run left in doubt, and to which this one has not come."""
        if self._left is None:
            self._left = await effects.left_open(self._database, place)
        return {key: at for key, at in self._left.items() if key not in self.met}


class _Aborted(Interrupted):
    """Stops a node whose effects cannot be recorded any more; agents' `except Exception` lets it pass."""


class _Ledger:
    """The way of an agent in this process to the runner."""

    def __init__(self, log: EffectLog) -> None:
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self.failure: Exception | None = None

    def call(self, call: EffectCall | DocumentCall) -> Any:
        if self.failure is not None:
            raise _Aborted
        try:
            answer = self._answer(call)
        except Exception as error:
            self.failure = error
            raise _Aborted from error
        if isinstance(answer, UsageError):
            raise answer
        return answer

    def _answer(self, call: EffectCall | DocumentCall) -> Any:
        if threading.get_ident() != self._thread:
            return asyncio.run_coroutine_threadsafe(self._log.handle(call), self._loop).result()
        # The agent blocks the runner's loop until its record is on disk, so another loop has to await that; and not for
        # long: who keeps the database locked may be something that needs this loop.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self._log.handle(call, for_long=False)).result()

    async def acall(self, call: EffectCall) -> Effect | None:
        if self.failure is not None:
            raise _Aborted
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._log.handle(call), self._loop))
        except Exception as error:
            self.failure = error
            raise _Aborted from error


async def broken_off(run: NodeRun, log: EffectLog, kind: str, problem: str) -> NodeResult:
    """The result of a run that was ended from outside: a failure, or questions about effects that were under way."""
    doubts = await log.interrupted(problem)
    return NodeResult(StepStatus.PAUSED, doubts=doubts) if doubts else failed(run.node.name, kind, problem)


async def overdue(run: NodeRun, log: EffectLog) -> NodeResult:
    """The result of a run that was ended because it took longer than its node allows."""
    words = f"node '{run.node.name}' ran longer than {written(run.node.run_timeout or 0)}"
    return await broken_off(run, log, "NodeTimeout", words)


async def run_here(create: Callable[[str], BaseAgent], run: NodeRun, log: EffectLog) -> NodeResult:
    """Run the node in this process, for as long as it may take; only what awaits can be ended before it is done.

    Raises what kept its effects from being recorded, whatever the agent made of it.
    """
    if run.node.run_timeout is None:
        return await _run_here(create, run, log)
    try:
        async with asyncio.timeout(run.node.run_timeout) as limit:
            return await _run_here(create, run, log)
    except TimeoutError:
        if not limit.expired():
            raise
        return await overdue(run, log)


async def _run_here(create: Callable[[str], BaseAgent], run: NodeRun, log: EffectLog) -> NodeResult:
    ledger = _Ledger(log)
    try:
        result = await run_node(create, run, ledger)
    except _Aborted:
        assert ledger.failure is not None
        raise ledger.failure from None
    if ledger.failure is not None:
        raise ledger.failure
    return result
