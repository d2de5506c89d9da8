"""The end of a log file, read anew only when the file has changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_BYTES = 16_384
_LINES = 60


class LogTail:
    """Reads the last lines of a file that others write to, and that may be put aside or be missing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int, int] | None = None
        self._lines: Sequence[str] = ()

    def read(self) -> Sequence[str]:
        """The last lines, oldest first."""
        try:
            about = self.path.stat()
            stamp = (about.st_ino, about.st_size, about.st_mtime_ns)
            if stamp != self._stamp:
                with self.path.open("rb") as file:
                    file.seek(max(about.st_size - _BYTES, 0))
                    text = file.read(_BYTES).decode("utf-8", "replace")
                lines = text.split("\n")
                # The first one is cut, unless the file is that short.
                whole = lines[1:] if about.st_size > _BYTES and len(lines) > 2 else lines
                self._lines = [line.rstrip("\r") for line in whole if line.strip()][-_LINES:]
                self._stamp = stamp
        except OSError:
            self._lines, self._stamp = (), None
        return self._lines
