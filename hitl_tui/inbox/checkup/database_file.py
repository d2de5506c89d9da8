"""The database as a file: whether it is there and ours, who may read and write it, the disk that it is on."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox.checkup.findings import Finding, ok, problem, warning
from hitl_tui.locations import is_in_memory
from hitl_tui.store import examine, queries
from hitl_tui.store.database import (
    APPLICATION_ID,
    barred,
    emptied_refusal,
    is_emptied,
    is_on_read_only,
    link_refusal,
    memory_refusal,
)
from hitl_tui.store.unusable import RESTORE

_FULL, _TIGHT = 20_000_000, 500_000_000
_LARGE_LOG = 100_000_000
_LOCK_SECONDS = 1.0
_CHECK_SECONDS = 15.0
_REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre", "fuse.sshfs", "davfs"}


def existence(path: Path, *, named: bool) -> Finding:
    """Whether there is a file that can be read and written; `named` when somebody said that it is there."""
    if is_in_memory(path):
        return _refused(memory_refusal(path))
    quoted = shlex.quote(str(path))
    try:
        about = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        if named:
            return problem(
                "database",
                f"there is no database at {path}",
                "check --db and HITL_DB; `hitl run FILE` makes a new one there",
            )
        return ok("database", f"there is none yet; `hitl run FILE` or the inbox make it at {path}")
    except OSError as error:
        return problem(
            "database", f"{path} cannot be looked at: {error.strerror}", "ask who owns the folders that it is in"
        )
    if not stat.S_ISREG(about.st_mode):
        return problem("database", f"{path} is no file", "name a file with --db")
    if not os.access(path, os.R_OK):
        return problem("database", f"{path} cannot be read by you", f"`chmod u+rw {quoted}`, or ask who owns it")
    if not os.access(path, os.W_OK):
        words, remedy = f"{path} is read-only", f"`chmod u+w {quoted}`"
        if is_on_read_only(path):
            words = f"{path} is on a read-only file system"
            remedy = "mount it for writing, or name another file with --db"
        return problem("database", f"{words}: nothing can be decided or run", remedy)
    if not os.access(path.absolute().parent, os.W_OK | os.X_OK):
        return problem(
            "database",
            f"the folder of {path} is read-only: SQLite keeps its log there",
            f"`chmod u+wx {shlex.quote(str(path.absolute().parent))}`",
        )
    file = barred(path)
    if file is not None:
        return problem(
            "database",
            f"{file}, which SQLite keeps beside it, cannot be read and written by you: nobody but its owner can work",
            f"let its owner close hitl, or make it yours: `sudo chown $USER {shlex.quote(str(file))}`",
        )
    if about.st_nlink > 1:
        return _refused(link_refusal(path))
    if is_emptied(path):
        return _refused(emptied_refusal(path))
    return ok("database", f"{path}, {_megabytes(about.st_size)}")


def _refused(error: DatabaseUnusable) -> Finding:
    return problem("database", error.message, error.hint)


def kind(path: Path) -> Finding:
    """Whether it is a database of ours, of a schema that we know; read from its first bytes alone."""
    found, known = examine.header(path), len(queries.migrations())
    if found.bytes == 0:
        return ok("schema", "empty; the tables are made when it is first used")
    if not found.is_sqlite:
        return problem("schema", "this is no SQLite database", f"name another file with --db, or {RESTORE}")
    if found.application_id != APPLICATION_ID:
        return problem(
            "schema",
            "this is the database of another program",
            "name another file with --db; nothing in this one is changed",
        )
    if found.schema > known:
        return problem(
            "schema",
            f"version {found.schema}, made by a newer hitl; this one knows up to {known}",
            "upgrade this hitl, or name another file with --db",
        )
    if found.schema < known:
        return ok("schema", f"version {found.schema}; it is brought to {known} when it is next opened")
    return ok("schema", f"version {known}")


def privacy(path: Path) -> Finding:
    """Whether others may read what is asked and answered."""
    mode, quoted = stat.S_IMODE(path.stat().st_mode), shlex.quote(str(path))
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        return problem("file mode", f"{mode:04o}: other users can change what was decided", f"`chmod 600 {quoted}`")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warning(
            "file mode", f"{mode:04o}: other users can read all questions and answers", f"`chmod 600 {quoted}`"
        )
    return ok("file mode", f"{mode:04o}")


def disk(path: Path) -> Iterator[Finding]:
    """Free space, and whether the file system is one that SQLite's log works on."""
    folder = _existing_folder(path)
    about = os.statvfs(folder)
    free = about.f_bavail * about.f_frsize
    words = f"{_megabytes(free)} free for {folder}"
    if free < _FULL:
        remedy = "free some space there; `hitl prune` makes room inside the database, and needs some there to do so"
        yield problem("disk", f"{words}: the next answer may not be stored", remedy)
    elif free < _TIGHT:
        yield warning("disk", words, "free some space; `hitl prune --vacuum` gives space of the database back")
    else:
        yield ok("disk", words)
    system = file_system(folder)
    if system in _REMOTE:
        yield warning(
            "file system",
            f"{system}, over the network: with several machines at work the database breaks",
            "keep it on a disk of this machine, or let only this machine use it",
        )
    elif system is not None:
        yield ok("file system", system)


def log(path: Path) -> Finding:
    """The size of SQLite's log, which grows while somebody keeps reading an old state."""
    file = examine.beside(path, "-wal")
    # Asked once: whoever closes the database takes its log along.
    size, _ = _log_stamp(path) or (0, 0)
    if size > _LARGE_LOG:
        return warning(
            "log",
            f"the log {file.name} has {_megabytes(size)}: some program keeps an old state of the database open",
            "close other programs that have it open; the last hitl to close empties it",
        )
    return ok("log", f"{_megabytes(size)} in {file.name}" if size else "empty")


def lock(path: Path) -> Finding:
    """Whether one process keeps everybody else from writing, or from reading too."""
    # Somebody who writes all the time has the lock whenever we look; only who has it and writes nothing is stuck.
    end, before = time.monotonic() + _LOCK_SECONDS, _log_stamp(path)
    what, holder = _held(path)
    while holder is not None and _held(path) == (what, holder) and (what == "reads" or _log_stamp(path) == before):
        if time.monotonic() > end:
            return problem(
                "lock",
                f"process {holder}{_name_of(holder)} keeps the database locked: nobody else {what} it",
                "let it finish or close it (a database browser with an open transaction?)",
            )
        time.sleep(0.05)
    return ok("lock", "free")


def _held(path: Path) -> tuple[str, int | None]:
    """What nobody else can do, and who keeps them from it."""
    holder = examine.exclusive_holder(path)
    return ("reads", holder) if holder is not None else ("writes", examine.write_lock_holder(path))


def integrity(path: Path) -> Finding:
    """SQLite's check of tables and indexes, for a limited time. Raises `OSError` where the file cannot be read."""
    stamp = path.stat().st_mtime_ns
    try:
        with examine.examining(path) as connection:
            found = examine.damage(connection, _CHECK_SECONDS)
        if found and path.stat().st_mtime_ns != stamp:
            # It was written to under our eyes.
            with examine.examining(path) as connection:
                found = examine.damage(connection, _CHECK_SECONDS)
    except DatabaseUnusable as error:
        return problem("integrity", error.message, error.hint)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return _damaged([str(error)])
    if found is None:
        return ok("integrity", f"nothing damaged in what could be read within {_CHECK_SECONDS:.0f} s")
    if found:
        return _damaged(found)
    return ok("integrity", "nothing damaged")


def _damaged(places: Sequence[str]) -> Finding:
    said = "; ".join(" ".join(place.replace("*** in database main ***", "").split()) for place in places)
    return problem(
        "integrity",
        f"damaged: {said}",
        f"stop workers; `sqlite3 FILE .recover` saves what can be read; then {RESTORE}",
    )


def file_system(folder: Path, mounts: Path = Path("/proc/mounts")) -> str | None:
    """The type of the file system that a folder is on, where the system tells."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    place, best, found = folder.resolve(), -1, None
    for line in lines:
        _, point, system, *_ = line.split(" ")
        # Spaces and the like are written as `\040`.
        mount = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), point))
        if place.is_relative_to(mount) and len(mount.parts) >= best:
            best, found = len(mount.parts), system
    return found


def _existing_folder(path: Path) -> Path:
    folder = path.absolute().parent
    # `Path.is_dir` raises where a folder above may not be looked into.
    return next(one for one in (folder, *folder.parents) if os.path.isdir(one))  # noqa: PTH112


def _log_stamp(path: Path) -> tuple[int, int] | None:
    try:
        about = examine.beside(path, "-wal").stat()
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns


def _name_of(pid: int) -> str:
    try:
        return f" ({Path(f'/proc/{pid}/comm').read_text(errors='replace').strip()})"
    except OSError:
        return ""


def _megabytes(size: int) -> str:
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= scale:
            return f"{size / scale:.{0 if size >= 10 * scale else 1}f} {unit}"
    return f"{size} bytes"
