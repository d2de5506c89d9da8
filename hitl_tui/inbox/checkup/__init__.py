"""A check of everything that hitl stands on. It changes nothing, and works where nothing else does.

For a process that has no other connection to the database: it opens the file itself, and closing it again would let go
of SQLite's locks.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Iterator
from datetime import datetime
from pathlib import Path

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox.checkup import database_file, program
from hitl_tui.inbox.checkup.findings import Finding, Level, problem
from hitl_tui.inbox.checkup.thread import thread
from hitl_tui.inbox.checkup.work import work
from hitl_tui.store.examine import examining, exclusive_holder, header
from hitl_tui.store.unusable import RESTORE

__all__ = ["Finding", "Level", "checkup"]


def checkup(path: Path, now: datetime, *, named: bool, thread_id: str | None = None) -> Iterator[Finding]:
    """Findings in the order of what stands on what; `named` when somebody chose this database, `thread_id` to ask
    about one thread too.
    """
    path = path.absolute()
    yield program.python()
    yield program.sqlite()
    yield from program.places()
    yield from program.settings()
    there = database_file.existence(path, named=named)
    yield there
    yield from database_file.disk(path)
    inside = yield from _file(path)
    try:
        if inside:
            with examining(path) as connection:
                yield from work(connection, path, now)
                if thread_id is not None:
                    yield from thread(connection, path, thread_id, now)
        elif thread_id is not None:
            yield _unreachable(thread_id)
    except (DatabaseUnusable, OSError, sqlite3.OperationalError) as error:
        yield problem("tables", f"the database cannot be read: {error}", "see the checks above")
        if thread_id is not None:
            yield _unreachable(thread_id)
    except (ValueError, TypeError, KeyError) as error:
        # Whole to SQLite, but somebody else has written into it.
        yield problem("tables", f"what is stored makes no sense: {error}", RESTORE)
        if thread_id is not None:
            yield _unreachable(thread_id)


def _file(path: Path) -> Generator[Finding, None, bool]:
    """What the file is like; returns whether there are tables to read in it."""
    # `Path.is_file` raises for a folder that may not be looked into.
    if not os.path.isfile(path):  # noqa: PTH113
        return False
    yield database_file.privacy(path)
    try:
        kind = database_file.kind(path)
        yield kind
        if kind.level is not Level.OK or header(path).bytes == 0:
            return False
        locked = database_file.lock(path)
        yield locked
        if locked.level is not Level.OK and exclusive_holder(path) is not None:
            return False
        yield database_file.log(path)
        sound = database_file.integrity(path)
        yield sound
    except OSError:
        return False
    return sound.level is Level.OK


def _unreachable(thread_id: str) -> Finding:
    return problem(
        "thread",
        f"nothing can be said about '{thread_id}', and it cannot be resumed: its database cannot be reached",
        "first see to what is said above about the database",
    )
