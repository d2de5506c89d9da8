"""Requests that go by a name of their own: each batch of a node is addressed as if it were a thread (row 87)."""

from __future__ import annotations

from hitl_tui.errors import RequestNotFound, SeveralPending, ThreadNotFound
from hitl_tui.inbox.session import Session
from hitl_tui.store import documents
from hitl_tui.store.documents import Addressed


async def named(session: Session, thread_id: str, missing: ThreadNotFound, request_id: str | None = None) -> Addressed:
    """The thread and the request that go by a name which is no thread's; raises `missing` where there are none.

    Raises `SeveralPending` where several open requests have this name, and `RequestNotFound` where it is not that of
    the request `request_id`.
    """
    found = await documents.addressed(session.database, thread_id)
    if not found:
        raise missing
    if len(found) > 1:
        raise SeveralPending(
            f"several open requests go by '{thread_id}'",
            hint="name the thread itself, and one of its requests with --request",
            pending=[{"thread_id": one.thread_id, "request_id": one.request_id} for one in found],
        )
    if request_id not in (None, found[0].request_id):
        raise RequestNotFound(thread_id, request_id)
    return found[0]
