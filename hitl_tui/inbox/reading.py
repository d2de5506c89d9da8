"""Read one thread: where it stands, what it asks, what happened so far."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from hitl_tui.errors import InvalidData, ThreadNotFound
from hitl_tui.inbox import addresses
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.trust import is_trusted
from hitl_tui.inbox.views import (
    Cancelled,
    DecisionView,
    EffectView,
    ErrorView,
    HeldView,
    NoteView,
    PendingView,
    StepView,
    ThreadView,
    Turn,
)
from hitl_tui.model.answer import output_of
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse
from hitl_tui.model.jsontext import from_iso, from_json
from hitl_tui.model.kinds import ENDED, ThreadStatus
from hitl_tui.model.people import SYSTEM
from hitl_tui.model.tool_call import tool_call_of
from hitl_tui.store import checkpoints, queries, requests, steps, threads, triage
from hitl_tui.store.requests import StoredRequest, Utterance
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import Thread

_WITH_OUTCOME = (ThreadStatus.COMPLETED, ThreadStatus.TIMED_OUT)
AUDIT = queries.load("audit")
HISTORY = queries.load("history")


async def thread(session: Session, thread_id: str) -> ThreadView:
    """The thread, its open requests and its transcript, all of one moment."""
    try:
        return await session.database.read(lambda connection: _thread(connection, thread_id))
    except ThreadNotFound as missing:
        found = await addresses.named(session, thread_id, missing)
        return replace(await thread(session, found.thread_id), named_request_id=found.request_id)


def _thread(connection: sqlite3.Connection, thread_id: str) -> ThreadView:
    found = threads.locked(connection, thread_id)
    asked = requests.open_of_thread(connection, thread_id)
    replaced = dict(connection.execute(HISTORY["replaced"], {"thread": thread_id}).fetchall()) if asked else {}
    pending = [_pending(item, replaced.get(item.id)) for item in asked]
    said = requests.transcript(connection, thread_id)
    timed_out = found.status is ThreadStatus.TIMED_OUT
    blocked = found.status is ThreadStatus.READY and not is_trusted(found.agents)
    return ThreadView(
        thread_id=found.id,
        graph=found.graph_name,
        status=found.status.value,
        outcome=found.outcome if found.status in _WITH_OUTCOME else None,
        state=found.state,
        pending=pending,
        error=_error(connection, found),
        frontier=[entry.node for entry in found.frontier],
        created_at=from_iso(found.created_at),
        updated_at=from_iso(found.updated_at),
        priority=found.priority,
        assignee=found.assignee,
        agents=found.agents,
        blocked=found.agents if blocked else None,
        wake_at=from_iso(found.wake_at) if found.wake_at else None,
        pending_interaction_id=pending[0].request_id if pending else None,
        timeout_response_id=requests.last_timed_out(connection, thread_id) if timed_out else None,
        notes=[NoteView(from_iso(note.at), note.actor, note.text) for note in triage.notes(connection, thread_id)],
        transcript=[turn for utterance in said for turn in _turns(utterance)],
        cancelled=cancelled(connection, thread_id) if found.status is ThreadStatus.CANCELLED else None,
        begun=begun(connection, thread_id) if found.status in ENDED else [],
    )


def cancelled(connection: sqlite3.Connection, thread_id: str) -> Cancelled | None:
    """Who cancelled a thread, as the audit has it; None for one that nobody did."""
    row = connection.execute(AUDIT["cancelled"], {"thread": thread_id}).fetchone()
    if row is None:
        return None
    withdrawn = [HeldView(**held) for held in from_json(row["details"]).get("withdrawn", [])]
    return Cancelled(row["actor"], row["via"], from_iso(row["at"]), withdrawn)


def begun(connection: sqlite3.Connection, thread_id: str) -> list[EffectView]:
    """The effects of a thread of which nobody knows whether they happened."""
    found = checkpoints.begun(connection, thread_id)
    return [EffectView(effect.node, effect.visit, effect.key, effect.done) for effect in found]


async def history(session: Session, thread_id: str) -> list[StepView]:
    """The node runs, oldest first, each with the decisions that it got."""
    return await session.database.read(lambda connection: steps_of(connection, thread_id))


def steps_of(connection: sqlite3.Connection, thread_id: str) -> list[StepView]:
    """As `history`, at the moment of this connection."""
    pruned = threads.locked(connection, thread_id).pruned_at is not None
    decisions: dict[int, list[DecisionView]] = {}
    for row in connection.execute(HISTORY["decisions"], {"thread": thread_id}):
        decisions.setdefault(row["step"], []).append(decision(row))
    return [
        StepView(
            seq=step.seq,
            node=step.node,
            visit=step.visit,
            status=step.status.value,
            started_at=from_iso(step.started_at),
            ended_at=from_iso(step.ended_at) if step.ended_at else None,
            writes=step.writes,
            error=step.error["message"] if step.error else None,
            decisions=decisions.get(step.seq, []),
            code_sha=step.code_sha,
            attempt=step.attempt,
            retried=step.retried,
            traceback=step.error.get("traceback") if step.error else None,
            logs=step.logs,
            pruned=pruned,
            superstep=step.superstep,
        )
        for step in _whole(connection, thread_id, pruned=pruned)
    ]


def decision(row: sqlite3.Row) -> DecisionView:
    """A decision from a row of its request and its response."""
    stored = requests.request_of(row)
    request, response = stored.request, stored.response
    assert response is not None, "it was answered"
    call = tool_call_of(request.interaction_type, request.context)
    return DecisionView(
        request_id=stored.id,
        node=stored.label,
        tool=None if call is None else call.tool,
        action=response.action,
        data=response.data or {},
        actor=response.actor,
        via=row["via"],
        at=response.timestamp,
        chosen=_chosen(request, response),
        superseded=bool(row["superseded"]),
    )


def _chosen(request: HumanInteractionRequest, response: HumanInteractionResponse) -> tuple[str, ...]:
    if response.action != "choose":
        return ()
    try:
        output = output_of(request, response.action, response.data)
    except (KeyError, InvalidData):
        # It was stored by other means than ours; the history is there to be read all the same.
        return ()
    return tuple(output) if request.takes_several else (output,)


def _whole(connection: sqlite3.Connection, thread_id: str, *, pruned: bool) -> list[Step]:
    """The steps with all that they wrote; what is stored of a long conversation is what each of them added.

    After a prune that is all there is.
    """
    found = steps.of_thread(connection, thread_id)
    if pruned or all(step.kept is None for step in found):
        return found
    # Most threads need none of it, and `hitl show` must start fast.
    from hitl_tui.engine import replay

    recorded = checkpoints.recorded(connection, thread_id)
    return replay.whole_steps(threads.definition(connection, recorded.thread.graph), recorded)


def _pending(item: StoredRequest, instead_of: str | None) -> PendingView:
    request = item.request
    return PendingView(
        request_id=item.id,
        node=item.label,
        type=request.interaction_type.value,
        prompt=request.prompt,
        context=request.context,
        options=request.options,
        allowed=list(request.actions),
        schema=request.response_schema,
        risk=request.risk,
        require_reason=request.reason_required,
        digest=item.digest,
        due_at=from_iso(item.due_at) if item.due_at else None,
        status=item.status.value,
        held_until=from_iso(item.held_until) if item.held_until else None,
        reminded_at=from_iso(item.reminded_at) if item.reminded_at else None,
        snoozed_until=from_iso(item.snoozed_until) if item.snoozed_until else None,
        created_at=from_iso(item.created_at),
        on_timeout=request.on_timeout,
        instead_of=instead_of,
    )


def _turns(utterance: Utterance) -> list[Turn]:
    turns = [Turn(utterance.node, utterance.prompt, from_iso(utterance.asked_at), human=False, asks=True)]
    if utterance.reply is not None and utterance.actor and utterance.replied_at:
        ended = "(ended the conversation)" if utterance.reply.get("end") else "(nobody answered in time)"
        text, human = str(utterance.reply.get("message") or ended), utterance.actor != SYSTEM
        turns.append(Turn(utterance.actor, text, from_iso(utterance.replied_at), human=human, asks=False))
    return turns


def _error(connection: sqlite3.Connection, found: Thread) -> ErrorView | None:
    error = found.error
    if error is None:
        return None
    names = {"thread": found.id, "superstep": found.superstep, "node": error["node"]}
    row = connection.execute(HISTORY["failure"], names).fetchone()
    step: dict[str, Any] = from_json(row["error"]) if row else {}
    # The thread may have failed for a reason of its own, such as a limit, after that step.
    trace = step.get("traceback") if step.get("type") == error["type"] else None
    return ErrorView(error["node"], error["type"], error["message"], trace)
