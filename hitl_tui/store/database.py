"""One SQLite file: opened privately, brought to the current schema, read on one connection, written on another."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shlex
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.locations import is_in_memory
from hitl_tui.store.changes import Changes
from hitl_tui.store.patience import patiently
from hitl_tui.store.queries import migrations
from hitl_tui.store.reader import Reader, connect
from hitl_tui.store.unusable import RESTORE, explained
from hitl_tui.store.writer import Writer
from hitl_tui.store.writer_thread import WriterThread

if TYPE_CHECKING:
    # To list, no definition is read.
    from hitl_tui.model.graph import Graph

APPLICATION_ID = 0x6869746C
"""`hitl` in ASCII: marks our files, so that another program's database is never taken for one."""

_LOOKS = 3
"""How often in a row a file must look barred: once may be by chance."""
Parameters = Mapping[str, Any]
_Result = TypeVar("_Result")


class Database:
    """The store behind every surface. Reads see committed data only; `write` runs one whole transaction."""

    def __init__(self, path: Path, reader: Reader, closing: AsyncExitStack, *, aside: bool) -> None:
        # The program may go to another folder while it is open.
        self.path = path.absolute()
        self._file = _identity(_about(path))
        self._reader = reader
        self._closing = closing
        self._writing_loop = None if aside else asyncio.get_running_loop()
        self._writers: dict[bool, Writer | WriterThread] = {}
        self.changes = Changes(self._data_version)
        self._writing = 0
        self._is_closed = False
        self.graphs: dict[str, Graph] = {}
        """Definitions that were read, by digest."""

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, *, aside: bool = False) -> AsyncIterator[Database]:
        """Open or create the database at `path` (mode 0600, its new folders 0700).

        Transactions run in the caller's loop, which waits for the disk; `aside`, in a thread: slower, but a screen is
        painted meanwhile. Raises `DatabaseUnusable` when the file is no database, read-only, locked, of a newer
        schema, or has a second name; after its end, every read and every write does.
        """
        _create_private(path)
        async with AsyncExitStack() as closing:
            with explained(path):
                reader = Reader(connect(path))
                await reader
                closing.push_async_callback(reader.close)
                database = cls(path, reader, closing, aside=aside)
                await database._prepare()
            try:
                yield database
            finally:
                # First of all: what comes while it closes would open a connection that nobody closes.
                database._is_closed = True
                await database.changes.close()

    async def rows(self, sql: str, parameters: Parameters | None = None) -> list[sqlite3.Row]:
        """All rows of a query."""
        self._check_open()
        with explained(self.path):
            return list(await self._reader.execute_fetchall(sql, dict(parameters or {})))

    async def row(self, sql: str, parameters: Parameters | None = None) -> sqlite3.Row | None:
        """The first row of a query, else None."""
        found = await self.rows(sql, parameters)
        return found[0] if found else None

    async def read(self, queries: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """What `queries` returns from one moment of the database: no commit comes between its parts."""
        self._check_open()
        with explained(self.path):
            return await self._reader.at_one_moment(queries)

    async def write(
        self, transaction: Callable[[sqlite3.Connection], _Result], note: Callable[[_Result], None] | None = None
    ) -> _Result:
        """Run `transaction` whole; returns after its COMMIT is on disk.

        What it raises undoes just this transaction and is raised here. A caller that is cancelled meanwhile does not
        hear of what is stored; where there is a `note`, that is told first in any case, and the caller waits for it.
        """
        self._writing += 1
        try:
            result = await self._writer().run(transaction, note)
        except asyncio.CancelledError:
            # It is stored all the same, unless it fails.
            self.changes.announce()
            raise
        finally:
            self._writing -= 1
        self.changes.announce()
        return result

    @property
    def is_writing(self) -> bool:
        """Whether a transaction was handed in of which its caller has not heard yet."""
        return self._writing > 0

    def _writer(self) -> Writer | WriterThread:
        """That of the loop which opened it, or a thread's: for a screen, and for a loop that helps a blocked one."""
        self._check_open()
        loop = asyncio.get_running_loop()
        here = loop is self._writing_loop
        writer = self._writers.get(here)
        if writer is None:
            self._check_file()
            writer = Writer(self.path, self._check, loop) if here else WriterThread(self.path, self._check)
            self._writers[here] = writer
            self._closing.push_async_callback(writer.close)
        return writer

    @property
    def is_well(self) -> bool:
        """Whether the file at its path is still the one that was opened, and was so whenever it was looked at."""
        return self._is_in_place and not self.changes.has_failed

    @property
    def _is_in_place(self) -> bool:
        found = _about(self.path)
        return found is not None and found.st_size > 0 and _identity(found) == self._file

    def _check_open(self) -> None:
        if self._is_closed:
            raise DatabaseUnusable(
                f"the database {self.path} is closed",
                hint="use it inside of the `async with` that opened it, or open it again",
                path=str(self.path),
            )

    def _check_file(self) -> None:
        """Nothing may be told to be stored in a file that is not there any more."""
        if not self._is_in_place:
            raise DatabaseUnusable(
                f"the database {self.path} was removed, emptied or replaced while it was open",
                hint="close hitl, put the file back, and open it again",
                path=str(self.path),
            )

    def _check(self, connection: sqlite3.Connection) -> None:
        """Nor in one that a newer version has made its own since: what we store would not fit."""
        self._check_file()
        self._check_schema(connection.execute("pragma user_version").fetchone()[0])

    def _check_schema(self, found: int) -> None:
        known = len(migrations())
        if found > known:
            raise DatabaseUnusable(
                f"{self.path} has schema {found} since a newer hitl-tui opened it; this one knows up to {known}",
                hint="end this one, and start the newer one",
                path=str(self.path),
            )

    async def _data_version(self) -> int:
        self._check_file()
        schema, version = await self.read(_versions)
        self._check_schema(schema)
        return version

    async def _prepare(self) -> None:
        row = await self.row("pragma user_version")
        found = int(row[0]) if row else 0
        scripts = migrations()
        if found < len(scripts):
            await asyncio.to_thread(_migrate, self.path, scripts)
        mark = await self.row("pragma application_id")
        if mark is None or mark[0] != APPLICATION_ID:
            raise _foreign(self.path)
        if found > len(scripts):
            raise DatabaseUnusable(
                f"{self.path} has schema {found}; this hitl knows up to {len(scripts)}",
                hint="it was written by a newer hitl-tui: upgrade this one, or name another file with --db",
                path=str(self.path),
            )
        await self._reader.execute("pragma query_only = 1")


def _versions(connection: sqlite3.Connection) -> list[int]:
    return [connection.execute(f"pragma {name}").fetchone()[0] for name in ("user_version", "data_version")]


def _about(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _identity(found: os.stat_result | None) -> tuple[int, int] | None:
    return None if found is None else (found.st_dev, found.st_ino)


def _migrate(path: Path, scripts: Sequence[str]) -> None:
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        patiently(connection, "begin immediate")
        # Another process may have migrated while we waited for the lock.
        found = connection.execute("pragma user_version").fetchone()[0]
        mark = connection.execute("pragma application_id").fetchone()[0]
        empty = found == 0 and connection.execute("select 1 from sqlite_master").fetchone() is None
        if not empty and mark != APPLICATION_ID:
            raise _foreign(path)
        for number, script in enumerate(scripts[found:], found + 1):
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {number}")
        connection.execute(f"pragma application_id = {APPLICATION_ID}")
        patiently(connection, "commit")
        patiently(connection, "pragma journal_mode = wal")
    finally:
        connection.close()


def _foreign(path: Path) -> DatabaseUnusable:
    return DatabaseUnusable(
        f"{path} is the database of another program",
        hint="name another file with --db; nothing was changed in this one",
        path=str(path),
    )


def memory_refusal(path: Path) -> DatabaseUnusable:
    """Why a database in memory is refused."""
    return DatabaseUnusable(
        "a database in memory ends with its process: what waits for a person would be lost",
        hint="name a file with --db",
        path=str(path),
    )


def link_refusal(path: Path) -> DatabaseUnusable:
    """Why a database with a hard link is refused."""
    # What was opened before the link was made goes on: nobody can open the second name.
    quoted = shlex.quote(str(path))
    return DatabaseUnusable(
        f"the database {path} has a second name, a hard link: what is stored under one is not seen under the other",
        hint=f"remove that name (`find FOLDER -samefile {quoted}` finds it), or make it a symbolic link or a copy",
        path=str(path),
    )


def is_emptied(path: Path) -> bool:
    """Whether it lost what it held: a new one is empty as well, but has no log before it has its tables."""
    # The log first: the file is filled before it comes.
    log = _about(Path(os.path.realpath(path) + "-wal"))
    return log is not None and log.st_size > 0 and path.stat().st_size == 0


def emptied_refusal(path: Path) -> DatabaseUnusable:
    """Why a database that lost what it held is refused."""
    return DatabaseUnusable(
        f"the database {path} was emptied while it was in use: only its log is left",
        hint=f"close every hitl; then {RESTORE}",
        path=str(path),
    )


def _statements(script: str) -> list[str]:
    """The statements of a script; `executescript` would commit before it starts."""
    statements, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements


def _create_private(path: Path) -> None:
    if is_in_memory(path):
        raise memory_refusal(path)
    with _naming(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Only a file that is not there yet: closing one that SQLite has open here would drop its locks.
        if not path.exists():
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        elif path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        elif is_emptied(path):
            raise emptied_refusal(path)
        elif path.stat().st_nlink > 1:
            raise link_refusal(path)
        file = barred(path)
        if file is not None:
            # The three are on one file system, and `file` may be gone by now.
            why = errno.EROFS if is_on_read_only(path) else errno.EACCES
            raise OSError(why, os.strerror(why), str(file))


def barred(path: Path) -> Path | None:
    """The first of a database's files that is there, but not for you to read and write: itself, its log or its index.

    The two beside it belong to who opened it first.
    """
    # SQLite follows links before it looks beside the file.
    place = os.path.realpath(path)
    files = (Path(place + ending) for ending in ("", "-wal", "-shm"))
    return next((file for file in files if _is_barred(file)), None)


def _is_barred(file: Path) -> bool:
    # Who closes the database last removes its log and its index: maybe between the two questions.
    return all(file.exists() and not os.access(file, os.R_OK | os.W_OK) for _ in range(_LOOKS))


def is_on_read_only(path: Path) -> bool:
    """Whether nobody can write it: its file system is mounted so."""
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


@contextmanager
def _naming(path: Path) -> Any:
    try:
        yield
    except OSError as error:
        raise DatabaseUnusable(
            f"cannot open the database {path}: {error.strerror}",
            hint=f"make {error.filename} and its folder readable and writable for you, or name another file with --db",
            path=str(path),
        ) from error
