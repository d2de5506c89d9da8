"""The pool of agent hosts of one runner: a process per node that runs at the same time, kept warm between nodes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any

from hitl_tui.agents.loading import code_sha
from hitl_tui.engine.effects import EffectLog
from hitl_tui.engine.node_run import NodeResult, NodeRun, failed
from hitl_tui.engine.wire import LIMIT_BYTES, decode_message, encode_effect, encode_run
from hitl_tui.errors import AgentsNotLoaded
from hitl_tui.model.jsontext import from_json
from hitl_tui.model.kinds import StepStatus

LAST_WORDS_SECONDS = 0.2


@dataclass(slots=True)
class _Host:
    """One host process with one loaded reference."""

    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    lifeline: int
    reference: str
    names: tuple[str, ...] = ()
    sha: str | None = None

    async def run(self, run: NodeRun, effects: EffectLog) -> NodeResult:
        with contextlib.suppress(ConnectionError):
            answer = encode_run(run)
            while True:
                self.writer.write(answer)
                await self.writer.drain()
                line = await self._answer()
                if not line:
                    break
                message = decode_message(line)
                if isinstance(message, NodeResult):
                    return message
                answer = encode_effect(await effects.handle(message))
        code = await self.process.wait()
        words = f"was ended by signal {-code}" if code < 0 else f"ended by itself with exit code {code}"
        words = f"the agent's process {words} while running '{run.node.name}'"
        doubts = await effects.interrupted(words)
        if doubts:
            return NodeResult(StepStatus.PAUSED, doubts=doubts)
        return failed(run.node.name, "AgentProcessEnded", words)

    async def _answer(self) -> bytes:
        """The next line, or nothing when the process is gone; a child of it may keep the socket open for long."""
        reading, ending = asyncio.create_task(self.reader.readline()), asyncio.create_task(self.process.wait())
        try:
            await asyncio.wait({reading, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                # What it wrote before its end may still be on the way.
                await asyncio.wait({reading}, timeout=LAST_WORDS_SECONDS)
            line = reading.result() if reading.done() else b""
            return line if line.endswith(b"\n") else b""
        finally:
            reading.cancel()
            ending.cancel()

    @property
    def usable(self) -> bool:
        return self.process.returncode is None and self.sha == code_sha(self.reference)

    async def close(self) -> None:
        self.writer.close()
        if self.process.returncode is None:
            # Not `process.kill()`: that polls first, and would take the exit status from asyncio's own watcher.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
        os.close(self.lifeline)
        await self.process.wait()


class Hosts:
    """Hosts by agents reference; at most `keep` of them stay idle. A changed agents file gets a new process."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._idle: list[_Host] = []

    async def run(self, reference: str, run: NodeRun, effects: EffectLog) -> NodeResult:
        """Run one node in a host; a host that dies is a failed node, never a failed runner.

        One that dies in the middle of an effect leaves a question to a person instead of a failure.
        """
        try:
            host = await self._take(reference)
        except AgentsNotLoaded as error:
            return failed(run.node.name, type(error).__name__, error.message)
        try:
            result = await host.run(run, effects)
        except BaseException:
            await host.close()
            raise
        await self._give(host)
        return result

    async def names(self, reference: str) -> tuple[str, ...]:
        """The agent types that a reference defines; raises `AgentsNotLoaded` with the remedy."""
        host = await self._take(reference)
        await self._give(host)
        return host.names

    async def close(self) -> None:
        """End all idle hosts."""
        while self._idle:
            await self._idle.pop().close()

    async def _take(self, reference: str) -> _Host:
        while (host := next((host for host in self._idle if host.reference == reference), None)) is not None:
            self._idle.remove(host)
            if host.usable:
                return host
            await host.close()
        return await _start(reference)

    async def _give(self, host: _Host) -> None:
        self._idle.append(host)
        while len(self._idle) > self._keep:
            await self._idle.pop(0).close()


async def _start(reference: str) -> _Host:
    ours, theirs = socket.socketpair()
    lifeline_theirs, lifeline_ours = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "hitl_tui.engine.host", str(theirs.fileno()), str(lifeline_theirs), reference),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=2,
            pass_fds=(theirs.fileno(), lifeline_theirs),
        )
    finally:
        theirs.close()
        os.close(lifeline_theirs)
    reader, writer = await asyncio.open_connection(sock=ours, limit=LIMIT_BYTES)
    host = _Host(process, reader, writer, lifeline_ours, reference)
    try:
        line = await reader.readline()
        hello: dict[str, Any] = {"error": [f"{reference}: its process ended while it was loaded", ""]}
        if line:
            hello = from_json(line.decode())
        if "error" in hello:
            message, hint = hello["error"]
            raise AgentsNotLoaded(message, hint=hint, reference=reference)
    except BaseException:
        await host.close()
        raise
    host.names, host.sha = tuple(hello["names"]), hello["sha"]
    return host
