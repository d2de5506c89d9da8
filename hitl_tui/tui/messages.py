"""What the request side tells the shell of the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.message import Message


@dataclass
class AnswerGiven(Message):
    """The reviewer submitted an answer to the request that was shown with this digest; nothing is stored yet."""

    thread_id: str
    request_id: str
    kind: str
    digest: str
    action: str
    data: dict[str, Any] | None


@dataclass
class DraftKept(Message):
    """What is written for a request is something else than before; None for nothing."""

    request_id: str
    draft: dict[str, Any] | None


@dataclass
class LeaveAnswer(Message):
    """The reviewer pressed Esc in the request: focus goes back to the list; a half-written answer is kept."""


@dataclass
class LaterAsked(Message):
    """The reviewer wants the request that is shown put aside for later; nothing is decided (row 92)."""

    request_id: str
