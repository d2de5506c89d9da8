"""An effect that an agent runs with `once`, as it is recorded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    """Where an effect stands: done if there is a `result`; else it was begun, and may or may not have happened.

    `attempt` counts from 1; `begun_at` is ISO 8601 in UTC; `result` is JSON text; `problem` says how the attempt ended
    if that is known. `granted` tells whoever asked to begin that this attempt is theirs.
    """

    key: str
    attempt: int
    begun_at: str
    problem: str | None = None
    result: str | None = None
    granted: bool = False
