"""Tool calls that wait for an approval: the name, the proposed arguments, and what arguments the tool takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hitl_tui.model.kinds import InteractionType

USUAL_DECISIONS = ("approve", "edit", "reject")
"""What a person may do with a proposed call, unless it says otherwise."""
DECISIONS = (*USUAL_DECISIONS, "respond")
"""`respond` gives a message in place of a result, and the tool does not run; only where it is allowed by name."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A proposed call; `schema` is the JSON Schema of its arguments."""

    tool: str
    args: dict[str, Any]
    schema: dict[str, Any]


def shown_of_call(kind: str, context: Mapping[str, Any]) -> Mapping[str, Any]:
    """The context as a person reads it: without the schema of a tool's arguments, which is for checks and forms."""
    if tool_call_of(kind, context) is None:
        return context
    return {key: value for key, value in context.items() if key != "args_schema"}


def tool_call_of(kind: str, context: Mapping[str, Any]) -> ToolCall | None:
    """The tool call that an approval is about: `tool`, `args` and `args_schema` in its context; None for any other.

    With `args_schema` the author says that edited arguments are taken: the action `edit` with `{"args": {…}}`.
    """
    if kind != InteractionType.APPROVAL:
        return None
    tool, args, schema = context.get("tool"), context.get("args"), context.get("args_schema")
    if isinstance(tool, str) and tool and isinstance(args, dict) and isinstance(schema, dict):
        return ToolCall(tool, args, schema)
    return None
