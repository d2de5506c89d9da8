"""The JSON of the command-line contract, from what the inbox hands out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from hitl_tui.inbox.views import AuditView, DecisionView, Forked, Item, Lasting, Page, PendingView, StepView, ThreadView
from hitl_tui.model.jsontext import for_display, iso


def thread(view: ThreadView, *, decided: bool = False) -> dict[str, Any]:
    """One thread. `decided` adds `"decided": true`: the thread failed later, but the answer was taken.

    A thread that an untrusted agents reference keeps from running also says so, as `blocked`; one that sleeps until the
    next attempt at a node says until when, as `wake_at`; one that timed out names the request that nobody answered, as
    `timeout_response_id`; one that was cancelled says by whom and when, with the held decisions that were withdrawn, as
    `cancelled`; one that ended names the effects of which nobody knows whether they happened, as `effects_begun`.
    """
    found: dict[str, Any] = {
        "thread_id": view.thread_id,
        "graph": view.graph,
        "status": view.status,
        "outcome": view.outcome,
        "state": for_display(view.state),
        "pending": [_pending(request) for request in view.pending],
        "error": None
        if view.error is None
        else {"node": view.error.node, "type": view.error.type, "message": view.error.message},
    }
    if view.blocked is not None:
        found["blocked"] = view.blocked
    if view.wake_at is not None:
        found["wake_at"] = iso(view.wake_at)
    if view.timeout_response_id is not None:
        found["timeout_response_id"] = view.timeout_response_id
    if view.cancelled is not None:
        found["cancelled"] = asdict(view.cancelled) | {"at": iso(view.cancelled.at)}
    if view.begun:
        found["effects_begun"] = [effect.as_dict() for effect in view.begun]
    if decided:
        found["decided"] = True
    return found


def forked(made: Forked) -> dict[str, Any]:
    """Of what a thread is a fork, which recorded effects happen again in it, and which decisions stand."""
    found = {
        "forked_from": {"thread_id": made.original, "at": made.at},
        "effects_again": [effect.as_dict() for effect in made.effects_again],
    }
    return found | lasting(made.lasting)


def lasting(found: Lasting) -> dict[str, Any]:
    """Which decisions stand; where there are some of which nothing is left, their thread is the `removed_origin`."""
    stand = {"decisions_stand": [_decision(decision) for decision in found.decisions]}
    return stand | ({} if found.removed_origin is None else {"removed_origin": found.removed_origin})


def page(found: Page) -> dict[str, Any]:
    """One page of the inbox."""
    return {"items": [_item(item) for item in found.items], "total": found.total, "next": found.next}


def history(thread_id: str, steps: Sequence[StepView]) -> dict[str, Any]:
    """The node runs of a thread, oldest first; `pruned` tells that what they took and gave was removed."""
    found: dict[str, Any] = {"thread_id": thread_id, "steps": [_step(step) for step in steps]}
    return found | ({"pruned": True} if any(step.pruned for step in steps) else {})


def audit(entries: Sequence[AuditView], *, limit: int) -> dict[str, Any]:
    """One page of the audit; `next` goes into `--before` for the page after it."""
    items = [
        {
            "id": entry.id,
            "at": iso(entry.at),
            "thread_id": entry.thread_id,
            "request_id": entry.request_id,
            "event": entry.event,
            "actor": entry.actor,
            "via": entry.via,
            "details": for_display(entry.details),
        }
        for entry in entries
    ]
    return {"items": items, "next": entries[-1].id if len(entries) == limit else None}


def state(view: ThreadView) -> dict[str, Any]:
    """The state of a thread."""
    return {"thread_id": view.thread_id, "state": for_display(view.state)}


def check(findings: Iterable[Any], *, ok: bool) -> dict[str, Any]:
    """What a check of workflow files found."""
    return {"ok": ok, "findings": [finding.as_dict() for finding in findings]}


def _pending(request: PendingView) -> dict[str, Any]:
    """One open request; a held one also says until when its answer can be taken back, as `held_until`.

    One that replaced an answered request, whose answer is not used, names that as `instead_of`.
    """
    found = {
        "request_id": request.request_id,
        "node": request.node,
        "type": request.type,
        "prompt": request.prompt,
        "context": for_display(request.context),
        "options": request.options,
        "allowed": request.allowed,
        "schema": request.schema,
        "risk": request.risk,
        "digest": request.digest,
        "due_at": _time(request.due_at),
        "status": request.status,
    }
    if request.held_until is not None:
        found["held_until"] = iso(request.held_until)
    if request.instead_of is not None:
        found["instead_of"] = request.instead_of
    return found


def _item(item: Item) -> dict[str, Any]:
    return {
        "thread_id": item.thread_id,
        "graph": item.graph,
        "status": item.status,
        "node": item.node,
        "type": item.type,
        "prompt": item.prompt,
        "request_id": item.request_id,
        "created_at": iso(item.created_at),
        "updated_at": iso(item.updated_at),
        "due_at": _time(item.due_at),
        "priority": item.priority,
        "assignee": item.assignee,
        "risk": item.risk,
    }


def _step(step: StepView) -> dict[str, Any]:
    return {
        "seq": step.seq,
        "node": step.node,
        "visit": step.visit,
        "attempt": step.attempt,
        "status": step.status,
        "started_at": iso(step.started_at),
        "ended_at": _time(step.ended_at),
        "writes": for_display(step.writes),
        "error": step.error,
        "decision": None if step.decision is None else _decision(step.decision),
        "decisions": [_decision(decision) for decision in step.decisions],
        "traceback": step.traceback,
        "logs": step.logs,
    }


def _decision(decision: DecisionView) -> dict[str, Any]:
    """One decision; that of a request in whose place another was asked says that it is `superseded`."""
    found = {
        "request_id": decision.request_id,
        "node": decision.node,
        "tool": decision.tool,
        "action": decision.action,
        "data": for_display(decision.data),
        "actor": decision.actor,
        "via": decision.via,
        "at": iso(decision.at),
    }
    return found | ({"superseded": True} if decision.superseded else {})


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
