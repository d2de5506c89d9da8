"""One line at the foot of the terminal that is written anew when it changes, and lines above it."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
from typing import TextIO

from hitl_tui.cli.columns import cut
from hitl_tui.safe_text import visible

_ERASE = "\r\x1b[K"


class StatusLine(logging.Handler):
    """Shows a status on a terminal; as a log handler, warnings and what is worse above it."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(logging.WARNING)
        self._stream = stream
        self._shown = ""

    def show(self, text: str) -> None:
        """Write this status in place of the one before; nothing when it is the same."""
        if text != self._shown:
            self._shown = text
            self._write("")

    def above(self, line: str) -> None:
        """Write a line that stays."""
        self._write(f"{visible(line)}\n")

    def emit(self, record: logging.LogRecord) -> None:
        self.above(self.format(record))

    def _write(self, above: str) -> None:
        columns = shutil.get_terminal_size().columns
        # The terminal may be gone, while its worker still has to stop in order.
        with contextlib.suppress(OSError):
            self._stream.write(f"{_ERASE}{above}{cut(self._shown, columns - 1)}")
            self._stream.flush()


def on_terminal() -> StatusLine | None:
    """A status line where stderr is a terminal that can rewrite a line."""
    stream = sys.stderr
    if stream is None or not stream.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return None
    return StatusLine(stream)
