"""A statement that others keep from running is tried again each millisecond.

SQLite's own waits grow to 100 ms, which beside a busy process, that begins again at once, is seldom in time; and in
some places it does not wait at all.
"""

from __future__ import annotations

import sqlite3
import time

BUSY_SECONDS = 10.0
RETRY_SECONDS = 0.001


def patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Execute `statement`, for up to ten seconds; its connection has a `busy_timeout` of 0."""
    until = given_up_at()
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


def given_up_at() -> float:
    """Until when something that begins now is tried, by the monotonic clock."""
    return time.monotonic() + BUSY_SECONDS


def is_busy(error: BaseException) -> bool:
    """Whether it says that others keep a statement from running."""
    # Its low byte: a crashed process's WAL being recovered is busy, too.
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
