"""The connection that reads: a thread of its own, and several queries at one moment where they must fit together."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import aiosqlite

_Result = TypeVar("_Result")
BUSY_SECONDS = 5.0
_ROWS_AT_ONCE = 64


class Reader(aiosqlite.Connection):
    """Reads on a connection that was made with `connect`.

    A thread that fails to connect may end later than the loop, and then dies with a traceback.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(lambda: connection, _ROWS_AT_ONCE)

    async def at_one_moment(self, queries: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """What `queries` returns, all of it read in one transaction; a commit of somebody else comes before or after.

        It runs on the reader's thread in one go, so that it is whole also when the caller is cancelled.
        """
        result: _Result = await self._execute(_in_transaction, self._conn, queries)  # type: ignore[no-untyped-call]
        return result


def _in_transaction(connection: sqlite3.Connection, queries: Callable[[sqlite3.Connection], _Result]) -> _Result:
    connection.execute("begin")
    try:
        return queries(connection)
    finally:
        # After an error of the disk SQLite has ended it already, and that error is the one to tell.
        if connection.in_transaction:
            connection.execute("commit")


def connect(path: Path) -> sqlite3.Connection:
    """A connection for a `Reader`."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection
