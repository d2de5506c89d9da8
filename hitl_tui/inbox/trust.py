"""The user's trust file: whose agents code a worker may load. It lives outside any database."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from hitl_tui.errors import HitlError, UsageError
from hitl_tui.locations import expanded, private_dir, trust_file


def trusted() -> tuple[str, ...]:
    """The references that the user trusts: absolute file paths and module names, one a line.

    Raises `HitlError` when the file cannot be read.
    """
    path = trust_file()
    try:
        now = path.stat()
        return _read(path, now.st_ino, now.st_size, now.st_mtime_ns)
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise HitlError(
            f"the trust file {path} cannot be read: {getattr(error, 'strerror', None) or error}",
            hint="it is a text file in UTF-8, one path or module a line: correct it, or move it away",
        ) from error


@lru_cache(maxsize=1)
def _read(path: Path, *changed: int) -> tuple[str, ...]:
    """The file is asked for with every claim, and is read again only when it has changed."""
    text = path.read_text(encoding="utf-8")
    return tuple(line for line in (line.strip() for line in text.split("\n")) if line and not line.startswith("#"))


def is_trusted(reference: str | None) -> bool:
    """Whether a worker may load this reference; no reference needs no trust."""
    return reference is None or reference in trusted()


def check_reference(reference: str) -> None:
    """Raise `UsageError` for an agents reference that cannot stand in the trust file."""
    if not reference.isprintable() or reference != reference.strip():
        raise UsageError(
            f"the agents reference {reference!r} begins or ends with a space, or has an unprintable character",
            hint="rename the file or its folder",
        )


def trust(reference: str) -> bool:
    """Add a reference to the trust file (mode 0600); whether it was new. Raises `UsageError` as `check_reference`."""
    check_reference(reference)
    if reference in trusted():
        return False
    path = trust_file()
    private_dir(path.parent)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "a+", encoding="utf-8") as file:
        file.seek(0)
        text = file.read()
        file.write(("" if text.endswith("\n") or not text else "\n") + reference + "\n")
    return True


def trust_agents(reference: str) -> str:
    """Trust a .py file or a module; returns the reference under which it is known. Raises `UsageError` for neither."""
    from hitl_tui.agents.loading import absolute_reference, code_sha, current_folder

    path = expanded(reference, "the agents reference")
    found = str(path.resolve()) if path.is_file() else absolute_reference(reference, current_folder())
    if code_sha(found) is None:
        raise UsageError(
            f"{reference} is no file, and no module that is installed here or lies in this folder",
            hint="name the Python file that defines the agents",
        )
    trust(found)
    if path.is_absolute():
        # A thread that was started before this path became a link goes by the path itself.
        trust(str(path))
    return found
