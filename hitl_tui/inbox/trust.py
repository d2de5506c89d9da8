"""The user's trust file: whose agents code a worker may load. It lives outside any database."""

from __future__ import annotations

import os
from pathlib import Path

from hitl_tui.errors import UsageError
from hitl_tui.locations import private_dir, trust_file


def trusted() -> tuple[str, ...]:
    """The references that the user trusts: absolute file paths and module names, one a line."""
    try:
        text = trust_file().read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    return tuple(line for line in (line.strip() for line in text.split("\n")) if line and not line.startswith("#"))


def is_trusted(reference: str | None) -> bool:
    """Whether a worker may load this reference; no reference needs no trust."""
    return reference is None or reference in trusted()


def trust(reference: str) -> bool:
    """Add a reference to the trust file (mode 0600); whether it was new. Raises `UsageError` for a line break."""
    if not reference.isprintable() or reference != reference.strip():
        raise UsageError(
            f"the agents reference {reference!r} begins or ends with a space, or has an unprintable character",
            hint="rename the file or its folder",
        )
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


def trust_path(path: Path) -> str:
    """Trust an agents file; returns its absolute path. Raises `UsageError` when there is no such file."""
    if not path.is_file():
        raise UsageError(f"{path} is no file", hint="name the Python file that defines the agents")
    reference = str(path.resolve())
    trust(reference)
    return reference
