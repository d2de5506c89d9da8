"""What the inbox hands to every surface: plain, already decoded, never a database row."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from hitl_tui.model.jsontext import for_display


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the inbox: an open request, or a thread where none is open (then the request fields are None)."""

    thread_id: str
    graph: str
    status: str
    created_at: datetime
    updated_at: datetime
    node: str | None = None
    type: str | None = None
    prompt: str | None = None
    """The first 200 characters of the prompt; the whole is in the `ThreadView`."""
    request_id: str | None = None
    due_at: datetime | None = None
    reminded_at: datetime | None = None
    """When somebody was last reminded that it is soon due."""
    priority: int = 0
    assignee: str | None = None
    risk: str | None = None
    error: str | None = None
    blocked: str | None = None
    """The untrusted agents reference that keeps a ready thread from running."""
    snoozed_until: datetime | None = None
    digest: str | None = None
    """Of the request as it is listed: what was painted is what is decided."""
    is_plain: bool = False
    """Whether the row says what is asked: no form, no batch of items and no tool call, which are to be read first."""

    @property
    def key(self) -> str:
        """Identity of the row, stable while it is listed: the request's id, else the thread's."""
        return self.request_id or self.thread_id


@dataclass(frozen=True, slots=True)
class Page:
    """A window of the list; `total` counts all items of the filter."""

    items: list[Item]
    total: int
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The header's figures, each counted up to 1001.

    `live_worker` tells whether a worker is alive on this database, and does what is due.
    """

    waiting: int = 0
    due_soon: int = 0
    """Open requests due within the hour."""
    snoozed: int = 0
    """Put aside; not among those that wait."""
    ready: int = 0
    running: int = 0
    failed: int = 0
    done: int = 0
    blocked: int = 0
    live_worker: bool = False


@dataclass(frozen=True, slots=True)
class PendingView:
    """One open request with all that a reviewer needs to decide it."""

    request_id: str
    node: str
    type: str
    prompt: str
    context: dict[str, Any]
    options: list[str]
    allowed: list[str]
    schema: dict[str, Any] | None
    risk: str | None
    require_reason: bool
    digest: str
    due_at: datetime | None
    status: str
    created_at: datetime
    held_until: datetime | None = None
    """Until when the answer of a held request can be taken back."""
    reminded_at: datetime | None = None
    """When somebody was last reminded that it is soon due."""
    snoozed_until: datetime | None = None
    on_timeout: str | None = None
    """Its policy, as in a graph: what happens when nobody answers in time; None is `timeout`."""
    instead_of: str | None = None
    """The id of the answered request that it replaced, whose answer is not used: the node asks something else now."""

    def as_json(self) -> str:
        """The request as JSON text for people and programs, with times in ISO 8601."""
        return json.dumps(for_display(asdict(self)), indent=2, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What was answered, by whom (`system` for timeouts), through which surface and when.

    `node` is the name that the request gave it, and `tool` that of the call which it was about.
    """

    request_id: str
    node: str
    tool: str | None
    action: str
    data: dict[str, Any]
    actor: str
    via: str
    at: datetime
    chosen: tuple[str, ...] = ()
    """The texts of the options that were chosen; none for an answer that chooses nothing."""
    superseded: bool = False
    """Whether it is not used: the node asked something else later."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One node run of the history; `status` is a `StepStatus`. A pause is one step that ends when it is answered.

    It has a decision for each of its requests that was answered, the oldest first.
    """

    seq: int
    node: str
    visit: int
    status: str
    started_at: datetime
    ended_at: datetime | None
    writes: dict[str, Any]
    error: str | None
    decisions: list[DecisionView]
    code_sha: str | None = None
    attempt: int = 1
    """Which attempt of its visit it was; a retry by hand counts anew."""
    retried: bool = False
    """Whether it failed and was, or will be, run again."""
    traceback: str | None = None
    """Where the agent raised, without secrets."""
    logs: str | None = None
    """What the node printed and logged, bounded and without secrets."""
    pruned: bool = False
    """Whether what it took and gave was removed (`hitl prune`)."""
    superstep: int = 0
    """Nodes of the same superstep ran in parallel."""

    @property
    def decision(self) -> DecisionView | None:
        """The newest decision that is used, None where nobody was asked or has answered."""
        used = [decision for decision in self.decisions if not decision.superseded]
        return used[-1] if used else None


@dataclass(frozen=True, slots=True)
class AuditView:
    """One entry of the audit. `details` holds names and numbers, never what somebody wrote."""

    id: int
    at: datetime
    thread_id: str
    request_id: str | None
    event: str
    actor: str
    via: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance of a conversation's transcript; `speaker` is a person's name, the node's, or `system`.

    `human` is what a person said; `asks` is what the node asked.
    """

    speaker: str
    text: str
    at: datetime
    human: bool
    asks: bool


@dataclass(frozen=True, slots=True)
class ErrorView:
    """Why a thread failed."""

    node: str | None
    type: str
    message: str
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note on a thread."""

    at: datetime
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class EffectView:
    """A recorded effect (`once`); without `done` it may or may not have happened."""

    node: str
    visit: int
    key: str
    done: bool

    def __str__(self) -> str:
        return f"'{self.key}' of {self.node}" + ("" if self.done else " (it may not have happened)")

    def as_dict(self) -> dict[str, Any]:
        """For JSON output."""
        return {"node": self.node, "visit": self.visit, "key": self.key, "done": self.done}


@dataclass(frozen=True, slots=True)
class HeldView:
    """A held decision, which has not taken effect."""

    request_id: str
    node: str
    action: str
    actor: str

    def __str__(self) -> str:
        return f"{self.action} at '{self.node}' by {self.actor}"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """By whom and when a thread was cancelled, and the held decisions that were withdrawn with it."""

    actor: str
    via: str
    at: datetime
    withdrawn: list[HeldView]


@dataclass(frozen=True, slots=True)
class CutOff:
    """What a cancel cut off: effects that may or may not have happened, and held decisions, which do not count."""

    begun: list[EffectView]
    withdrawn: list[HeldView]


@dataclass(frozen=True, slots=True)
class ThreadView:
    """One thread: state, open requests, error. `frontier` names the nodes that run now or next."""

    thread_id: str
    graph: str
    status: str
    outcome: str | None
    state: dict[str, Any]
    pending: list[PendingView]
    error: ErrorView | None
    frontier: list[str]
    created_at: datetime
    updated_at: datetime
    priority: int = 0
    assignee: str | None = None
    agents: str | None = None
    blocked: str | None = None
    wake_at: datetime | None = None
    """When the next attempt at a node that failed may begin; nothing else runs until then."""
    pending_interaction_id: str | None = None
    """The first open request (row 4)."""
    timeout_response_id: str | None = None
    """The request whose timeout ended the thread, and under which the timeout's response is stored (row 64, D-5)."""
    named_request_id: str | None = None
    """The request by whose own name the thread was found (row 87)."""
    transcript: list[Turn] = field(default_factory=list)
    notes: list[NoteView] = field(default_factory=list)
    cancelled: Cancelled | None = None
    begun: list[EffectView] = field(default_factory=list)
    """Of a thread that has ended, the effects of which nobody knows whether they happened."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one thread stands, in short; `waits` are the nodes and types of its open requests."""

    thread_id: str
    status: str
    outcome: str | None
    error: ErrorView | None
    waits: tuple[tuple[str, str], ...]
    sleeps_until: datetime | None = None
    """When a ready thread runs again, if not at once."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was stored."""

    thread_id: str
    request_id: str
    graph: str
    node: str
    action: str
    status: str
    """`answered`, or `held` while an undo window is open."""
    held_until: datetime | None = None
    """Until when it can be taken back, if it is held."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """Decisions that stand although the state was changed that they were given for.

    So do those taken in `removed_origin`, a thread from which theirs was forked, of which nothing is left.
    """

    decisions: list[DecisionView] = field(default_factory=list)
    removed_origin: str | None = None


@dataclass(frozen=True, slots=True)
class Forked:
    """A new thread that begins before step `at` of another; `effects_again` are those of the original that recur."""

    thread_id: str
    original: str
    at: int
    effects_again: list[EffectView]
    lasting: Lasting


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a prune removed, or would remove: the details of the steps of so many threads, and whole threads."""

    threads: int
    steps: int
    freed_bytes: int
    """Given back to the file system, with `vacuum`."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something in the database changed."""


@dataclass(frozen=True, slots=True)
class SnoozeView:
    """A request that was put aside `until` then, or taken back (None)."""

    thread_id: str
    request_id: str
    node: str
    until: datetime | None
