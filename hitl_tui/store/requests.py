"""Requests and responses as rows, in both directions."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from hitl_tui.errors import SeveralPending
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse
from hitl_tui.model.jsontext import from_iso, from_json, iso, own_to_json, to_json
from hitl_tui.model.kinds import InteractionType, RequestStatus
from hitl_tui.model.policy import next_reminder
from hitl_tui.model.tool_call import tool_call_of
from hitl_tui.store import queries

COMMITS = queries.load("commits")
DECISIONS = queries.load("decisions")
HISTORY = queries.load("history")

_UNCHECKED_REQUEST = HumanInteractionRequest.model_construct()
_UNCHECKED_RESPONSE = HumanInteractionResponse.model_construct()
"""What is read was checked when it was made. To copy one of these takes half as long as to construct one."""


@dataclass(slots=True)
class Place:
    """Where in a thread a request was asked: its step, the node's visit, and the position among its asks."""

    thread_id: str
    graph_name: str
    step: int
    node: str
    visit: int
    position: int


@dataclass(slots=True)
class StoredRequest:
    """A request with what the store knows about it, and its response if there is one."""

    id: str
    request: HumanInteractionRequest
    step: int
    visit: int
    position: int
    digest: str
    status: RequestStatus
    due_at: str | None
    reminded_at: str | None
    created_at: str
    held_until: str | None = None
    snoozed_until: str | None = None
    response: HumanInteractionResponse | None = None
    label: str = ""
    """The name that its agent gave the node in it; else the node's own."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A prompt of a conversation and, if it was answered, the reply."""

    node: str
    prompt: str
    asked_at: str
    reply: dict[str, Any] | None
    actor: str | None
    replied_at: str | None


def named(node: str, request: HumanInteractionRequest) -> dict[str, Any]:
    """Which request it is, as the audit says it: its node, and the tool of a call; never a tool's arguments."""
    call = tool_call_of(request.interaction_type, request.context)
    return {"node": node} if call is None else {"node": node, "tool": call.tool}


def several_pending(thread_id: str, pending: Sequence[tuple[str, str]]) -> SeveralPending:
    """The refusal to guess which of these requests is meant, each with its node."""
    names = ", ".join(f"{request_id} ({node})" for request_id, node in pending)
    return SeveralPending(
        f"Thread '{thread_id}' waits for {len(pending)} answers: {names}",
        hint="name one with --request",
        pending=[{"request_id": request_id, "node": node} for request_id, node in pending],
    )


def insert(connection: sqlite3.Connection, request: HumanInteractionRequest, place: Place) -> bool:
    """Store a new pending request; its due time counts from its creation. False where another has its id."""
    created_at, due_at = iso(request.created_at), None
    if request.timeout_seconds:
        due_at = iso(request.created_at + timedelta(seconds=request.timeout_seconds))
    stored = connection.execute(
        COMMITS["insert_request"],
        {
            "id": str(request.id),
            "thread": place.thread_id,
            "step": place.step,
            "node": place.node,
            "visit": place.visit,
            "position": place.position,
            "graph_name": place.graph_name,
            "type": request.interaction_type.value,
            "prompt": _storable(request.prompt),
            "context": to_json(request.context, "context"),
            "options": own_to_json(request.options),
            "allowed": own_to_json(list(request.actions)),
            "schema": to_json(request.response_schema, "schema") if request.response_schema else None,
            "risk": request.risk,
            "require_reason": request.require_reason,
            "timeout_seconds": request.timeout_seconds,
            "policy": request.on_timeout,
            "digest": request.digest(),
            "due_at": due_at,
            "remind": own_to_json(request.remind) if request.remind else None,
            "remind_at": next_reminder(request.remind, due_at, created_at),
            "created_at": created_at,
            "alias": _storable(request.thread_id) if request.thread_id != place.thread_id else None,
            "label": _storable(request.node_name) if request.node_name != place.node else None,
        },
    )
    return stored.rowcount > 0


def _storable(text: str) -> str:
    """SQLite cannot hold lone surrogates; JSON columns escape them, text columns must not carry them."""
    return text.encode("utf-8", "replace").decode()


def request_of(row: sqlite3.Row) -> StoredRequest:
    """A `StoredRequest` from a row of the request table, joined with `response` or not."""
    # A `Row` looks through all its columns for each name.
    at = dict(zip(row.keys(), row, strict=True))
    request = _UNCHECKED_REQUEST.model_copy(
        update={
            "id": UUID(at["id"]),
            "thread_id": at["thread"],
            "node_name": at["node"],
            "interaction_type": InteractionType(at["type"]),
            "prompt": at["prompt"],
            "context": from_json(at["context"]),
            "options": from_json(at["options"]),
            "allowed": from_json(at["allowed"]),
            "response_schema": from_json(at["schema"]) if at["schema"] else None,
            "risk": at["risk"],
            "require_reason": bool(at["require_reason"]),
            "timeout_seconds": at["timeout_seconds"],
            "on_timeout": at["policy"],
            "remind": from_json(at["remind"]) if at["remind"] else [],
            "created_at": from_iso(at["created_at"]),
        }
    )
    response = None
    if at.get("action") is not None:
        response = _UNCHECKED_RESPONSE.model_copy(
            update={
                "request_id": request.id,
                "action": at["action"],
                "data": from_json(at["data"]),
                "actor": at["actor"],
                "timestamp": from_iso(at["at"]),
            }
        )
    return StoredRequest(
        id=at["id"],
        request=request,
        step=at["step"],
        visit=at["visit"],
        position=at["position"],
        digest=at["digest"],
        status=RequestStatus(at["status"]),
        due_at=at["due_at"],
        reminded_at=at["reminded_at"],
        created_at=at["created_at"],
        held_until=at["held_until"],
        snoozed_until=at["snoozed_until"],
        response=response,
        label=at["label"] or at["node"],
    )


def open_of_thread(connection: sqlite3.Connection, thread_id: str) -> list[StoredRequest]:
    """The open requests of a thread."""
    return [request_of(row) for row in connection.execute(DECISIONS["open_requests"], {"thread": thread_id})]


def last_timed_out(connection: sqlite3.Connection, thread_id: str) -> str | None:
    """The id of the thread's request that nobody answered in time, the last one if there are several."""
    row = connection.execute(DECISIONS["last_timed_out"], {"thread": thread_id}).fetchone()
    return None if row is None else str(row["id"])


def asked(connection: sqlite3.Connection, thread_id: str, node: str, visit: int) -> list[StoredRequest]:
    """What a node asked in this visit, by position, with the answers."""
    parameters = {"thread": thread_id, "node": node, "visit": visit}
    return [request_of(row) for row in connection.execute(COMMITS["asked"], parameters)]


def transcript(connection: sqlite3.Connection, thread_id: str) -> list[Utterance]:
    """The conversation of a thread in its order (row 31)."""
    return [
        Utterance(
            node=row["node"],
            prompt=row["prompt"],
            asked_at=row["created_at"],
            reply=from_json(row["data"]) if row["data"] else None,
            actor=row["actor"],
            replied_at=row["at"],
        )
        for row in connection.execute(HISTORY["transcript"], {"thread": thread_id})
    ]
