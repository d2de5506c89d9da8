"""What a node finds in its process: its own output, the folder and the signals, whatever nodes before it did."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection
from typing import Any

_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)


class Surroundings:
    """Made before the agents code is loaded; `loaded` notes what that code left, and `restore` goes back to it."""

    def __init__(self) -> None:
        # Between nodes, output goes where it went when this process began.
        self._aside = os.dup(1)
        self._nothing = os.open(os.devnull, os.O_RDONLY)
        self._folder = os.open(".", os.O_RDONLY)
        self._late: Collection[int] = ()
        sys.stdout, sys.stderr = self._stream(1), self._stream(2)
        self._flush_c = _line_buffered_c()

    def loaded(self) -> None:
        """The agents code is loaded; what it changed, it meant to."""
        self._streams = (sys.stdout, sys.stderr)
        self._signals = {number: signal.getsignal(number) for number in signal.valid_signals()}
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._threads = set(threading.enumerate())
        _log_to(self._stream(2))

    def enter(self, descriptor: int) -> None:
        """A node begins: what it, its threads and its processes write goes to `descriptor`."""
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.close(descriptor)
        self._late = {thread.ident or 0 for thread in threading.enumerate() if thread not in self._threads}

    def leave(self) -> None:
        """The node has ended; all that it wrote is out."""
        for stream in (sys.stdout, sys.stderr):
            # The agent may have put anything there.
            with contextlib.suppress(Exception):
                stream.flush()
        self._flush_c()
        os.dup2(self._aside, 1)
        os.dup2(self._aside, 2)

    def restore(self) -> bool:
        """Undo what the node changed; whether another node may run here.

        A thread that keeps the process from ending may still work for the node before.
        """
        os.dup2(self._nothing, 0)
        if sys.stdin is None or sys.stdin.closed:
            sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
        out, err = self._streams
        sys.stdout = self._stream(1) if out.closed else out
        sys.stderr = self._stream(2) if err.closed else err
        os.fchdir(self._folder)
        for timer in _TIMERS:
            signal.setitimer(timer, 0)
        for number, handler in self._signals.items():
            if handler is not None and signal.getsignal(number) != handler:
                signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        return all(thread.daemon or thread in self._threads for thread in threading.enumerate())

    def _stream(self, descriptor: int) -> _Stream:
        return _Stream(descriptor, self._is_late, self._aside)

    def _is_late(self) -> bool:
        return threading.get_ident() in self._late


class _Stream(io.TextIOWrapper):
    """Standard output or error without a buffer: what was printed is out even if the process dies next.

    What a thread prints that an earlier node left behind goes `aside`: it is not this node's.
    """

    def __init__(self, descriptor: int, is_late: Callable[[], bool], aside: int) -> None:
        raw = io.FileIO(descriptor, "w", closefd=False)
        super().__init__(raw, encoding="utf-8", errors="backslashreplace", write_through=True)
        self._is_late = is_late
        self._aside = aside

    def write(self, text: str) -> int:
        if self._is_late():
            os.write(self._aside, text.encode(errors="backslashreplace"))
            return len(text)
        return super().write(text)


class _Lines(logging.Formatter):
    converter = staticmethod(time.gmtime)


def _log_to(stream: _Stream) -> None:
    """Show log records, unless the agents code does so itself; those of `self.logger` in any case."""
    logging.getLogger("hitl_tui.agents").setLevel(logging.INFO)
    root = logging.getLogger()
    if any(not isinstance(handler, logging.FileHandler | logging.NullHandler) for handler in root.handlers):
        return
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
    root.addHandler(handler)
    if root.level == logging.WARNING:
        root.setLevel(logging.INFO)


def _line_buffered_c() -> Callable[[], Any]:
    """Have C code's standard output written line by line; returns what writes the rest."""
    try:
        import ctypes
    except ImportError:
        # A Python that was built without libffi.
        return lambda: None
    libc = ctypes.CDLL(None)
    with contextlib.suppress(ValueError):
        stdout = ctypes.c_void_p.in_dll(libc, "__stdoutp" if sys.platform == "darwin" else "stdout")
        libc.setvbuf(stdout, None, 1, 0)
    return lambda: libc.fflush(None)
