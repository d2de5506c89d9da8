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
    """Reads the database at `path`."""

    def __init__(self, path: Path) -> None:
        super().__init__(lambda: _connect(path), _ROWS_AT_ONCE)

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
        connection.execute("commit")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    connection.row_factory = sqlite3.Row
    return connection
