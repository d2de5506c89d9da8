"""What an agent returns that sets state fields of its own choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Update:
    """State fields to set besides the node's own `output`, which may be a `Failure`."""

    writes: dict[str, Any]
    output: Any = None
