"""When a node that failed runs again: by its retry policy, or because a person asked. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from hitl_tui.engine.node_run import NodeResult, NodeRun
from hitl_tui.model.jsontext import iso
from hitl_tui.model.kinds import StepStatus
from hitl_tui.store.steps import Step


def number(before: Step | None) -> int:
    """Which attempt the next run of a node is, after the newest step of this visit; a retry by hand counts anew."""
    if before is None:
        return 1
    if before.status is StepStatus.PAUSED:
        return before.attempt
    return before.attempt + 1 if before.again_at is not None else 1


def next_at(run: NodeRun, result: NodeResult, attempt: int, now: datetime) -> str | None:
    """When the policy has the node run again after this result; None where the result counts.

    Only what broke off is tried again: a returned failure, a rejection or a question that timed out are answers.
    """
    policy = run.node.retry
    if policy is None or not result.raised or result.status is not StepStatus.FAILED:
        return None
    if attempt >= policy.attempts or not policy.covers(result.raised):
        return None
    return iso(now + timedelta(seconds=policy.delay(attempt, run.context.idempotency_key)))
