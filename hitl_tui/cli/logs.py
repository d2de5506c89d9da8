"""Log lines, one event a line, foreign text made visible: on stderr, and for a worker in a file."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, Any

from hitl_tui.errors import UsageError
from hitl_tui.locations import private_dir
from hitl_tui.safe_text import visible

_FILE_BYTES = 5_000_000
_OLD_FILES = 3


class _OneLine(logging.Formatter):
    """Time in UTC, level where it is not plain news, and the message; a traceback stays out of sight.

    What agents print is marked `verbatim` and keeps its lines.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        if getattr(record, "verbatim", False):
            return visible(record.getMessage(), newlines=True)
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        reason = ""
        if record.exc_info and record.exc_info[1] is not None:
            from hitl_tui.model.redaction import redacted

            reason = redacted(f" ({type(record.exc_info[1]).__name__}: {record.exc_info[1]})")
        return visible(f"{self.formatTime(record)} {level}{record.getMessage()}{reason}")


class _OfCommand(_OneLine):
    """What a command has to tell while it waits reads as its own words."""

    def format(self, record: logging.LogRecord) -> str:
        if record.levelno == logging.INFO and not getattr(record, "verbatim", False):
            return visible(f"hitl: {record.getMessage()}")
        return super().format(record)


class _PrivateFile(RotatingFileHandler):
    """A file for this user alone, put aside when it is large; several workers may write to one."""

    def _open(self) -> Any:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        return open(os.open(self.baseFilename, flags, 0o600), "a", encoding="utf-8", errors="backslashreplace")

    def shouldRollover(self, record: logging.LogRecord) -> int:  # noqa: N802 - the standard library's name
        if self.stream is not None and not _is_at(self.stream, Path(self.baseFilename)):
            # Another worker put it aside.
            self.stream.close()
            self.stream = self._open()
        return super().shouldRollover(record)


def log_of_command() -> None:
    """Send warnings to stderr, what agents print, and for what the command waits."""
    _log_to([logging.StreamHandler(sys.stderr)], _OfCommand(), "WARNING")
    logging.getLogger("hitl_tui.inbox.working").setLevel("INFO")


def log_of_worker(screen: logging.Handler | None, file: Path | None) -> None:
    """Send a worker's log to `screen` (else to stderr as it is), and to a file; raises `UsageError` for that file."""
    handlers: list[logging.Handler] = [screen or logging.StreamHandler(sys.stderr)]
    if file is not None:
        try:
            private_dir(file.parent)
            handlers.append(_PrivateFile(file, maxBytes=_FILE_BYTES, backupCount=_OLD_FILES))
        except OSError as error:
            raise UsageError(
                f"cannot write the log {file}: {error.strerror or error}", hint="name another file with --log"
            ) from error
    _log_to(handlers, _OneLine(), "INFO")
    # A full disk, or a terminal that is gone, must not end a worker in the middle of its work, nor fill its stderr.
    logging.raiseExceptions = False


def _log_to(handlers: Sequence[logging.Handler], form: logging.Formatter, level: str) -> None:
    for handler in handlers:
        handler.setFormatter(form)
    logging.basicConfig(handlers=handlers, level="WARNING", force=True)
    logging.getLogger("hitl_tui").setLevel(level)
    logging.getLogger("hitl_tui.output").setLevel("INFO")
    # Its warnings are for developers: "Unknown child process" after an agent ended its own process.
    logging.getLogger("asyncio").setLevel("ERROR")


def _is_at(stream: IO[str], path: Path) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    ours = os.fstat(stream.fileno())
    return (found.st_dev, found.st_ino) == (ours.st_dev, ours.st_ino)
