"""How a thread without an open request is laid out: what runs and for how long, why it failed, what it came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hitl_tui.inbox.decision_words import begun_words, withdrawn_words
from hitl_tui.inbox.views import PendingView, StepView, ThreadView
from hitl_tui.model.session_code import session_class, why_blocked
from hitl_tui.safe_text import visible
from hitl_tui.tui.time_left import age, elapsed
from hitl_tui.tui.widgets.context_view import context_lines
from hitl_tui.tui.widgets.history_view import trace_lines
from hitl_tui.tui.widgets.lines import Line, safe_lines

_RUNNING = ("ready", "running")


def thread_lines(view: ThreadView, history: Sequence[StepView], now: datetime, *, whole: bool = False) -> list[Line]:
    """The thread's standing in words, then its state unless something still runs."""
    lines = [*_standing(view, history, now, whole=whole), *_ending(view)]
    state = {key: value for key, value in view.state.items() if key != "responses"}
    if view.status not in _RUNNING and state:
        lines += [Line(), Line("State", style="label"), *context_lines(state, whole=whole)]
    return lines


def is_moving(view: ThreadView) -> bool:
    """Whether what is shown changes by the second."""
    return view.status in _RUNNING


def what_next(view: ThreadView, *, retry: str = "R", undo: str = "u") -> str:
    """The key or command to go on with, in the place where an answer would be; `retry` and `undo` are keys."""
    if session_class(view.blocked) is not None:
        return "nothing to answer: its Python session has to go on with it"
    if view.blocked is not None:
        return f"run  hitl trust {visible(view.blocked)}  in a shell to let it go on"
    if view.status in ("failed", "timed_out"):
        return f"[{retry}] Retry   runs the failed node again"
    if view.status in _RUNNING:
        return "nothing to answer: it runs by itself"
    if is_held(view):
        return f"decided; it takes effect in a moment   [{undo}] Undo"
    return "nothing to answer"


def is_held(view: ThreadView) -> bool:
    """Whether all that is open is decided already, and can still be taken back."""
    return bool(view.pending) and all(request.status == "held" for request in view.pending)


def _standing(view: ThreadView, history: Sequence[StepView], now: datetime, *, whole: bool) -> list[Line]:
    nodes = ", ".join(visible(node) for node in view.frontier)
    since = age(view.updated_at, now)
    if session_class(view.blocked) is not None:
        return [Line("Blocked", style="strong"), Line(visible(why_blocked(view.blocked or "")))]
    if view.blocked is not None:
        return [
            Line("Blocked: its agents code is not trusted on this machine.", style="strong"),
            Line(visible(view.blocked), lead="agents", indent=10),
        ]
    match view.status:
        case "running":
            return [
                Line(f"Running {nodes}" if nodes else "Running", style="strong"),
                Line(elapsed(_started(view, history), now), lead="for", indent=10),
            ]
        case _ if view.wake_at is not None and view.wake_at > now:
            left = elapsed(now, view.wake_at)
            return [Line(f"{nodes} failed and is tried again", style="strong"), Line(left, lead="in", indent=10)]
        case "ready":
            where = f"Next: {nodes}" if nodes else "Ready to run"
            return [Line(where, style="strong"), Line(elapsed(view.updated_at, now), lead="waiting", indent=10)]
        case "failed" | "timed_out" | "cancelled":
            return _ended_badly(view, nodes, since, whole=whole)
        case "completed":
            came_to = f" — {view.outcome.replace('_', ' ')}" if view.outcome else ""
            return [Line(f"Completed{came_to}, {since} ago", style="strong")]
        case _ if is_held(view):
            return [line for request in view.pending for line in _held_lines(request, now)]
        case _:
            waiting = ", ".join(visible(request.node) for request in view.pending) or nodes
            return [Line(f"Waits for an answer at {waiting}", style="strong")]


def _held_lines(request: PendingView, now: datetime) -> list[Line]:
    until = request.held_until or now
    left = "released any moment now"
    if until > now:
        left = f"until {until.astimezone():%H:%M:%S}"
    return [Line(f"Decided at {visible(request.node)}", style="strong"), Line(left, lead="held", indent=10)]


def _ended_badly(view: ThreadView, nodes: str, since: str, *, whole: bool) -> list[Line]:
    words = {"failed": "Failed", "timed_out": "Timed out", "cancelled": "Cancelled"}[view.status]
    node = visible(view.error.node) if view.error and view.error.node else nodes
    at = f" at {node}" if node else ""
    lines = [Line(f"{words}{at}, {since} ago", style="strong")]
    if view.error is not None:
        texts = safe_lines(view.error.message.rstrip("\n"))
        kind = visible(view.error.type)
        lines += [Line(f"× {kind}", style="error"), *(Line(text, indent=2) for text in texts)]
        lines += trace_lines(view.error.traceback, whole=whole)
    return lines


def _ending(view: ThreadView) -> list[Line]:
    """Who ended it, and what is not certain since."""
    lines = []
    if view.cancelled is not None:
        lines.append(Line(f"{visible(view.cancelled.actor)} via {visible(view.cancelled.via)}", lead="by", indent=10))
        lines += [Line(withdrawn_words(held), lead="withdrawn", indent=10) for held in view.cancelled.withdrawn]
    return lines + [Line(f"! {begun_words(effect)}; find out by hand", style="error") for effect in view.begun]


def _started(view: ThreadView, history: Sequence[StepView]) -> datetime:
    running = [step.started_at for step in history if step.ended_at is None and step.status != "paused"]
    return min(running, default=view.updated_at)
