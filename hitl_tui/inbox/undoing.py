"""Take back a decision inside its undo window."""

from __future__ import annotations

from hitl_tui.errors import ThreadNotFound, UsageError
from hitl_tui.inbox import addresses
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import Decided
from hitl_tui.model.durations import LONGEST_SECONDS
from hitl_tui.model.jsontext import iso
from hitl_tui.model.kinds import RequestStatus
from hitl_tui.store import threads
from hitl_tui.store.decision_log import log_decision
from hitl_tui.store.holds import Undo


def window(seconds: float) -> float:
    """The undo window as it was asked for; raises `UsageError` for a time that is none."""
    if 0 <= seconds <= LONGEST_SECONDS:
        return seconds
    raise UsageError(
        f"{seconds} is not a length of time for an undo window",
        hint=f"give the seconds as a number from 0 to {LONGEST_SECONDS}",
    )


async def undo(session: Session, thread_id: str, request_id: str | None) -> Decided:
    """Make the request pending again, with the time that was left."""
    try:
        thread = await threads.find(session.database, thread_id)
    except ThreadNotFound as missing:
        found = await addresses.named(session, thread_id, missing, request_id)
        return await undo(session, found.thread_id, found.request_id)
    now = iso(session.clock())
    undone = await session.database.write(Undo(thread_id, request_id, session.actor, session.via, now, session.clock))
    log_decision(undone.request, "undo", {}, session.actor, now)
    return Decided(
        thread_id=thread_id,
        request_id=undone.request_id,
        graph=thread.graph_name,
        node=undone.node,
        action=undone.action,
        status=RequestStatus.PENDING.value,
    )
