"""The data in the commands that `hitl show` prints: what to write instead stands there in its form. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hitl_tui.inbox.views import PendingView
from hitl_tui.model.choices import takes_several
from hitl_tui.model.tool_call import tool_call_of
from hitl_tui.safe_text import one_line

_BY_TYPE: dict[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}, "null": None}
_BY_FORMAT = {"date": "2026-03-15", "date-time": "2026-03-15T14:00:00Z"}


def samples(request: PendingView, action: str) -> list[tuple[str, str | None]]:
    """The ways to take an action: what each does in words, and its JSON text for `--data`."""
    if request.type == "choice" and action == "choose" and "uncertain_effect" in request.context:
        # Whoever copies the first line must not do it twice: to mark it as done is the last option.
        numbered = reversed(list(enumerate(request.options, 1)))
        return [(one_line(option), _json({"choice": number})) for number, option in numbered]
    return [(action, sample_data(request, action))]


def sample_data(request: PendingView, action: str) -> str | None:
    """JSON text for `--data`, None where the action needs none."""
    if action == "reject":
        return '{"reason": "why not"}'
    if request.type == "conversation":
        return '{"message": "your words"}'
    if action == "choose":
        return '{"choices": [1]}' if takes_several(request.type, request.schema) else '{"choice": 1}'
    call = tool_call_of(request.type, request.context)
    if action == "edit":
        return _json({"args": call.args}) if call is not None else '{"edited": "the new text"}'
    if call is not None and action == "respond":
        return '{"message": "what stands for the result"}'
    given = _required(request.schema or {})
    if action == "respond":
        return _json(given) if request.schema else '{"text": "your answer"}'
    return _json(given) if given else None


def _required(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each field that the schema demands."""
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or not isinstance(required, list):
        return {}
    return {name: _value(properties.get(name)) for name in required if isinstance(name, str)}


def _value(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return "…"
    for name in ("default", "const"):
        if name in schema:
            return schema[name]
    for name in ("enum", "examples"):
        if isinstance(schema.get(name), list) and schema[name]:
            return schema[name][0]
    kind = schema.get("type")
    if kind == "object":
        return _required(schema)
    if kind in ("integer", "number") and isinstance(schema.get("minimum"), (int, float)):
        return schema["minimum"]
    return _BY_TYPE.get(str(kind), _BY_FORMAT.get(str(schema.get("format")), "text"))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, default=str)
