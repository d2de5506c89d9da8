"""The pool of agent processes of one runner: one per node that runs at the same time, kept warm between nodes."""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import replace
from typing import Final

from hitl_tui.agents.base import words_of
from hitl_tui.engine.effects import EffectLog
from hitl_tui.engine.host_process import Defined, HostProcess, NoProcess, start
from hitl_tui.engine.node_logs import LateOutputs, Output
from hitl_tui.engine.node_run import NodeResult, NodeRun, failed
from hitl_tui.engine.slots import Slots
from hitl_tui.errors import AgentsNotLoaded

LOG = logging.getLogger(__name__)

THREADS: Final = 32
"""For how many threads processes may be at work: programs start as many threads as they like."""
SHARED: Final = 7
"""How many processes may be at work beyond one for each thread."""
RETIRED: Final = 8
"""How many may end in their own time, because an agent left a thread behind; then the oldest is ended."""
LACKING_SECONDS: Final = 2.0
"""How long a node waits before it is tried again to start a process for it."""


class Hosts:
    """Processes by agents reference; at most `keep` of them stay idle. A changed agents file gets a new process."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._slots = Slots(max(keep, THREADS), SHARED)
        self._idle: list[HostProcess] = []
        self._retired: dict[HostProcess, asyncio.Task[None]] = {}
        self._late = LateOutputs()

    async def run(self, reference: str, run: NodeRun, effects: EffectLog) -> NodeResult:
        """Run one node, and keep what it prints with its result; waits while too many nodes run.

        A process that dies is a failed node, never a failed runner. One that dies in the middle of an effect leaves a
        question to a person instead of a failure.
        """
        async with self._slots.of(run.thread_id):
            try:
                host, is_new = await self._have(reference)
            except AgentsNotLoaded as error:
                return failed(run.node.name, type(error).__name__, words_of(error))
            output, theirs = Output.of_node(f"{run.thread_id} {run.node.name}")
            try:
                if is_new:
                    # On a busy machine a process starts slowly, and another runner may have taken the thread meanwhile.
                    await effects.make_sure()
                result = await host.run(run, effects, theirs)
            except BaseException:
                await host.kill(group=True)
                raise
            finally:
                os.close(theirs)
                logs = output.ended()
                self._late.add(output)
            await self._give(host)
        return replace(result, logs=logs)

    async def defined(self, reference: str) -> Defined:
        """What a reference defines; raises `AgentsNotLoaded` with the remedy."""
        host, _ = await self._take(reference)
        await self._give(host)
        return host.defined

    async def close(self) -> None:
        """End all processes that run no node, and keep none that comes later."""
        self._keep = 0
        while self._idle:
            await self._idle.pop().kill()
        for host, ending in list(self._retired.items()):
            await host.kill()
            await ending
        self._late.close()

    async def _have(self, reference: str) -> tuple[HostProcess, bool]:
        """As `_take`, but where the machine lacks what a process needs, when it has it again.

        What a person approved must not go the way of a failure because memory was short for a moment.
        """
        while True:
            try:
                return await self._take(reference)
            except NoProcess as error:
                LOG.warning("%s; trying again (%s)", error, error.hint)
                await asyncio.sleep(LACKING_SECONDS)

    async def _take(self, reference: str) -> tuple[HostProcess, bool]:
        """A process that can run a node now, and whether it was started for it."""
        while (host := next((host for host in self._idle if host.reference == reference), None)) is not None:
            self._idle.remove(host)
            if await host.ready():
                return host, False
            await self._retire(host)
        return await start(reference), True

    async def _give(self, host: HostProcess) -> None:
        if host.ended:
            await host.kill()
            return
        self._idle.append(host)
        # Who waits for a place would start a process as soon as this one is gone.
        keep = self._keep + (SHARED if self._slots.waiting else 0)
        while len(self._idle) > keep:
            await self._idle.pop(0).kill()

    async def _retire(self, host: HostProcess) -> None:
        ending = self._retired[host] = asyncio.create_task(host.hang_up())
        ending.add_done_callback(lambda _: self._retired.pop(host, None))
        while len(self._retired) > RETIRED:
            oldest = next(iter(self._retired))
            await oldest.kill()
            self._retired.pop(oldest, None)
