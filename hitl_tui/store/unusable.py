"""SQLite's errors in words: which file, what is wrong with it, what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hitl_tui.errors import DatabaseUnusable

RESTORE = "remove FILE-wal and FILE-shm and restore a backup"
"""SQLite would put what an old log holds over a backup."""
_FULL = ("cannot grow: the disk is full", "free some space; nothing that was stored is lost")
_WORDS = {
    sqlite3.SQLITE_NOTADB: ("is not a database", f"name another file with --db, or {RESTORE}"),
    sqlite3.SQLITE_CORRUPT: ("is damaged", f"`sqlite3 FILE .recover` saves what can be read; then {RESTORE}"),
    sqlite3.SQLITE_BUSY: (
        "is locked by another process",
        "close the program that holds it (a database browser with an open transaction?) and try again",
    ),
    sqlite3.SQLITE_READONLY: ("is read-only", "make the file and its folder writable for you"),
    sqlite3.SQLITE_FULL: _FULL,
    # To make the index of its log, also for who only reads.
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,
    sqlite3.SQLITE_IOERR: ("cannot be read or written: input/output error", "check the disk it is on"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "check that its folder exists and is writable for you"),
}


class Contradiction(sqlite3.DatabaseError):
    """What an index says is not in its table: damage that SQLite itself does not notice."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn a `sqlite3` error about the file itself into a `DatabaseUnusable` that names file and remedy."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        exactly = getattr(error, "sqlite_errorcode", 0)
        code = exactly if exactly in _WORDS else exactly & 0xFF
        if code not in _WORDS:
            raise
        words, hint = _WORDS[code]
        busy = code == sqlite3.SQLITE_BUSY
        raise DatabaseUnusable(f"the database {path} {words}", hint=hint, busy=busy, path=str(path)) from error
