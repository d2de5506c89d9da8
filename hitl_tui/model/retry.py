"""Retry policies: which failures of a node are tried again, how often, and after how long. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from pydantic import BaseModel, ConfigDict, Field

MOST_ATTEMPTS = 100


class Retry(BaseModel):
    """How often a node that raised is run, the first time included, and how long it waits in between.

    The wait begins with `backoff` seconds, grows by `factor` with each attempt, and ends up at `max` (or at `backoff`
    where that is longer). `jitter` (0 to 1) is the part of it that is left to chance, so that threads which failed
    together do not come back together.
    `on` are the errors to try again, each a class's name or that of one of its bases; empty means all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    attempts: int = Field(ge=1, le=MOST_ATTEMPTS)
    backoff: int = Field(default=2, ge=1)
    factor: float = Field(default=2, ge=1, le=100)
    max: int = Field(default=60, ge=1)
    jitter: float = Field(default=0.2, ge=0, le=1)
    on: tuple[str, ...] = ()

    def covers(self, kinds: Collection[str]) -> bool:
        """Whether an error is tried again; `kinds` are the names of its class and of that one's bases."""
        return not self.on or any(kind in self.on for kind in kinds)

    def delay(self, attempt: int, key: str) -> float:
        """Seconds to wait after this failed attempt (from 1). The same for the same `key`, so it needs no dice."""
        whole = min(float(max(self.max, self.backoff)), self.backoff * self.factor ** (attempt - 1))
        return whole * (1 - self.jitter * _chance(f"{key}:{attempt}"))


def _chance(text: str) -> float:
    """A number from 0 to 1 that looks like chance and is always the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64
