"""Look at a database file of any kind and in any state without changing it, nor the files beside it.

Opening one as `Database` does would create, migrate, recover or checkpoint it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hitl_tui.store.unusable import explained

BUSY_SECONDS = 1.0
_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_WRITES, _IN_USE = 120, 128
"""Bytes of the index that SQLite locks: who writes, and everybody who has the database open."""
_WHOLE, _WHOLE_LENGTH = 0x40000000, 512
"""Bytes of the database file that are locked for writing by who has it to itself."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the first hundred bytes of a file tell; all of it False and 0 where it is no database of SQLite's."""

    bytes: int
    is_sqlite: bool
    is_wal: bool
    application_id: int
    schema: int


def header(path: Path) -> Header:
    """The header of a file; raises `OSError`."""
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(_HEADER_BYTES)
    if len(first) < _HEADER_BYTES or not first.startswith(_MAGIC):
        return Header(size, is_sqlite=False, is_wal=False, application_id=0, schema=0)
    return Header(
        size,
        is_sqlite=True,
        is_wal=first[19] == 2,
        application_id=int.from_bytes(first[68:72]),
        schema=int.from_bytes(first[60:64]),
    )


@contextlib.contextmanager
def examining(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads; raises `DatabaseUnusable`, `OSError` where a copy cannot be made."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(explained(path))
        place, options = path.resolve(), "mode=ro"
        log, index = beside(place, "-wal"), beside(place, "-shm")
        if header(path).is_wal:
            if _size(log) == 0:
                # Nobody has written since the last one left; as another file, SQLite would make a log beside it.
                options += "&immutable=1"
            elif not index.exists() or _holder(index, _IN_USE, 1, fcntl.F_WRLCK) is None:
                # Left by a crash, or copied so: reading it would write the index anew.
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hitl-doctor-"))
                try:
                    for file in (place, log):
                        shutil.copyfile(file, Path(folder, file.name))
                    place = Path(folder, place.name)
                except FileNotFoundError:
                    # The last one has just left, and taken the log along: all of it is in the file.
                    options += "&immutable=1"
        connection = sqlite3.connect(
            f"{place.as_uri()}?{options}", uri=True, isolation_level=None, timeout=BUSY_SECONDS
        )
        stack.enter_context(closing(connection))
        connection.row_factory = sqlite3.Row
        connection.execute("begin")
        yield connection


def beside(path: Path, ending: str) -> Path:
    """The file that SQLite keeps beside a database, where links lead to it: `-wal`, `-shm` or `-journal`."""
    place = path.resolve()
    return place.with_name(place.name + ending)


def damage(connection: sqlite3.Connection, seconds: float) -> list[str] | None:
    """What is damaged, at most three places; empty for nothing, None when the time was up before the end."""
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, 20_000)
    try:
        found = [str(row[0]) for row in connection.execute("pragma integrity_check(3)")]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return None
    finally:
        connection.set_progress_handler(None, 0)
    return [] if found == ["ok"] else found


def write_lock_holder(path: Path) -> int | None:
    """The id of the process that holds the write lock of a database with a log, if any; asks, and takes nothing."""
    return _holder(beside(path, "-shm"), _WRITES, 1, fcntl.F_WRLCK)


def exclusive_holder(path: Path) -> int | None:
    """The id of the process that lets nobody else read, if any."""
    return _holder(path, _WHOLE, _WHOLE_LENGTH, fcntl.F_RDLCK)


def _holder(file: Path, start: int, length: int, kind: int) -> int | None:
    """The id of a process whose lock on these bytes keeps others from one of this kind."""
    linux, pid = sys.platform == "linux", 0
    if linux:
        question = struct.pack("hhqqi4x", kind, os.SEEK_SET, start, length, pid)
    else:
        question = struct.pack("qqihh", start, length, pid, kind, os.SEEK_SET)
    try:
        with file.open("rb") as asked:
            answer = fcntl.fcntl(asked, fcntl.F_GETLK, question)
    except OSError:
        return None
    if linux:
        kind, _, _, _, pid = struct.unpack("hhqqi4x", answer)
    else:
        _, _, pid, kind, _ = struct.unpack("qqihh", answer)
    return pid if kind != fcntl.F_UNLCK else None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
