"""The one decision path (architecture): every surface answers a request through `decide`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hitl_tui.errors import Stale, ThreadNotFound
from hitl_tui.inbox import addresses
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import Decided
from hitl_tui.model.answer import check_answer
from hitl_tui.model.jsontext import from_iso, iso
from hitl_tui.model.kinds import RequestStatus
from hitl_tui.store.decision_log import log_decision
from hitl_tui.store.decisions import Decide, TooLate
from hitl_tui.store.due import log_expired
from hitl_tui.store.requests import StoredRequest


class _CheckFirst(Exception):
    """There is a JSON Schema, of the request or of a tool. Its check may take any time, so it does not belong into the
    transaction.
    """

    def __init__(self, stored: StoredRequest) -> None:
        self.stored = stored


async def decide(
    session: Session,
    thread_id: str,
    action: str,
    data: dict[str, Any] | None,
    request_id: str | None,
    expect: str | None,
    hold: float,
    still: Callable[[sqlite3.Connection], None] = lambda connection: None,
    asked_by: datetime | None = None,
) -> Decided:
    """Store one decision, or raise and store nothing. With `asked_by`, on nothing that was asked later.

    `still` looks at the moment that it is stored, and raises where things are not as they were decided on.
    """
    checked: dict[str, dict[str, Any]] = {}

    def check(connection: sqlite3.Connection, stored: StoredRequest) -> dict[str, Any]:
        has_schema = stored.request.response_schema is not None or action == "edit"
        if has_schema and stored.digest not in checked:
            raise _CheckFirst(stored)
        known = stored.digest in checked
        answer = checked[stored.digest] if known else check_answer(stored.request, action, data)
        if expect is not None and expect != stored.digest:
            raise Stale(
                f"the request at '{stored.label}' is not the one that was shown",
                hint="look at it again, then decide",
                digest=stored.digest,
            )
        still(connection)
        return answer

    latest = None if asked_by is None else iso(asked_by)
    decision = Decide(thread_id, request_id, action, check, session.actor, session.via, session.clock, hold, latest)
    while True:
        try:
            taken = await session.wake(thread_id, decision)
            break
        except _CheckFirst as first:
            stored = first.stored
        except ThreadNotFound as missing:
            found = await addresses.named(session, thread_id, missing, request_id)
            named, its_id = found.thread_id, found.request_id
            return await decide(session, named, action, data, its_id, expect, hold, still, asked_by)
        # Out of the handler: a traceback of a refusal would show what it was raised from, with the whole request.
        checked[stored.digest] = check_answer(stored.request, action, data)
    log_expired(taken.expired, taken.at)
    if isinstance(taken, TooLate):
        raise taken.refusal
    log_decision(taken.request.request, action, taken.data, session.actor, taken.at)
    return Decided(
        thread_id=thread_id,
        request_id=taken.request.id,
        graph=taken.graph_name,
        node=taken.request.label,
        action=action,
        status=(RequestStatus.HELD if taken.held_until else RequestStatus.ANSWERED).value,
        held_until=from_iso(taken.held_until) if taken.held_until else None,
    )
