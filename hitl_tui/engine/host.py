"""A process that runs the user's agents, one node at a time, so that they cannot harm the runner or each other.

Started by `host_process.py`, which tells it where the package is: the current folder, if it is still there, comes last
on its path, so that a file there hides nothing that is installed. Its standard input is empty, and what it writes is
kept with the step: an agent may print, read stdin, block or call `os._exit`.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import faulthandler
import inspect
import os
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from hitl_tui.agents import builtins, loading
from hitl_tui.agents.base import BaseAgent, words_of
from hitl_tui.agents.documents import DocumentCall
from hitl_tui.agents.effects import EffectCall, Ledger
from hitl_tui.agents.registry import AgentSource, Registry
from hitl_tui.engine.node_run import NodeResult, NodeRun, failed, run_node
from hitl_tui.engine.surroundings import Surroundings
from hitl_tui.engine.wire import READY, decode_answer, decode_run, encode_call, encode_result
from hitl_tui.errors import AgentsNotLoaded, HitlError
from hitl_tui.model.effect import Effect
from hitl_tui.model.graph import Graph
from hitl_tui.model.jsontext import to_json

RESULT_BYTES = 64 * 1024 * 1024
"""A larger result would only be in the way of every other thread of the runner."""


def main() -> None:
    """Say what the reference defines, then answer node runs until the runner goes away."""
    channel, outputs, lifeline = (int(word) for word in sys.argv[1:4])
    # A program that an agent starts must hold neither: each tells by its end that this process, or the runner, ended.
    for descriptor in (channel, outputs, lifeline):
        os.set_inheritable(descriptor, False)
    threading.Thread(target=_die_with_runner, args=(lifeline,), daemon=True).start()
    faulthandler.enable(2)
    with contextlib.suppress(FileNotFoundError):
        sys.path.append(str(Path.cwd()))
    try:
        with _Channel(channel, outputs) as runner:
            _serve(runner, sys.argv[4])
    except OSError:
        # The runner hung up, or the agent closed what is not its own: there is nobody to tell.
        return


class _Channel:
    """The way to the runner: lines both ways, and for each node the descriptor that its output goes to."""

    def __init__(self, lines: int, outputs: int) -> None:
        self._socket = socket.socket(fileno=lines)
        self._lines = self._socket.makefile("rb")
        self._outputs = socket.socket(fileno=outputs)

    def __enter__(self) -> _Channel:
        return self

    def __exit__(self, *_: object) -> None:
        for part in (self._lines, self._socket, self._outputs):
            part.close()

    def send(self, line: bytes) -> None:
        self._socket.sendall(line)

    def receive(self) -> bytes:
        """The next line; empty when the runner hung up."""
        return self._lines.readline()

    def output(self) -> int:
        """The descriptor for the output of the node whose run was just received."""
        return socket.recv_fds(self._outputs, 1, 1)[1][0]


def _serve(runner: _Channel, reference: str) -> None:
    registry, sha = builtins.registry(), loading.code_sha(reference)
    surroundings = Surroundings()
    try:
        loaded = _load(reference, registry)
    except HitlError as error:
        runner.send(to_json({"error": [error.message, error.hint]}).encode() + b"\n")
        return
    surroundings.loaded()
    runner.send(to_json(_hello(loaded) | {"sha": sha}).encode() + b"\n")
    while line := runner.receive():
        run = decode_run(line)
        ledger, loop = _Ledger(runner), asyncio.Runner()
        surroundings.enter(runner.output())
        result = _alone(registry.create, run, ledger, loop)
        ledger.close()
        surroundings.leave()
        # The result first: what the agent left behind may take its time to end.
        runner.send(_line(replace(result, code_sha=sha), run))
        loop.close()
        if not surroundings.restore():
            return
        runner.send(READY)


def _alone(create: Callable[[str], BaseAgent], run: NodeRun, ledger: Ledger, loop: asyncio.Runner) -> NodeResult:
    """Run the node. There is no loop until it awaits something: an agent that is not async may run one of its own."""
    us = os.getpid()
    context = contextvars.copy_context()
    coroutine = run_node(create, run, ledger)
    try:
        context.run(coroutine.send, None)
        result = loop.run(_rest(coroutine), context=context)
    except StopIteration as end:
        result = cast(NodeResult, end.value)
    except BaseException as error:
        result = failed(run.node.name, type(error).__name__, words_of(error))
    if os.getpid() != us:
        # The agent forked, and this is its child: the result is not its to give.
        os._exit(0)
    return result


async def _rest(coroutine: Coroutine[Any, Any, NodeResult]) -> NodeResult:
    return await _Begun(coroutine)


class _Begun:
    """What is left of a coroutine that was begun outside of a loop."""

    def __init__(self, coroutine: Coroutine[Any, Any, NodeResult]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, NodeResult]:
        return (yield from self._coroutine.__await__())


def _line(result: NodeResult, run: NodeRun) -> bytes:
    line = encode_result(result)
    if len(line) <= RESULT_BYTES:
        return line
    words = (
        f"the result of '{run.node.name}' and its writes take {len(line) // 2**20} MB, and at most "
        f"{RESULT_BYTES // 2**20} MB are stored: write it to a file, and return the file's path"
    )
    return encode_result(replace(failed(run.node.name, "ResultTooLarge", words), code_sha=result.code_sha))


class _Ledger:
    """Has the runner record the effects of one node run; from any thread, one call at a time."""

    def __init__(self, runner: _Channel) -> None:
        self._runner = runner
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._closed = False

    def call(self, call: EffectCall | DocumentCall) -> Any:
        what = f"once({call.key!r})" if isinstance(call, EffectCall) else f"the storage of '{call.collection}'"
        if os.getpid() != self._process:
            raise RuntimeError(f"{what} works only in the agent's own process, not in a fork of it")
        with self._lock:
            if self._closed:
                raise RuntimeError(f"{what}: its node has ended")
            try:
                self._runner.send(encode_call(call))
                answer = self._runner.receive()
            except OSError:
                answer = b""
        if not answer:
            # The runner hung up: what is not recorded by now never will be.
            os._exit(1)
        return decode_answer(answer)

    async def acall(self, call: EffectCall) -> Effect | None:
        effect: Effect | None = await asyncio.to_thread(self.call, call)
        return effect

    def close(self) -> None:
        """The node has ended; a thread that it left behind may record nothing more."""
        with self._lock:
            self._closed = True


def _hello(loaded: Registry) -> dict[str, Any]:
    """What the reference defines: agent types, and workflows, each as a graph or as what is wrong with it."""
    graphs = {name: found for name, found in loaded.workflows.items() if isinstance(found, Graph)}
    problems = {name: found for name, found in loaded.workflows.items() if isinstance(found, HitlError)}
    return {
        "names": list(loaded.names),
        "workflows": {name: graph.model_dump_json() for name, graph in graphs.items()},
        "problems": {name: [error.message, error.hint] for name, error in problems.items()},
    }


def _load(reference: str, registry: Registry) -> Registry:
    """Add the reference's agent types to the built-in ones; returns what it defines."""
    loaded = loading.load_reference(reference)
    for name in loaded.names:
        if name in registry and not _is_kind_of(loaded.find(name), registry.find(name)):
            raise AgentsNotLoaded(
                f"{reference}: '{name}' is a built-in agent type", hint="register yours under another name"
            )
    for name in loaded.names:
        source = loaded.find(name)
        assert source is not None, name
        registry.add(name, source)
    registry.make_handler = loaded.make_handler
    return loaded


def _is_kind_of(source: AgentSource | None, built_in: AgentSource | None) -> bool:
    """Whether it is the built-in agent with more to it, such as `llm` with the tools of the file."""
    return inspect.isclass(source) and inspect.isclass(built_in) and issubclass(source, built_in)


def _die_with_runner(lifeline: int) -> None:
    """End at once when the runner is gone, even in the middle of a node: its lease is void."""
    os.read(lifeline, 1)
    os._exit(1)
