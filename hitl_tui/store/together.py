"""Several transactions as one: all are stored, or none."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Together:
    """Runs its parts in their order; what one raises undoes all. The outcome is the list of theirs."""

    parts: Sequence[Callable[[sqlite3.Connection], Any]]

    def __call__(self, connection: sqlite3.Connection) -> list[Any]:
        return [part(connection) for part in self.parts]
