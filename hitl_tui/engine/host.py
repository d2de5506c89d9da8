"""A process that runs the user's agents, one node at a time, so that they cannot harm the runner or each other.

Started by `hosts.py` as `python -m hitl_tui.engine.host SOCKET_FD LIFELINE_FD REFERENCE`. Its standard input is empty
and its standard output is the log: an agent may print, read stdin, block or call `os._exit`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from dataclasses import replace
from io import BufferedRWPair

from hitl_tui.agents import builtins, loading
from hitl_tui.agents.effects import EffectCall
from hitl_tui.agents.registry import Registry
from hitl_tui.engine.node_run import run_node
from hitl_tui.engine.wire import decode_effect, decode_run, encode_call, encode_result
from hitl_tui.errors import AgentsNotLoaded, HitlError
from hitl_tui.model.effect import Effect
from hitl_tui.model.jsontext import to_json


def main(socket_fd: int, lifeline_fd: int, reference: str) -> None:
    """Say what the reference defines, then answer node runs until the runner goes away."""
    # Ctrl+C in the terminal is the runner's business: it stops its hosts itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_runner, args=(lifeline_fd,), daemon=True).start()
    with socket.socket(fileno=socket_fd) as channel, channel.makefile("rwb") as lines:
        registry, sha, us = builtins.registry(), loading.code_sha(reference), os.getpid()
        try:
            names = _load(reference, registry)
        except HitlError as error:
            lines.write(to_json({"error": [error.message, error.hint]}).encode() + b"\n")
            return
        lines.write(to_json({"names": list(names), "sha": sha}).encode() + b"\n")
        lines.flush()
        for line in lines:
            ledger = _Ledger(lines)
            result = asyncio.run(run_node(registry.create, decode_run(line), ledger))
            if os.getpid() != us:
                # The agent forked, and this is its child: the result is not its to give.
                os._exit(0)
            ledger.close()
            lines.write(encode_result(replace(result, code_sha=sha)))
            lines.flush()
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()


class _Ledger:
    """Has the runner record the effects of one node run; from any thread, one call at a time."""

    def __init__(self, lines: BufferedRWPair) -> None:
        self._lines = lines
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._closed = False

    def call(self, call: EffectCall) -> Effect | None:
        if os.getpid() != self._process:
            raise RuntimeError(f"once({call.key!r}) works only in the agent's own process, not in a fork of it")
        with self._lock:
            if self._closed:
                raise RuntimeError(f"once({call.key!r}): its node has ended")
            self._lines.write(encode_call(call))
            self._lines.flush()
            answer = self._lines.readline()
        if not answer:
            # The runner hung up: what is not recorded by now never will be.
            os._exit(1)
        return decode_effect(answer)

    async def acall(self, call: EffectCall) -> Effect | None:
        return await asyncio.to_thread(self.call, call)

    def close(self) -> None:
        """The node has ended; a thread that it left behind may record nothing more."""
        with self._lock:
            self._closed = True


def _load(reference: str, registry: Registry) -> tuple[str, ...]:
    """Add the reference's agent types to the built-in ones; returns their names."""
    loaded = loading.load_reference(reference)
    for name in loaded.names:
        if name in registry:
            raise AgentsNotLoaded(
                f"{reference}: '{name}' is a built-in agent type", hint="register yours under another name"
            )
    for name in loaded.names:
        source = loaded.find(name)
        assert source is not None, name
        registry.add(name, source)
    return loaded.names


def _die_with_runner(lifeline_fd: int) -> None:
    """End at once when the runner is gone, even in the middle of a node: its lease is void."""
    os.read(lifeline_fd, 1)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
