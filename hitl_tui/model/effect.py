"""An effect that an agent runs with `once`, as it is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    """Where an effect stands: done if there is a `result`; else it was begun, and may or may not have happened.

    `attempt` counts from 1; `begun_at` is ISO 8601 in UTC; `result` is JSON text; `problem` says how the attempt ended
    if that is known. `granted` tells whoever asked to begin that this attempt is theirs.

    `left` are other effects of the node run that were begun, whose end is not known, and to which the code has not come
    again: this one, which never began, may be one of them under a new name, and a person is asked. `is_now` is the key
    that a person said to be the same.
    """

    key: str
    attempt: int
    begun_at: str
    problem: str | None = None
    result: str | None = None
    granted: bool = False
    harmless: bool = False
    left: Sequence[str] = ()
    is_now: str | None = None
