"""Python, SQLite, the settings, and their folder with the trust file."""

from __future__ import annotations

import os
import shlex
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from hitl_tui import __version__, locations
from hitl_tui.agents.loading import code_sha
from hitl_tui.config.reading import load
from hitl_tui.errors import HitlError
from hitl_tui.inbox.checkup.findings import Finding, ok, problem, warning
from hitl_tui.inbox.trust import trusted
from hitl_tui.model.session_code import session_class

OLDEST_SQLITE = (3, 35, 0)
"""The first with `returning`."""
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_SHOWN = 3


def python() -> Finding:
    """The Python that runs us; an older one than we need cannot have installed us."""
    return ok("python", f"{sys.version.split()[0]} at {sys.executable}, hitl {__version__}")


def sqlite() -> Finding:
    """SQLite's version, and whether it has what our tables need."""
    found = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        return problem("sqlite", f"{found} is too old: {needed} is needed", "use a Python with a newer SQLite")
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("create virtual table words using fts5 (word)")
    except sqlite3.OperationalError as error:
        return problem(
            "sqlite",
            f"{found}, without full-text search ({error}): no database can be made or brought up to date",
            "use a Python whose SQLite has FTS5; python.org's and the ones of distributions have it",
        )
    return ok("sqlite", f"{found}, with full-text search")


def places() -> Iterator[Finding]:
    """The settings folder and the trust file: whoever can write them decides which code runs as you."""
    folder, file = locations.config_dir(), locations.trust_file()
    yield _guarded("config", folder, f"{folder} is not there yet; it is made when it is needed")
    found = _guarded("trust", file, f"no agents code is trusted yet ({file})")
    # `Path.exists` raises where the folder may not be looked into.
    there = os.path.exists(file)  # noqa: PTH110
    yield _listed(file) if there and not found.remedy else found


def settings() -> Iterator[Finding]:
    """What is wrong in `config.toml`, or in the environment; a command that needs such a setting does not run."""
    problems = load().problems
    for error in (found.as_error() for found in problems):
        yield problem("settings", error.message, error.hint)
    if not problems:
        yield ok("settings", "nothing wrong in config.toml")


def trusted_anyway() -> tuple[str, ...]:
    """What the trust file lists; nothing where it cannot be read, which `places` tells."""
    try:
        return trusted()
    except HitlError:
        return ()


def unblocking(reference: str, thread: str) -> str:
    """What to do about a thread (as a shell's word) whose agents code is not trusted."""
    if session_class(reference) is not None:
        return f"resume it there, or give it up: `hitl cancel {thread}`"
    return f"read that code; if it may run as you: `hitl trust {shlex.quote(reference)}`"


def _guarded(check: str, path: Path, missing: str) -> Finding:
    quoted = shlex.quote(str(path))
    try:
        about = path.stat()
    except FileNotFoundError:
        return ok(check, missing)
    except OSError as error:
        return problem(
            check, f"{path} cannot be looked at: {error.strerror}", f"make it yours: `sudo chown $USER {quoted}`"
        )
    if about.st_uid != os.getuid():
        whose = f"user {about.st_uid}"
        return problem(
            check,
            f"{path} belongs to {whose}, who decides with it which code runs as you",
            f"move it away, or make it yours: `sudo chown $USER {quoted}`",
        )
    if about.st_mode & _OTHERS_WRITE:
        return problem(
            check,
            f"other users can write {path}: they decide with it which code runs as you",
            f"`chmod go-w {quoted}`, and look whether all that the trust file lists is yours",
        )
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        return problem(check, f"{path} cannot be read", f"`chmod u+rwX {quoted}`")
    return ok(check, f"{path}, writable by you alone")


def _listed(file: Path) -> Finding:
    try:
        references = trusted()
    except HitlError as error:
        return problem("trust", error.message, error.hint)
    gone = [reference for reference in references if code_sha(reference) is None]
    if gone:
        names = ", ".join(gone[:_SHOWN]) + (f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else "")
        return warning(
            "trust",
            f"of {len(references)} trusted references {len(gone)} cannot be found: {names}. Their threads fail",
            f"put the code back, or remove the lines from {file}",
        )
    return ok("trust", f"{len(references)} trusted in {file}, writable by you alone")
