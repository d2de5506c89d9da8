"""A program in a real terminal of its own, its screen as a person would see it, its keys as they would be typed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pyte

from tests.waiting import DEADLINE_SECONDS, until

REPOSITORY = Path(__file__).parents[2]
# Questions to the terminal and modes that pyte does not know and would print.
_UNKNOWN = re.compile(r"\x1b\[[<>=?][0-9;]*(?:u|\$p)")
ESC, ENTER, CTRL_S, F4 = "\x1b", "\r", "\x13", "\x1bOS"

# A busy machine stands still now and then; that keys are ignored then is tested by itself.
_NEVER_BLOCKED = (
    "from hitl_tui.tui import blocks; blocks.BLOCK_SECONDS = 60; from hitl_tui.cli.main import main; main()"
)
# The beginning of one at the end of what was read: the rest comes with the next read.
_CUT = re.compile(r"\x1b(?:\[[<>=?]?[0-9;]*\$?)?$")


class _Screen(pyte.Screen):
    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        """pyte fails at the private form, which sets no colours."""
        if not private:
            super().select_graphic_rendition(*attributes)


class Terminal:
    """The running program; every look at the screen first takes in what has arrived."""

    def __init__(self, child: pexpect.spawn, size: tuple[int, int]) -> None:
        self.child = child
        self._screen = _Screen(*size)
        self._stream = pyte.Stream(self._screen)
        self._cut = ""
        self.raw = ""

    def press(self, *keys: str) -> None:
        """Type keys, one after the other."""
        for key in keys:
            self.child.send(key)

    def lines(self) -> list[str]:
        """What is on the screen now."""
        with suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                text = self.child.read_nonblocking(65536, timeout=0.02)
                self.raw += text
                text = self._cut + text
                cut = _CUT.search(text)
                self._cut = cut[0] if cut else ""
                self._stream.feed(_UNKNOWN.sub("", text[: len(text) - len(self._cut)]))
        return list(self._screen.display)

    def read_until_quiet(self, seconds: float) -> str:
        """All that was ever written, once nothing has come for so long. It is not drawn: that takes far longer."""
        with suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                self.raw += self.child.read_nonblocking(65536, timeout=seconds)
        return self.raw

    def shows(self, text: str) -> bool:
        """Whether a text is on the screen."""
        return any(text in line for line in self.lines())

    def wait_for(self, text: str, seconds: float = DEADLINE_SECONDS) -> None:
        """Wait until a text is on the screen."""
        try:
            until(lambda: self.shows(text), seconds)
        except AssertionError:
            raise AssertionError(f"{text!r} is not on the screen:\n" + "\n".join(self.lines())) from None

    def wait_for_the_end(self, seconds: float = DEADLINE_SECONDS) -> int:
        """Wait until the program has ended; its exit code, negative for a signal."""

        def ended() -> bool:
            self.lines()
            return not self.child.isalive()

        try:
            until(ended, seconds)
        except AssertionError:
            raise AssertionError("the program does not end:\n" + "\n".join(self.lines())) from None
        code = self.child.exitstatus
        return int(code) if code is not None else -int(self.child.signalstatus)


@contextmanager
def terminal(
    *words: str,
    size: tuple[int, int] = (80, 24),
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    ignores_late_keys: bool = False,
    first: str = "",
) -> Iterator[Terminal]:
    """`hitl WORDS` in a terminal; `first` is code to run before it."""
    columns, rows = size
    child = pexpect.spawn(
        sys.executable,
        [*(["-m", "hitl_tui"] if ignores_late_keys else ["-c", f"{first}\n{_NEVER_BLOCKED}"]), *words],
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "TERM": "xterm-256color",
            "HITL_UNDO_SECONDS": "0.5",
            **(environment or {}),
        },
        cwd=str(cwd) if cwd else None,
        dimensions=(rows, columns),
        encoding="utf-8",
        codec_errors="replace",
        timeout=DEADLINE_SECONDS,
    )
    # pexpect waits 50 ms before each key, for programs that turn the echo off late.
    child.delaybeforesend = None
    try:
        yield Terminal(child, size)
    finally:
        with suppress(OSError):
            child.close(force=True)
