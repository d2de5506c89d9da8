"""The second way to write an answer (D-15): `{"decision": "edit", "args": {…}}`, as spec 002 has it. Pure.

The decision is the action, and everything beside it is the data, so that the two ways map onto each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hitl_tui.errors import InvalidData

_HINT = """--data '{"decision": "approve"}', or name the action: hitl resume THREAD approve"""


def of_decision(payload: Any) -> tuple[str, dict[str, Any]]:
    """The action and the data of `{"decision": …}`; raises `InvalidData`."""
    if not isinstance(payload, Mapping) or not isinstance(payload.get("decision"), str):
        raise InvalidData("The answer names neither an action nor a 'decision'", hint=_HINT, field="decision")
    return payload["decision"], {name: value for name, value in payload.items() if name != "decision"}
