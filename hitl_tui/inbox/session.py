"""What every use case works with: the database, who acts through which surface, the clock and the source of ids."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from hitl_tui.errors import UsageError
from hitl_tui.store.database import Database

SYSTEM = "system"
MAX_NAME = 100


def utc_now() -> datetime:
    """The wall clock in UTC."""
    return datetime.now(UTC)


def short_id() -> str:
    """Eight random hexadecimal digits."""
    return secrets.token_hex(4)


@dataclass(frozen=True, slots=True)
class Session:
    """One surface's hold on the inbox; `via` names the surface (`tui`, `cli`, `api`)."""

    database: Database
    actor: str
    via: str
    clock: Callable[[], datetime] = utc_now
    new_id: Callable[[], str] = short_id

    def __post_init__(self) -> None:
        if self.actor.strip().lower() == SYSTEM:
            raise UsageError(
                "nobody may act as 'system': that name stands for timeouts and policies",
                hint="give your own name with --actor",
            )
        if not self.actor.strip() or len(self.actor) > MAX_NAME or not self.actor.isprintable():
            raise UsageError(
                f"{self.actor[:40]!r} cannot be an actor's name",
                hint=f"give your own name with --actor: 1 to {MAX_NAME} printable characters",
            )
