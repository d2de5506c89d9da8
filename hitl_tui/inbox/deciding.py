"""The one decision path (architecture): every surface answers a request through `decide`, in this order."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import Any

from hitl_tui.engine import clockwork
from hitl_tui.errors import NothingPending, RequestNotFound, SeveralPending, Stale
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import Decided
from hitl_tui.model.answer import check_answer
from hitl_tui.model.jsontext import iso
from hitl_tui.model.kinds import RequestStatus
from hitl_tui.store import decisions, requests, threads
from hitl_tui.store.requests import StoredRequest


async def decide(
    session: Session,
    thread_id: str,
    action: str,
    data: dict[str, Any] | None,
    request_id: str | None,
    expect: str | None,
    hold: float,
) -> Decided:
    """Store one decision, or raise and store nothing."""
    thread = await threads.find(session.database, thread_id)
    moment = session.clock()
    now = iso(moment)
    await clockwork.sweep(session.database, now, thread_id)
    stored = await _request(session, thread_id, request_id)
    if stored.status is not RequestStatus.PENDING:
        await _refuse_closed(session, thread_id, stored.id)
    checked = check_answer(stored.request, action, data)
    if expect is not None and expect != stored.digest:
        raise Stale(
            f"the request at '{stored.request.node_name}' is not the one that was shown",
            hint="look at it again, then decide",
            digest=stored.digest,
        )
    held_until = iso(moment + timedelta(seconds=hold)) if hold > 0 else None
    await session.database.write(decisions.Decide(stored, action, checked, session.actor, session.via, now, held_until))
    return Decided(
        thread_id=thread_id,
        request_id=stored.id,
        graph=thread.graph_name,
        node=stored.request.node_name,
        action=action,
        status=(RequestStatus.HELD if held_until else RequestStatus.ANSWERED).value,
    )


async def _request(session: Session, thread_id: str, request_id: str | None) -> StoredRequest:
    if request_id is not None:
        found = await decisions.find(session.database, thread_id, request_id)
        if found is None:
            raise RequestNotFound(
                f"Thread '{thread_id}' has no request '{request_id}'",
                hint=f"`hitl show {shlex.quote(thread_id)}` lists its requests",
                thread_id=thread_id,
                request_id=request_id,
            )
        return found
    open_requests = await requests.open_of_thread(session.database, thread_id)
    pending = [item for item in open_requests if item.status is RequestStatus.PENDING]
    if not pending:
        await _refuse_closed(session, thread_id, None)
    if len(pending) > 1:
        names = ", ".join(f"{item.id} ({item.request.node_name})" for item in pending)
        raise SeveralPending(
            f"Thread '{thread_id}' waits for {len(pending)} answers: {names}",
            hint="name one with --request",
            pending=[{"request_id": item.id, "node": item.request.node_name} for item in pending],
        )
    return pending[0]


async def _refuse_closed(session: Session, thread_id: str, request_id: str | None) -> None:
    last = await decisions.last(session.database, thread_id, request_id)
    if last is not None:
        raise last.as_error()
    thread = await threads.find(session.database, thread_id)
    raise NothingPending(
        f"Thread '{thread_id}' is {thread.status.value} and waits for no answer",
        hint=f"`hitl show {shlex.quote(thread_id)}` says where it stands",
        thread_id=thread_id,
        status=thread.status.value,
    )
