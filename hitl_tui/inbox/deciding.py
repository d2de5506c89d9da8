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
from hitl_tui.store import decisions
from hitl_tui.store.decisions import Candidates
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
    moment = session.clock()
    now = iso(moment)
    found = await decisions.candidates(session.database, thread_id, request_id)
    if found.overdue(now):
        await clockwork.sweep(session.database, now, thread_id)
        found = await decisions.candidates(session.database, thread_id, request_id)
    stored = await _one_of(session, thread_id, request_id, found)
    checked = check_answer(stored.request, action, data)
    if expect is not None and expect != stored.digest:
        raise Stale(
            f"the request at '{stored.request.node_name}' is not the one that was shown",
            hint="look at it again, then decide",
            digest=stored.digest,
        )
    held_until = iso(moment + timedelta(seconds=hold)) if hold > 0 else None
    decision = decisions.Decide(stored, action, checked, session.actor, session.via, now, held_until)
    await session.wake(thread_id, decision)
    return Decided(
        thread_id=thread_id,
        request_id=stored.id,
        graph=found.graph_name,
        node=stored.request.node_name,
        action=action,
        status=(RequestStatus.HELD if held_until else RequestStatus.ANSWERED).value,
    )


async def _one_of(session: Session, thread_id: str, request_id: str | None, found: Candidates) -> StoredRequest:
    pending = [item for item in found.requests if item.status is RequestStatus.PENDING]
    if len(pending) == 1:
        return pending[0]
    if pending:
        names = ", ".join(f"{item.id} ({item.request.node_name})" for item in pending)
        raise SeveralPending(
            f"Thread '{thread_id}' waits for {len(pending)} answers: {names}",
            hint="name one with --request",
            pending=[{"request_id": item.id, "node": item.request.node_name} for item in pending],
        )
    if request_id is not None and not found.requests:
        raise RequestNotFound(
            f"Thread '{thread_id}' has no request '{request_id}'",
            hint=f"`hitl show {shlex.quote(thread_id)}` lists its requests",
            thread_id=thread_id,
            request_id=request_id,
        )
    last = await decisions.last(session.database, thread_id, request_id)
    if last is not None:
        raise last.as_error()
    raise NothingPending(
        f"Thread '{thread_id}' is {found.thread_status} and waits for no answer",
        hint=f"`hitl show {shlex.quote(thread_id)}` says where it stands",
        thread_id=thread_id,
        status=found.thread_status,
    )
