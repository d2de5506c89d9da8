"""`StorageService`: the documents of a database for scripts; requests and answers go through the inbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from hitl_tui import locations
from hitl_tui.config.actor import acting
from hitl_tui.errors import HitlError, UsageError
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.visits import visit_at_once
from hitl_tui.model.document import fields_of, name_of
from hitl_tui.model.interaction import HumanInteractionRequest

_Result = TypeVar("_Result")
Document = dict[str, Any]
# Because inside the class `list` is a method.
Found = list[Document]


class StorageService:
    """Documents by collection, in the database at `path` (default: the one that `hitl` uses), which is made if missing.
    A relative path stays the one that it is when this object is made, wherever the program goes.

    `threads`, `interactions` and `responses` show what the workflows do. To write an interaction is to ask it; to write
    a response, `{"thread_id", "action", "data"}`, is to answer; and `{"status": "timed_out"}` applies to an overdue
    thread what its requests say about that. Every other collection is free; but of an answer `interaction_audit` always
    says what is so. Times are UTC, those of the first three without a zone.

    Each call may come from any thread, also where an event loop runs; that loop waits.
    """

    def __init__(self, path: Path | str | None = None, actor: str | None = None) -> None:
        named = None if path is None else locations.expanded(path, "path").absolute()
        self.path = named or locations.lasting(locations.database())
        self.actor = acting() if actor is None else actor

    def read(self, collection: str, document_id: str | UUID) -> Document | None:
        """A document, None where there is none; raises `UsageError` for what is no name, and no id of a request."""
        name = name_of(document_id)
        return self._visit(lambda inbox: inbox.documents.read(collection, name))

    def list(self, collection: str, filter_criteria: dict[str, Any] | None = None) -> Found:
        """The documents whose fields equal the criteria, free ones with their `id`; raises `UsageError`."""
        criteria = fields_of(filter_criteria or {})
        return self._visit(lambda inbox: inbox.documents.list(collection, criteria))

    def write(
        self, collection: str, data: Document, document_id: str | UUID | None = None, mode: str = "write"
    ) -> Document:
        """Store a document (with `mode="update"` add its fields to what is there); returns it as it now is.

        Raises `UsageError`, `NotSerialisable`, and for the collections that show workflows what the inbox raises.
        """
        fields = fields_of(data)
        name = None if document_id is None else name_of(document_id)
        match collection:
            case "interactions":
                return self._visit(lambda inbox: _post(inbox, fields))
            case "responses":
                return self._visit(lambda inbox: _answer(inbox, fields))
            case "threads":
                return self._visit(lambda inbox: _time_out(inbox, fields, name))
        return self._visit(lambda inbox: inbox.documents.write(collection, fields, name, mode))

    def recent_interactions(self, days: int) -> Found:
        """The interactions of the last days, each with what came of it."""
        return self._visit(lambda inbox: inbox.documents.recent(days))

    def _visit(self, deed: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
        return visit_at_once(self.path, self.actor, deed)


async def _post(inbox: Inbox, data: Document) -> Document:
    request = HumanInteractionRequest(**data)
    async with inbox.running():
        view = await inbox.settled(await inbox.documents.post(request))
    if view.error is not None:
        raise HitlError(
            f"the request was not asked: {view.error.message}",
            hint=f"the thread '{view.thread_id}' failed; a retry of it asks again",
        )
    return data


async def _answer(inbox: Inbox, data: Document) -> Document:
    if not {"thread_id", "action"} <= data.keys():
        raise UsageError(
            "a response needs `thread_id` and `action`, and most need `data`",
            hint="or answer by InteractionHandler(storage).resume_execution(thread_id, action, data)",
        )
    async with inbox.running():
        taken = await inbox.decide(data["thread_id"], data["action"], data.get("data"))
        stored = await inbox.documents.read("responses", taken.request_id)
        await inbox.settled(taken.thread_id)
    assert stored is not None, "it was stored just now"
    return stored


async def _time_out(inbox: Inbox, data: Document, document_id: str | None) -> Document:
    if document_id is None or data.get("status") != "timed_out":
        raise UsageError(
            "the collection 'threads' shows what workflows do; of a thread only an overdue status can be written",
            hint='write {"status": "timed_out"}, or resume, cancel and retry threads by the `hitl` command',
        )
    async with inbox.running():
        await inbox.settled(await inbox.documents.time_out(document_id))
    return await inbox.documents.read("threads", document_id) or {}
