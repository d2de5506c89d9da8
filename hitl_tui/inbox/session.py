"""What every use case works with: the database, who acts through which surface, the clock and the source of ids."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from hitl_tui.errors import UsageError
from hitl_tui.model import people
from hitl_tui.store.database import Database

if TYPE_CHECKING:
    from hitl_tui.engine.hosts import Hosts

_Result = TypeVar("_Result")


def utc_now() -> datetime:
    """The wall clock in UTC."""
    return datetime.now(UTC)


def short_id() -> str:
    """Eight random hexadecimal digits."""
    return secrets.token_hex(4)


class ThreadWriter(Protocol):
    """Writes a transaction after which a thread may be ready, and has its nodes run by `hosts`."""

    hosts: Hosts | None

    async def write(self, thread_id: str, transaction: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """What the transaction returned, once it is on disk."""


@dataclass(frozen=True, slots=True)
class Session:
    """One surface's hold on the inbox; `via` names the surface (`tui`, `cli`, `api`)."""

    database: Database
    actor: str
    via: str
    clock: Callable[[], datetime] = utc_now
    new_id: Callable[[], str] = short_id
    runner: ThreadWriter | None = None
    """Who claims, in the same transaction, what gets ready here."""

    def __post_init__(self) -> None:
        if people.is_system(self.actor):
            raise UsageError(
                "nobody may act as 'system': that name stands for timeouts and policies",
                hint="give your own name with --actor",
            )
        if not people.is_name(self.actor):
            raise UsageError(
                f"{self.actor[:40]!r} cannot be an actor's name",
                hint=f"give your own name with --actor: {people.HOW}",
            )

    async def wake(self, thread_id: str, transaction: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Write a transaction after which the thread may be ready."""
        if self.runner is not None:
            return await self.runner.write(thread_id, transaction)
        return await self.database.write(transaction)
