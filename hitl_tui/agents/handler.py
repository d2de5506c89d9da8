"""`InteractionHandler`: displays requests and takes answers, by way of a storage service (000, Implementation Guide 2).

Inside of a node the storage service belongs to that node, in a script it is `hitl_tui.StorageService`.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, TypeVar, cast

from hitl_tui.agents.base import BaseAgent, Questions
from hitl_tui.agents.documents import INTERACTIONS, NodeStorage, StorageService
from hitl_tui.agents.effects import Ledger
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse
from hitl_tui.model.jsontext import to_json

_Made = TypeVar("_Made", bound=Callable[..., "InteractionHandler"])
_MARK = "__hitl_interaction_handler__"


class InteractionHandler:
    """Override a method and call `super()` to do more than it does: notify somebody, check an answer, keep a log."""

    collection_name: ClassVar[str] = INTERACTIONS

    def __init__(self, storage_service: StorageService) -> None:
        self.storage_service = storage_service

    @cached_property
    def logger(self) -> logging.Logger:
        """What is logged with it is kept with the step."""
        return logging.getLogger(f"hitl_tui.handlers.{type(self).__name__}")

    def display_interaction_request(self, request: HumanInteractionRequest) -> None:
        """Put the request into the inbox; inside of a node, when that returns: then its thread pauses.

        In a script it becomes a thread of its own, with the id `request.thread_id`; raises `ThreadExists`, `ValueError`
        for what nobody could answer, and `HitlError` where that thread fails before it has asked.
        """
        fields = request.model_dump() | {"id": str(request.id)}
        self.storage_service.write(collection=self.collection_name, data=fields, document_id=str(request.id))

    def resume_execution(
        self, thread_id: str, response_action: str, response_data: Any | None = None
    ) -> HumanInteractionResponse:
        """Answer what a thread asks and let it go on to its next pause or its end, as `hitl resume` does.

        Raises `ThreadNotFound` and whatever else keeps an answer from being stored; then nothing is.
        """
        answer = {"thread_id": thread_id, "action": response_action, "data": response_data}
        stored = self.storage_service.write(collection="responses", data=answer)
        return HumanInteractionResponse(**stored)


CLIInteractionHandler = InteractionHandler
"""The same under the name that the documents of the specification use."""


def register_handler(make: _Made) -> _Made:
    """Have what the agents of this file ask displayed by this handler: an `InteractionHandler` class, or a function.

    It is called with the storage service, and with `notification_service=…` if it takes that: an object whose
    `send_notification(title, message, thread_id, urgency)` leaves a message for `hitl worker --notify`, which is stored
    together with the request.
    """
    setattr(make, _MARK, True)
    return make


def is_registered(thing: Any) -> bool:
    """Whether `thing` itself, not what it inherits from, carries the mark of `register_handler`."""
    return _MARK in getattr(thing, "__dict__", {})


@dataclass(slots=True)
class Notifications:
    """Messages for `hitl worker --notify`, stored with what the node asks."""

    notices: list[dict[str, Any]] = field(default_factory=list)

    def send_notification(self, title: str, message: str, thread_id: str, urgency: str = "normal") -> None:
        """Leave a message; `urgency` is `high` where the request has a timeout (row 54)."""
        notice = {"title": title, "message": message, "thread_id": thread_id, "urgency": urgency}
        to_json(notice, "notification")
        self.notices.append(notice)


class NodeHandler:
    """The `interaction_handler` that an agent sees: each request is displayed once, however often the node runs."""

    def __init__(self, questions: Questions, handler: InteractionHandler) -> None:
        self._questions = questions
        self._handler = handler

    def display_interaction_request(self, request: HumanInteractionRequest) -> None:
        """Display the request, unless that was done in an earlier run of the node."""
        self._questions.display(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handler, name)


@dataclass(frozen=True, slots=True)
class Hurried:
    """An interaction handler whose requests have so many seconds."""

    handler: Any
    seconds: int

    def display_interaction_request(self, request: HumanInteractionRequest) -> None:
        request.timeout_seconds = self.seconds
        self.handler.display_interaction_request(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.handler, name)


def equip(agent: BaseAgent, questions: Questions, ledger: Ledger) -> Notifications:
    """Give an agent its handler for one node run; returns where the messages of that handler come.

    Raises `TypeError` for a handler that displays in a coroutine, which nobody would await.
    """
    notifications = Notifications()
    storage = NodeStorage(questions, ledger)
    handler = InteractionHandler(storage)
    make = agent.make_handler
    if make is not None:
        wants = "notification_service" in inspect.signature(make).parameters
        handler = make(storage, **({"notification_service": notifications} if wants else {}))
        if inspect.iscoroutinefunction(handler.display_interaction_request):
            raise TypeError(
                f"{type(handler).__name__}.display_interaction_request is an async def, which would never run; "
                "define it by a plain def"
            )
        questions.show = handler.display_interaction_request
    agent.questions = questions
    agent.interaction_handler = cast(InteractionHandler, NodeHandler(questions, handler))
    return notifications
