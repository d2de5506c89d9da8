"""The commands that `hitl show` prints for requests with a form fit the request."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hitl_tui.cli.sample_data import sample_data
from hitl_tui.inbox.views import PendingView
from hitl_tui.model.answer import check_answer
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.kinds import InteractionType

FORM = {
    "required": ["n", "day", "at", "who", "pick", "free"],
    "properties": {
        "n": {"type": "integer", "minimum": 5},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "who": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "pick": {"enum": [3, 4]},
    },
}
CALL = {"tool": "t", "args": {"a": "it's"}, "args_schema": {"properties": {"a": {"type": "string"}}}}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("approval", {}),
        ("approval", {"response_schema": FORM}),
        ("approval", {"context": CALL}),
        ("approval", {"context": {"items": [1]}, "response_schema": {"batch": True}}),
        ("edit", {}),
        ("choice", {}),
        ("choice", {"response_schema": {"multiple": True}}),
        ("text_input", {}),
        ("text_input", {"response_schema": FORM}),
        ("conversation", {}),
    ],
)
def test_sample_data_fits(kind: str, changes: dict[str, Any]) -> None:
    options = ["x", "y"] if kind == "choice" else []
    request = HumanInteractionRequest(
        thread_id="t", node_name="n", interaction_type=InteractionType(kind), prompt="?", options=options, **changes
    )
    view = PendingView(
        request_id="r",
        node="n",
        type=kind,
        prompt="?",
        context=request.context,
        options=options,
        allowed=list(request.actions),
        schema=request.response_schema,
        risk=None,
        require_reason=False,
        digest="d",
        due_at=None,
        status="pending",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    for action in view.allowed:
        data = sample_data(view, action)
        check_answer(request, action, json.loads(data) if data is not None else None)
