"""What the screen leaves behind when it breaks: a traceback without the values of variables, in a private log."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from hitl_tui import locations
from hitl_tui.model.redaction import redacted
from hitl_tui.safe_text import visible

_LONGEST_MESSAGE = 500


def log_path() -> Path:
    """The log of the screen."""
    return locations.log_file("tui")


def log_error(error: BaseException) -> Path | None:
    """Append where `error` came from to the log (0600); the log's path, or None when it cannot be written."""
    path = log_path()
    try:
        locations.private_dir(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{datetime.now(UTC).isoformat()}\n{''.join(_describe(error))}\n")
    except OSError:
        return None
    return path


def log_defect(error: BaseException) -> str:
    """Log an error that nobody expected; the words that tell a person of it."""
    path = log_error(error)
    where = f"its traceback is in {path}" if path else "its traceback could not be logged"
    return f"unexpected {type(error).__name__}; {where}"


def _describe(error: BaseException) -> list[str]:
    """The chain of errors, the first cause first: place and function of each frame, never a variable's value."""
    lines = []
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        lines = [*_describe(cause), "  which led to\n"]
    lines += traceback.format_tb(error.__traceback__)
    message = redacted(visible(str(error), newlines=True))[:_LONGEST_MESSAGE]
    return [*lines, f"{type(error).__name__}: {message}\n"]
