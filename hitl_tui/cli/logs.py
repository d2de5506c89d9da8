"""Log lines on stderr, one event a line, foreign text made visible."""

from __future__ import annotations

import logging
import sys
import time

from hitl_tui.safe_text import visible


class _OneLine(logging.Formatter):
    """Time in UTC, level where it is not plain news, and the message; a traceback stays out of sight."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        reason = ""
        if record.exc_info and record.exc_info[1] is not None:
            reason = f" ({type(record.exc_info[1]).__name__}: {record.exc_info[1]})"
        return visible(f"{self.formatTime(record)} {level}{record.getMessage()}{reason}")


def log_to_stderr(level: str) -> None:
    """Send log records of `level` and above to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
    logging.basicConfig(handlers=[handler], level="WARNING", force=True)
    logging.getLogger("hitl_tui").setLevel(level)
    # Its warnings are for developers: "Unknown child process" after an agent ended its own process.
    logging.getLogger("asyncio").setLevel("ERROR")
