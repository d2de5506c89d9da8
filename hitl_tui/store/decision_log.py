"""The logger `hitl_audit`: one record for every decision that is on disk, as spec 002 has it (row 121).

The message is a dict: `timestamp` (ISO 8601), `tool` and `args` (of a tool call: those that run, without secrets; else
None), `decision`, `user_id`, and `thread_id`, `request_id`, `node`, `type` to find it by. The table `audit` keeps the
decisions of all processes; this is for whoever has logging of their own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.redaction import redacted_value
from hitl_tui.model.tool_call import tool_call_of

LOGGER = logging.getLogger("hitl_audit")


def log_decision(
    request: HumanInteractionRequest, decision: str, data: Mapping[str, Any], user_id: str, now: str
) -> None:
    """Log what somebody, or `system`, decided; an `undo` is a decision too."""
    if not LOGGER.isEnabledFor(logging.INFO):
        return
    call = tool_call_of(request.interaction_type, request.context)
    args = None if call is None else data["args"] if decision == "edit" else call.args
    LOGGER.info(
        {
            "timestamp": now,
            "tool": None if call is None else call.tool,
            "args": redacted_value(args),
            "decision": decision,
            "user_id": user_id,
            "thread_id": request.thread_id,
            "request_id": str(request.id),
            "node": request.node_name,
            "type": request.interaction_type.value,
        }
    )
