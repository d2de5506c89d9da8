"""Let a thread go on that a program has looked at: answer its interrupts as the program has changed the state."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hitl_tui.agents.interrupt import RESUMED, SAID, must_be_said
from hitl_tui.errors import NotPossible, UsageError
from hitl_tui.graphs.fluent_graphs import INTERRUPT_AGENT
from hitl_tui.inbox import controlling, deciding
from hitl_tui.inbox.session import Session
from hitl_tui.model.approval_record import NO_APPROVAL
from hitl_tui.model.jsontext import same
from hitl_tui.model.kinds import RequestStatus, ThreadStatus
from hitl_tui.store import checkpoints, requests, threads
from hitl_tui.store.requests import StoredRequest


@dataclass(frozen=True, slots=True)
class _Standing:
    """Where a thread stands: the pending interrupts from which it can go on, each with what came into the state since
    it paused there.
    """

    status: ThreadStatus
    interrupts: Sequence[tuple[StoredRequest, dict[str, Any]]]


class _SaidMeanwhile(Exception):
    """More came into the state than it was decided on."""


async def go_on(session: Session, thread_id: str) -> None:
    """Answer the thread's pending interrupts, and retry it if it has failed; anything else stays as it is.

    What was put into the state during the pause, up to this moment, decides: `rejected` true, or `approved` false, is a
    rejection by `rejected_by`, and `approved` true an approval by `approved_by`. Where nothing was said it goes on, and
    that is what is recorded; but silence is never consent: an approval from before the pause is taken out of the state,
    and an interrupt whose risk is high, or whose answer chooses the way, stays for people then, as other requests do.
    """
    found = await session.database.read(lambda connection: _standing(connection, thread_id))
    if found.status is ThreadStatus.CANCELLED:
        raise NotPossible(
            f"Thread '{thread_id}' is cancelled; it cannot be resumed", hint="start a new one", thread_id=thread_id
        )
    if found.status is ThreadStatus.FAILED:
        await controlling.retry(session, thread_id)
    try:
        for stored, given in found.interrupts:
            await _answer(session, thread_id, stored.id, given)
    except _SaidMeanwhile:
        await go_on(session, thread_id)


async def _answer(session: Session, thread_id: str, request_id: str, given: dict[str, Any]) -> None:
    def still(connection: sqlite3.Connection) -> None:
        if not same(checkpoints.given_since(connection, thread_id, request_id), given):
            raise _SaidMeanwhile

    action, data, who = _decision(given)
    await deciding.decide(_in_the_name_of(session, who), thread_id, action, data, request_id, None, 0, still)


def _standing(connection: sqlite3.Connection, thread_id: str) -> _Standing:
    thread = threads.locked(connection, thread_id)
    pending = [item for item in requests.open_of_thread(connection, thread_id) if item.status is RequestStatus.PENDING]
    graph = threads.definition(connection, thread.graph)
    interrupts = []
    for item in pending:
        node = graph.nodes[item.request.node_name]
        if node.agent != INTERRUPT_AGENT:
            continue
        given = checkpoints.given_since(connection, thread_id, item.id)
        if _is_decided(given) or not must_be_said(node):
            interrupts.append((item, given))
    return _Standing(thread.status, interrupts)


def _is_decided(given: dict[str, Any]) -> bool:
    return given.get("rejected") is True or isinstance(given.get("approved"), bool)


def _decision(given: dict[str, Any]) -> tuple[str, dict[str, Any], Any]:
    """The action, its data, and in whose name."""
    data = {RESUMED: True, SAID: [name for name in NO_APPROVAL if name in given]}
    if given.get("rejected") is True or given.get("approved") is False:
        reason = {"reason": str(given.get("rejection_reason") or "")}
        return "reject", reason | data, given.get("rejected_by") or given.get("approved_by")
    unsaid = {} if _is_decided(given) else {"reason": "resumed, and nobody said whether it is approved"}
    return "approve", unsaid | data, given.get("approved_by")


def _in_the_name_of(session: Session, who: Any) -> Session:
    if not isinstance(who, str):
        return session
    try:
        return replace(session, actor=who)
    except UsageError:
        # It is in the state all the same; in the audit stands who resumed.
        return session
