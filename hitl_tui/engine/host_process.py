"""The runner's side of one agent process: start it, have it run nodes, see how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hitl_tui
from hitl_tui.agents.loading import code_sha
from hitl_tui.engine.effects import EffectLog, broken_off, overdue
from hitl_tui.engine.node_logs import Output
from hitl_tui.engine.node_run import NodeResult, NodeRun
from hitl_tui.engine.wire import LIMIT_BYTES, READY, decode_message, encode_answer, encode_run
from hitl_tui.errors import AgentsNotLoaded, InvalidGraph
from hitl_tui.model.graph import Graph
from hitl_tui.model.jsontext import from_json

_LACKS = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
"""What a machine may lack for a while."""
LOADING_SECONDS = 120
"""How long agents code may take to load: a node that waits for it takes a place that other threads may need."""
LAST_WORDS_SECONDS = 0.2
SETTLING_SECONDS = 0.5
"""How long the next node waits for what the one before left behind, before another process is taken."""
# The package first where it is not installed, and never the current folder.
_START = (
    "import sys; home = sys.argv.pop(1); home in sys.path or sys.path.insert(0, home); "
    "from hitl_tui.engine.host import main; main()"
)


@dataclass(frozen=True, slots=True)
class Defined:
    """What agents code defines: agent types, and workflow classes by name, as a graph or as what is wrong with it."""

    names: tuple[str, ...] = ()
    workflows: Mapping[str, Graph] = field(default_factory=dict)
    problems: Mapping[str, InvalidGraph] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class HostProcess:
    """One process with one loaded reference. It has a session of its own: no terminal, and no ctrl+c from there."""

    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    outputs: socket.socket
    lifeline: int
    output: Output
    reference: str
    defined: Defined = field(default_factory=Defined)
    sha: str | None = None
    surroundings: tuple[str, dict[str, str]] = field(default_factory=lambda: _surroundings())
    _settling: asyncio.Task[bool] | None = field(default=None)

    async def run(self, run: NodeRun, effects: EffectLog, output: int) -> NodeResult:
        """Run one node, whose output goes to that descriptor; what ends the process makes a failure, or a question."""
        seconds = run.node.run_timeout
        until = None if seconds is None else asyncio.get_running_loop().time() + seconds
        with contextlib.suppress(ConnectionError):
            socket.send_fds(self.outputs, [b"\0"], [output])
            answer = encode_run(run)
            while True:
                self.writer.write(answer)
                await self.writer.drain()
                try:
                    line = await self._answer(until)
                except TimeoutError:
                    await self.kill(group=True)
                    return await overdue(run, effects)
                if not line:
                    break
                message = decode_message(line)
                if isinstance(message, NodeResult):
                    self._settling = asyncio.create_task(self._settle())
                    return message
                answer = encode_answer(await effects.handle(message))
        words = f"{await self._fate()} while running '{run.node.name}'"
        return await broken_off(run, effects, "AgentProcessEnded", words)

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.returncode is not None

    async def ready(self) -> bool:
        """Whether it can run a node now, with the code, the environment and the current folder as they are now."""
        if self._settling is not None:
            await asyncio.wait({self._settling}, timeout=SETTLING_SECONDS)
            if not self._settling.done() or not self._settling.result():
                return False
        as_it_was = self.sha == code_sha(self.reference) and self.surroundings == _surroundings()
        return as_it_was and not self.ended

    async def hang_up(self) -> None:
        """Give it no more nodes; it ends when what its agents left behind has ended. Returns then."""
        if self._settling is not None:
            self._settling.cancel()
        self.writer.close()
        await self.process.wait()
        self._close()

    async def kill(self, *, group: bool = False) -> None:
        """End it at once; with `group` also the programs that it started."""
        if self._settling is not None:
            self._settling.cancel()
        if not self.ended:
            # Not `process.kill()`: that polls first, and would take the exit status from asyncio's own watcher.
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        self._close()

    def _close(self) -> None:
        self.writer.close()
        self.outputs.close()
        self.output.close()
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1

    async def _settle(self) -> bool:
        with contextlib.suppress(ConnectionError):
            return await self._answer() == READY
        return False

    async def _answer(self, until: float | None = None) -> bytes:
        """The next line, or nothing when the process is gone; a child of it may keep the socket open for long.

        Raises `TimeoutError` when neither has come `until` then, by the clock of the loop.
        """
        reading, ending = asyncio.create_task(self.reader.readline()), asyncio.create_task(self.process.wait())
        left = None if until is None else max(0, until - asyncio.get_running_loop().time())
        try:
            done, _ = await asyncio.wait({reading, ending}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                raise TimeoutError
            if not reading.done():
                # What it wrote before its end may still be on the way.
                await asyncio.wait({reading}, timeout=LAST_WORDS_SECONDS)
            line = reading.result() if reading.done() else b""
            return line if line.endswith(b"\n") else b""
        except ValueError:
            # Longer than any message of ours.
            return b""
        finally:
            reading.cancel()
            ending.cancel()

    async def _fate(self) -> str:
        """How it ended, in words; one that hung up and lives on is ended."""
        try:
            code = await asyncio.wait_for(self.process.wait(), LAST_WORDS_SECONDS)
        except TimeoutError:
            await self.kill(group=True)
            return "the agent's process hung up on the runner"
        if code < 0:
            return f"the agent's process was ended by signal {-code}"
        return f"the agent's process ended by itself with exit code {code}"


class NoProcess(AgentsNotLoaded):
    """This machine lacks what a process needs, for now: that says nothing of the agents."""


async def start(reference: str) -> HostProcess:
    """A process that has loaded the reference; raises `AgentsNotLoaded`, or `NoProcess`, with the remedy."""
    try:
        host = await _start(reference)
    except OSError as error:
        problem = f"{reference}: no process can be started for it: {error.strerror or error}"
        if error.errno in _LACKS:
            hint = "free some memory or raise the limits of open files and processes (ulimit -n, -u)"
            raise NoProcess(problem, hint=hint, reference=reference) from error
        hint = f"see whether {sys.executable} still starts, and start hitl again"
        raise AgentsNotLoaded(problem, hint=hint, reference=reference) from error
    try:
        hello = await _hello(host)
        if "error" in hello:
            message, hint = hello["error"]
            raise AgentsNotLoaded(message, hint=hint, reference=reference)
    except BaseException:
        await host.kill(group=True)
        raise
    host.output.loaded()
    host.defined, host.sha = _defined(hello), hello["sha"]
    return host


async def _hello(host: HostProcess) -> dict[str, Any]:
    """What the process says of the reference once it has loaded it, or what came instead."""
    try:
        line = await host._answer(asyncio.get_running_loop().time() + LOADING_SECONDS)
    except TimeoutError:
        hint = "do what takes long, such as a call over the network, in an agent, and not where the code is imported"
        return {"error": [f"{host.reference}: loading it took longer than {LOADING_SECONDS} s", hint]}
    if not line:
        return {"error": [f"{host.reference}: its process ended while it was loaded", ""]}
    hello: dict[str, Any] = from_json(line.decode())
    return hello


def _defined(hello: dict[str, Any]) -> Defined:
    workflows = {name: Graph.model_validate_json(text) for name, text in hello["workflows"].items()}
    problems = {name: InvalidGraph(message, hint=hint) for name, (message, hint) in hello["problems"].items()}
    return Defined(tuple(hello["names"]), workflows, problems)


async def _start(reference: str) -> HostProcess:
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        channels = _pair(ours, theirs, *socket.socketpair())
        outputs = _pair(ours, theirs, *socket.socketpair())
        # The end of the lifeline tells the process that we are gone; its output comes through a pipe.
        lifeline = _ends(ours, theirs, *reversed(os.pipe()))
        output = _ends(ours, theirs, *os.pipe())
        given = (channels[1].fileno(), outputs[1].fileno(), lifeline[1])
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-c", _START, str(Path(hitl_tui.__file__).parents[1]), *map(str, given), reference),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output[1],
            stderr=output[1],
            pass_fds=given,
            start_new_session=True,
        )
        reader, writer = await asyncio.open_connection(sock=channels[0], limit=LIMIT_BYTES)
        ours.pop_all()
        return HostProcess(
            process, reader, writer, outputs[0], lifeline[0], Output(output[0], Path(reference).name), reference
        )


def _pair(
    ours: contextlib.ExitStack, theirs: contextlib.ExitStack, mine: socket.socket, other: socket.socket
) -> tuple[socket.socket, socket.socket]:
    return ours.enter_context(mine), theirs.enter_context(other)


def _ends(ours: contextlib.ExitStack, theirs: contextlib.ExitStack, mine: int, other: int) -> tuple[int, int]:
    ours.callback(os.close, mine)
    theirs.callback(os.close, other)
    return mine, other


def _surroundings() -> tuple[str, dict[str, str]]:
    """What a process takes over from ours."""
    folder = ""
    with contextlib.suppress(OSError):
        folder = str(Path.cwd())
    return folder, dict(os.environ)
