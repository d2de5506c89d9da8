"""Long questions to the database, on a connection and a thread of their own: nothing that is quick waits for them."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from hitl_tui.store.reader import BUSY_SECONDS
from hitl_tui.store.unusable import explained

_Result = TypeVar("_Result")


async def beside(path: Path, queries: Callable[[sqlite3.Connection], _Result]) -> _Result:
    """What `queries` returns from one moment of the database; given up at once when the caller is cancelled.

    They may make temporary tables. Raises `DatabaseUnusable`.
    """
    with explained(path):
        # Not `path`: SQLite would make a file anew that was removed meanwhile.
        place = f"file:{quote(os.path.abspath(path))}?mode=rw"  # noqa: ASYNC240, PTH100 - asks no disk
        connection = sqlite3.connect(
            place, uri=True, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False
        )
        try:
            return await asyncio.to_thread(_ask, connection, queries)
        except asyncio.CancelledError:
            # It may have ended just now, and then it is closed.
            with suppress(sqlite3.ProgrammingError):
                connection.interrupt()
            raise


def _ask(connection: sqlite3.Connection, queries: Callable[[sqlite3.Connection], _Result]) -> _Result:
    with closing(connection):
        connection.row_factory = sqlite3.Row
        connection.execute("pragma temp_store = memory")
        connection.execute("begin")
        return queries(connection)
