"""Is a worker alive on this database? A shared file lock tells, and cannot outlive its process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

STUCK_AFTER = timedelta(seconds=30)
"""What is due and not done for so long tells that the workers that are alive do nothing: stopped, say, or hung."""
PROBES = 3
PROBE_SECONDS = 0.0005


def _file(database: Path) -> Path:
    return database.with_name(database.name + "-worker.lock")


@contextlib.contextmanager
def announced(database: Path) -> Iterator[None]:
    """Be a live worker of this database while inside."""
    descriptor = os.open(_file(database), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def anyone(database: Path) -> bool:
    """Whether some worker is alive on this database."""
    try:
        descriptor = os.open(_file(database), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Somebody else who asks the same holds the lock for an instant; a worker holds it for good.
        return all(_held(descriptor) for _ in range(PROBES))
    finally:
        os.close(descriptor)


def _held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(PROBE_SECONDS)
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
