"""What stands for agents code that no file holds, such as a class in a notebook: nobody else can load or trust it."""

from __future__ import annotations

_PREFIX = "session:"


def session_reference(name: str) -> str:
    """The agents reference of a workflow class that only the Python session can run that defines it."""
    return f"{_PREFIX}{name}"


def session_class(reference: str | None) -> str | None:
    """The class's name, None for any other reference."""
    if reference is None or not reference.startswith(_PREFIX):
        return None
    return reference.removeprefix(_PREFIX)


def why_blocked(reference: str) -> str:
    """Why a thread with this reference cannot go on here, in words that may hold foreign text."""
    name = session_class(reference)
    if name is None:
        return f"the agents code {reference} is not trusted on this machine"
    return f"{name} is in no file: it goes on when the Python session that defines it calls resume()"
