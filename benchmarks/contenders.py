"""What `pause_resume.py` measures: the same workflow, `prepare → review (a person) → finish`, on different engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

THREAD = "original"
STATE = {"service": "billing", "number": 42}
DRAFT = "Release billing number 42: 17 changes, 3 of them to the database schema."
PROMPT = "Release billing number 42 to production?"
DURABLE = {"journal_mode": "wal", "synchronous": 2}
"""The settings that every contender writes with: each COMMIT ends with an fsync of the WAL."""


class Running(Protocol):
    """An engine at work on one database."""

    async def pause(self, thread_id: str) -> None:
        """Start a thread; returns when its question is on disk and its worker is free."""
        ...

    async def resume(self, thread_id: str) -> None:
        """Answer the question of a thread; returns when its end is on disk."""
        ...

    async def settings(self) -> dict[str, Any]:
        """The pragmas of `DURABLE` as the connection that writes has them."""
        ...

    async def trace(self, note: Callable[[str], None]) -> None:
        """From now on call `note` with each statement of the connection that writes."""
        ...


class Contender(Protocol):
    """One column of the report."""

    @property
    def name(self) -> str: ...

    def at_work(self, database: Path, at_once: int) -> AbstractAsyncContextManager[Running]:
        """The engine on a new or existing database, ready for so many threads at the same time."""
        ...

    async def standing(self, database: Path) -> Counter[str]:
        """How many threads are `paused` and `completed` on disk, as a connection of its own finds them."""
        ...

    def multiply(self, database: Path, copies: int) -> None:
        """Copy the rows of the paused thread `THREAD`, so that listing needs no long preparation."""
        ...

    async def listed(self, database: Path) -> tuple[int, float]:
        """How many paused threads it lists, each with its question, and in how many seconds."""
        ...
