"""The closed vocabularies: interaction types, the statuses of threads, requests and steps, shelves and orders."""

from enum import StrEnum
from typing import Literal, get_args

Shelf = Literal["waiting", "snoozed", "active", "failed", "done", "all"]
"""A slice of the inbox: open requests; those put aside; ready or running; failed or timed out; completed or cancelled;
all.
"""
SHELVES: tuple[Shelf, ...] = get_args(Shelf)
Sort = Literal["due", "age", "priority", "type"]
"""In which order the inbox is listed."""
SORTS: tuple[Sort, ...] = get_args(Sort)


class InteractionType(StrEnum):
    """What kind of answer a request wants (row 1)."""

    APPROVAL = "approval"
    EDIT = "edit"
    CHOICE = "choice"
    TEXT_INPUT = "text_input"
    CONVERSATION = "conversation"


class ThreadStatus(StrEnum):
    """Where one execution of a graph stands."""

    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


ENDED = frozenset({ThreadStatus.COMPLETED, ThreadStatus.FAILED, ThreadStatus.CANCELLED, ThreadStatus.TIMED_OUT})


class RequestStatus(StrEnum):
    """Where one question stands: `pending → held → answered`, or closed without an answer."""

    PENDING = "pending"
    HELD = "held"
    ANSWERED = "answered"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


class StepStatus(StrEnum):
    """How one node run ended, as history shows it."""

    PAUSED = "paused"
    OK = "ok"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    ENDED = "ended"
    FAILED = "failed"


class Outcome(StrEnum):
    """What a completed thread came to."""

    OK = "ok"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"


ACTIONS: dict[InteractionType, tuple[str, ...]] = {
    InteractionType.APPROVAL: ("approve", "reject"),
    InteractionType.EDIT: ("edit",),
    InteractionType.CHOICE: ("choose",),
    InteractionType.TEXT_INPUT: ("respond",),
    InteractionType.CONVERSATION: ("respond",),
}
"""The actions that fit each interaction type (row 58, D-4)."""

ENDLESS_LOOP = "EndlessLoop"
"""The type of the error of a thread in which a node ran too often."""
ENTERED_AGAIN = "EnteredAgain"
"""The type of the error of a thread in which a branch came to an included graph that another one had not left."""
HOPELESS = (ENDLESS_LOOP, ENTERED_AGAIN)
"""Types of the error of a thread that would fail in the same way if it were retried."""
UNUSABLE = ("WriteConflict", "ReducerMismatch", "ConditionError")
"""Types of the error of a thread in which no node failed: what one came to cannot be merged, or leads nowhere."""
