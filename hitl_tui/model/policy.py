"""What happens before and when nobody answers in time: reminders, and a policy.

A policy is one of `timeout`, `reject`, `default:<action>`, `escalate:<who>`, `extend`, `extend:<time>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from hitl_tui.errors import InvalidData
from hitl_tui.model import batch, data_schema, people
from hitl_tui.model.durations import parse_duration, written
from hitl_tui.model.jsontext import from_iso, iso
from hitl_tui.model.kinds import InteractionType
from hitl_tui.model.risk import is_high

DEFAULT_TIMEOUTS: dict[InteractionType, int | None] = {
    InteractionType.APPROVAL: 24 * 3600,
    InteractionType.EDIT: 2 * 3600,
    InteractionType.CHOICE: 30 * 60,
    InteractionType.TEXT_INPUT: 24 * 3600,
    InteractionType.CONVERSATION: None,
}
"""Seconds that a person has where a node does not say (row 68, D-6); a conversation has no end (row 33)."""
TIMED_OUT_REASON = "Interaction timed out"
REJECTED_REASON = "Approval timeout"
_HELP = "write timeout, reject, default:<action>, escalate:<who>, extend or extend:<time>"


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy. `action` and `data` are the answer that it gives; `seconds` are those of
    `extend`, 0 for the request's own timeout once more.
    """

    kind: Literal["timeout", "reject", "default", "escalate", "extend"]
    action: str = "timeout"
    data: dict[str, Any] = field(default_factory=lambda: {"reason": TIMED_OUT_REASON})
    who: str = ""
    seconds: int = 0

    @property
    def rearms(self) -> bool:
        """Whether the request stays open with a new deadline, once."""
        return self.kind in ("escalate", "extend")


def parse(text: str | None) -> Policy:
    """The policy that a text names; None is `timeout`. Raises `ValueError` saying how to write it."""
    kind, colon, rest = (text or "timeout").strip().partition(":")
    rest = rest.strip()
    match kind.strip():
        case "timeout" if not rest:
            return Policy("timeout")
        case "reject" if not rest:
            return Policy("reject", "reject", {"reason": REJECTED_REASON})
        case "default" if rest:
            return _default(rest)
        case "escalate" if rest:
            return Policy("escalate", who=rest)
        case "extend" if rest or not colon:
            return Policy("extend", seconds=parse_duration(rest) if rest else 0)
    raise ValueError(f"'{text}' is no timeout policy; {_HELP}")


def problem_of(policy: Policy, actions: Sequence[str], options: Sequence[str], risk: str | None) -> str | None:
    """Why a policy does not fit a request, else None. A high risk is never approved by silence."""
    if policy.kind not in ("reject", "default"):
        return None
    if policy.action not in actions:
        return f"'{policy.action}' is not allowed here; allowed: {', '.join(actions)}"
    choice = policy.data.get("choice")
    if choice is not None and options and not 1 <= choice <= len(options):
        return f"there is no option {choice}; options are numbered from 1 to {len(options)}"
    said = _said(policy, options)
    if choice is not None and said is None:
        return f"'{options[choice - 1]}' decides nothing by itself"
    return consent_problem(policy, actions, options, risk) if said == "approve" else None


def consent_problem(policy: Policy, actions: Sequence[str], options: Sequence[str], risk: str | None) -> str | None:
    """Why silence may not decide as the policy says, else None: at high risk it at most rejects.

    What was asked already goes on, until its time is up: then it times out.
    """
    if policy.kind != "default" or not is_high(risk) or _said(policy, options) == "reject":
        return None
    known = "timeout, reject" if "reject" in actions else "timeout"
    no_default = "a high-risk request takes no default but a rejection: silence is never consent"
    return f"{no_default}; write {known}, escalate:<who>, extend or extend:<time>"


def reminder_problem(remind: Sequence[int], timeout: int | None) -> str | None:
    """Why reminders so many seconds before the end do not fit a question with this limit, else None."""
    if not remind:
        return None
    if timeout is None:
        return "the question has no timeout, so there is nothing to be reminded of; set a timeout"
    if max(remind) >= timeout:
        return f"{written(max(remind))} before the end is not after the start; the timeout is {written(timeout)}"
    return None


def next_reminder(remind: Sequence[int], due_at: str | None, now: str) -> str | None:
    """When the next reminder before `due_at` is to come: the first that lies after `now`, None when none does."""
    if due_at is None or not remind:
        return None
    due = from_iso(due_at)
    moments = (iso(due - timedelta(seconds=seconds)) for seconds in sorted(remind, reverse=True))
    return next((moment for moment in moments if moment > now), None)


def refusal_of(policy: Policy, schema: dict[str, Any] | None) -> str | None:
    """Why what a policy would do is refused where a person does it, else None. What was asked already goes on."""
    if policy.kind == "escalate" and not people.can_own(policy.who):
        return f"{policy.who[:40]!r} cannot be given a thread; name a person or a role: {people.HOW_OF_OWNERS}"
    if schema is None or policy.kind != "default" or policy.action == "reject":
        return None
    try:
        data_schema.check(schema, policy.data)
    except InvalidData as error:
        return f"{policy.kind}:{policy.action} gives the answer {policy.data}, which would be refused: {error.message}"
    return None


def _said(policy: Policy, options: Sequence[str]) -> str | None:
    """What its answer comes to: its action, or what the option of a batch says; None where that says nothing."""
    choice = policy.data.get("choice")
    return batch.of_option(choice) if choice is not None and tuple(options) == batch.OPTIONS else policy.action


def _default(rest: str) -> Policy:
    action, _, value = (part.strip() for part in rest.partition(":"))
    if action == "approve" and not value:
        return Policy("default", action, {})
    if action == "reject" and not value:
        return Policy("default", action, {"reason": REJECTED_REASON})
    if action == "choose" and value.isdecimal():
        return Policy("default", action, {"choice": int(value)})
    raise ValueError(
        f"'default:{rest}' is no default; write default:approve, default:reject or default:choose:<number>"
    )
