"""The five sample requests of spec 000 as the inbox hands them to the screen, an app around the pane, its answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import Any, ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

import hitl_tui.tui
from hitl_tui.inbox.views import DecisionView, PendingView, StepView, ThreadView, Turn
from hitl_tui.model.answer import check_answer
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import digest
from hitl_tui.model.kinds import InteractionType
from hitl_tui.tui.messages import AnswerGiven, LeaveAnswer
from hitl_tui.tui.widgets.detail import DetailPane

STYLES = Path(hitl_tui.tui.__file__).parent / "styles"
NOW = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
THREAD = "thread_12345"
ORIGINAL = "The system has detected an anomaly in the data processing pipeline..."
OPTIONS = ["Production (us-east-1)", "Staging (us-west-2)", "Development (local)", "Cancel deployment"]


ROOM: dict[str, Any] = {
    "type": "object",
    "required": ["seats", "room", "contact"],
    "properties": {
        "seats": {"type": "integer", "minimum": 1, "maximum": 40, "title": "Seats", "description": "who\ncomes"},
        "room": {"enum": ["red", "blue", 3]},
        "beamer": {"type": "boolean"},
        "extras": {"type": "array", "items": {"enum": ["coffee", "lunch"]}},
        "day": {"type": "string", "format": "date"},
        "price": {"type": "number"},
        "note": {"type": "string", "default": "none"},
        "tags": {"type": "array", "items": {"type": "integer"}},
        "contact": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "phone": {"type": ["string", "null"]}},
        },
        "layout": {"oneOf": [{"type": "string"}, {"type": "object"}]},
    },
}
"""A schema with a field of every kind."""


def request(kind: str, **changes: Any) -> PendingView:
    """One sample request (rows 10, 15, 20, 29 and 000 §5), changed as named."""
    given: dict[str, Any] = {
        "request_id": f"request-{kind}",
        "type": kind,
        "options": [],
        "schema": None,
        "risk": None,
        "require_reason": False,
        "due_at": NOW + timedelta(minutes=100),
        "status": "pending",
        "created_at": NOW - timedelta(minutes=20),
        **_SAMPLES[kind],
        **changes,
    }
    shown = {key: given[key] for key in ("type", "node", "prompt", "context", "options", "allowed", "risk")}
    if "digest" not in given:
        given["digest"] = digest(shown)
    return PendingView(**given)


_SAMPLES: dict[str, dict[str, Any]] = {
    "approval": {
        "node": "approval_gate",
        "prompt": "Please review and approve this budget proposal.",
        "context": {"proposal_amount": 50000, "department": "Engineering", "quarter": "Q1 2024"},
        "allowed": ["approve", "reject"],
    },
    "edit": {
        "node": "content_editor",
        "prompt": "Please review and edit this generated content for clarity and accuracy.",
        "context": {
            "original_content": ORIGINAL,
            "content_type": "alert_message",
            "target_audience": "technical_team",
        },
        "allowed": ["edit"],
    },
    "choice": {
        "node": "deployment_selector",
        "prompt": "Select the deployment environment for this application:",
        "context": {"application": "payment_service", "version": "v2.1.0", "urgency": "high"},
        "options": OPTIONS,
        "allowed": ["choose"],
    },
    "text_input": {
        "node": "requirements_gatherer",
        "prompt": "Please provide additional requirements for this feature:",
        "context": {
            "feature_name": "User Authentication",
            "current_requirements": ["OAuth 2.0", "Multi-factor auth"],
            "deadline": "2024-03-15",
        },
        "allowed": ["respond"],
    },
    "conversation": {
        "node": "technical_consultant",
        "prompt": "Let's discuss the technical architecture for this project. "
        "What are your thoughts on the proposed microservices approach?",
        "context": {
            "project": "E-commerce Platform",
            "current_architecture": "monolithic",
            "team_size": 8,
            "timeline": "6 months",
        },
        "allowed": ["respond"],
    },
}


def thread(*pending: PendingView, **changes: Any) -> ThreadView:
    """A thread that waits for these answers, or as named."""
    given: dict[str, Any] = {
        "thread_id": THREAD,
        "graph": "BudgetFlow",
        "status": "paused" if pending else "running",
        "outcome": None,
        "state": {"request_data": "a budget", "validation_result": {"valid": True}},
        "pending": list(pending),
        "error": None,
        "frontier": [each.node for each in pending] or ["process"],
        "created_at": NOW - timedelta(hours=2),
        "updated_at": NOW - timedelta(seconds=42),
        **changes,
    }
    return ThreadView(**given)


def turns() -> list[Turn]:
    """Three utterances; the last one is the open question of the sample conversation."""
    said = [
        ("technical_consultant", "Which architecture do you run today?", False),
        ("Reviewer", "A monolith, with one team of eight.\nDeployments are weekly.", True),
        ("technical_consultant", _SAMPLES["conversation"]["prompt"], False),
    ]
    return [
        Turn(who, text, NOW - timedelta(minutes=30 - 5 * n), human, not human)
        for n, (who, text, human) in enumerate(said)
    ]


def steps() -> list[StepView]:
    """A history with a decision, a failure and a pause."""

    def step(seq: int, node: str, status: str, **changes: Any) -> StepView:
        start = NOW - timedelta(minutes=60 - seq)
        given: dict[str, Any] = {"visit": 1, "writes": {}, "error": None, "decisions": [], **changes}
        return StepView(
            seq=seq, node=node, status=status, started_at=start, ended_at=start + timedelta(seconds=3), **given
        )

    decision = DecisionView("earlier", "first_gate", None, "reject", {"reason": "too dear"}, "Reviewer", "tui", NOW)
    return [
        step(1, "start", "ok", writes={"request_data": "a budget"}),
        step(2, "first_gate", "rejected", decisions=[decision]),
        step(3, "notify", "failed", error="ConnectionError: no route"),
        step(4, "notify", "ok", visit=2),
    ]


class Host(App[None]):
    """The smallest app around a `DetailPane`; records what the pane posts."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [STYLES / "detail.tcss", STYLES / "answers.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "quit", "Quit")]

    def __init__(self) -> None:
        super().__init__()
        self.time = NOW
        self.moment = 0.0
        self.pane = DetailPane(now=lambda: self.time, clock=lambda: self.moment)
        self.posted: list[Message] = []

    @property
    def answers(self) -> list[AnswerGiven]:
        """The answers that were given."""
        return [message for message in self.posted if isinstance(message, AnswerGiven)]

    def compose(self) -> ComposeResult:
        yield self.pane

    @on(AnswerGiven)
    @on(LeaveAnswer)
    def record(self, message: Message) -> None:
        self.posted.append(message)


def checked(app: Host) -> list[tuple[AnswerGiven, dict[str, Any]]]:
    """The answers that were given to the request shown, each with what the model's own check stores of it."""
    return [(answer, check_answer(_as_asked(app, answer), answer.action, answer.data)) for answer in app.answers]


def given(app: Host) -> list[tuple[str, dict[str, Any] | None]]:
    """Action and data of what was submitted; each passes the model's own check."""
    return [(answer.action, answer.data) for answer, _ in checked(app)]


def _as_asked(app: Host, answer: AnswerGiven) -> HumanInteractionRequest:
    asked = app.pane.request
    assert asked is not None
    return HumanInteractionRequest(
        thread_id=answer.thread_id,
        node_name=asked.node,
        interaction_type=InteractionType(asked.type),
        prompt=asked.prompt,
        context=asked.context,
        options=asked.options,
        response_schema=asked.schema,
        require_reason=asked.require_reason,
    )


async def typed(pilot: Pilot[None], text: str) -> None:
    """At once: a key by itself costs the test a round through the app."""
    assert isinstance(pilot.app.focused, (TextArea, Input))
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()
