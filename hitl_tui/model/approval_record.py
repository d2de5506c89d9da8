"""What an approval or a rejection leaves in the state: by whom, when and why (rows 166 and 167). Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from hitl_tui.model.interaction import HumanInteractionResponse

APPROVAL = ("approved", "approved_by", "approved_at", "approval_notes", "approval_ip")
REJECTION = ("rejected", "rejected_by", "rejected_at", "rejection_reason")
RECORD = (*APPROVAL, *REJECTION)
APPROVAL_TIME = "approval_time"
"""Another name of `approved_at`, written where a state model has it."""
MAY_BE_NONE = frozenset((*APPROVAL[1:], *REJECTION[1:], APPROVAL_TIME))
"""What a decision may leave as None: all but the decision itself."""
NO_APPROVAL = {"approved": False} | dict.fromkeys((*APPROVAL[1:], APPROVAL_TIME))
"""The fields of an approval as they are where there is none."""
_FROM_DATA = {"approval_notes": "notes", "approval_ip": "ip"}


def approval_record(response: HumanInteractionResponse, state: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that this decision sets; what an earlier one of the other kind left in the state becomes None.

    Where nobody decided, an earlier approval is withdrawn: a timeout approves nothing, and rejects nothing either.
    """
    data = response.data or {}
    if response.action == "approve":
        record = {"approved": True, "approved_by": response.actor, "approved_at": response.timestamp}
        given = {name: data.get(key) for name, key in _FROM_DATA.items()}
        stale = {"rejected": False, "rejected_by": None, "rejected_at": None, "rejection_reason": None}
        found = record | {APPROVAL_TIME: response.timestamp} | given
    elif response.action == "reject":
        record = {"approved": False, "rejected": True, "rejected_by": response.actor}
        found = record | {"rejected_at": response.timestamp, "rejection_reason": data.get("reason") or None}
        stale = NO_APPROVAL
        given = {}
    else:
        return withdrawn(state, ())
    needless = {name for name in given if given[name] is None and name not in state}
    cleared = {name: value for name, value in stale.items() if state.get(name)}
    return {name: value for name, value in (cleared | found).items() if name not in needless}


def withdrawn(state: Mapping[str, Any], said: Container[str]) -> dict[str, Any]:
    """What takes an approval out of the state that was there before this pause: all of it but what was `said` since."""
    if not isinstance(state.get("approved"), bool):
        # A field of the workflow's own, such as a text.
        return {}
    return {name: value for name, value in NO_APPROVAL.items() if state.get(name) and name not in said}
