"""A statement that others keep from running is tried again each millisecond.

SQLite's own waits grow to 100 ms, which beside a busy process, that begins again at once, is seldom in time; and in
some places it does not wait at all.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass, field

BUSY_SECONDS = 10.0
RETRY_SECONDS = 0.001
_TRIES_AT_LEAST = 20
"""Whoever tries may be kept from it, by other work or by sleep; time alone says nothing then."""


@dataclass(slots=True)
class Patience:
    """What a statement has left, that was tried once in vain: ten seconds, and some more tries."""

    until: float = field(default_factory=lambda: time.monotonic() + BUSY_SECONDS)
    tries: int = 1

    def is_over(self) -> bool:
        """Whether it is to be given up; counts as a try."""
        self.tries += 1
        return self.tries > _TRIES_AT_LEAST and time.monotonic() > self.until


def patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Execute `statement`, for up to ten seconds; its connection has a `busy_timeout` of 0."""
    patience = Patience()
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if not is_busy(error) or patience.is_over():
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


def is_busy(error: BaseException) -> bool:
    """Whether it says that others keep a statement from running."""
    # Its low byte: a crashed process's WAL being recovered is busy, too.
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
