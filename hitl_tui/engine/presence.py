"""Is a worker alive on this database? A shared file lock tells, and cannot outlive its process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from hitl_tui.errors import DatabaseUnusable

STUCK_AFTER = timedelta(seconds=30)
"""What is due and not done for so long tells that the workers that are alive do nothing: stopped, say, or hung."""
_FLAGS = os.O_RDWR | os.O_CLOEXEC
PROBES = 3
PROBE_SECONDS = 0.0005


def _file(database: Path) -> Path:
    # One file may have many names, by links: whoever comes by another one finds the same lock, as SQLite's own files.
    file = Path(os.path.realpath(database))
    return file.with_name(file.name + "-worker.lock")


@contextlib.contextmanager
def announced(database: Path) -> Iterator[None]:
    """Be a live worker of this database while inside; raises `DatabaseUnusable` when its lock file cannot be opened."""
    file = _file(database)
    try:
        descriptor = os.open(file, os.O_CREAT | _FLAGS, 0o600)
    except OSError as error:
        raise _unusable(file, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def anyone(database: Path) -> bool:
    """Whether some worker is alive on this database."""
    try:
        descriptor = os.open(_file(database), _FLAGS)
    except OSError:
        return False
    try:
        # Somebody else who asks the same holds the lock for an instant; a worker holds it for good.
        return all(_held(descriptor) for _ in range(PROBES))
    finally:
        os.close(descriptor)


def hindrance(database: Path) -> DatabaseUnusable | None:
    """Why no worker of this user can be alive here, nor another one be seen; None when nothing is in the way."""
    file = _file(database)
    try:
        os.close(os.open(file, _FLAGS))
    except FileNotFoundError:
        return None
    except OSError as error:
        return _unusable(file, error)
    return None


def _unusable(file: Path, error: OSError) -> DatabaseUnusable:
    return DatabaseUnusable(
        f"no worker can run: its lock file {file} cannot be opened: {error.strerror}",
        hint="make it readable and writable for you; or remove it, when no other user's worker runs",
        path=str(file),
    )


def _held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(PROBE_SECONDS)
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
