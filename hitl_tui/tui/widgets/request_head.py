"""The line above everything: which graph and node ask, what kind of answer is wanted, the risk, the time left."""

from __future__ import annotations

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from hitl_tui.inbox.views import PendingView, ThreadView
from hitl_tui.model.risk import in_words, is_high
from hitl_tui.safe_text import one_line, visible
from hitl_tui.tui.time_left import is_overdue, time_left

TYPE_WORDS = {
    "approval": "approval",
    "edit": "edit",
    "choice": "choice",
    "text_input": "text",
    "conversation": "conversation",
}
"""The word for each interaction type on the screen."""
_MUTED = "$foreground 60%"


class RequestHead(Horizontal):
    """`deploy · gate  thread-id            approval   ▲ high risk   due 12m`, in one row at any width."""

    def __init__(self) -> None:
        super().__init__(classes="head")
        self._where = Static(classes="head--where", markup=False)
        self._what = Static(classes="head--what", markup=False)
        self._shown: tuple[Content, Content] | None = None

    def compose(self) -> ComposeResult:
        yield self._where
        yield self._what

    def show(self, view: ThreadView, request: PendingView | None, now: datetime, *, taken: bool = False) -> None:
        """Show a request, or a thread's status where none is open; draws only what changed.

        One that somebody else has `taken` is neither due nor overdue.
        """
        shown = (_where(view, request), _what(view, request, now, taken))
        if shown == self._shown:
            return
        self._shown = shown
        self._where.update(shown[0])
        self._what.update(shown[1])


def _where(view: ThreadView, request: PendingView | None) -> Content:
    node = request.node if request else view.error.node if view.error and view.error.node else ", ".join(view.frontier)
    name = one_line(view.graph) + (f" · {one_line(node)}" if node else "")
    return Content.assemble((name, "bold"), (f"  {visible(view.thread_id)}", _MUTED))


def _what(view: ThreadView, request: PendingView | None, now: datetime, taken: bool) -> Content:
    if request is None:
        style = "$text-error bold" if view.status in ("failed", "timed_out") else _MUTED
        return Content.assemble((view.status.replace("_", " "), style))
    parts: list[tuple[str, str]] = [(TYPE_WORDS.get(request.type, request.type), "$text-accent")]
    if request.risk:
        parts.append(
            (f"   ▲ {in_words(one_line(request.risk))}", "$text-warning bold" if is_high(request.risk) else "")
        )
    if taken:
        return Content.assemble(*parts)
    left = time_left(request.due_at, now)
    if is_overdue(request.due_at, now):
        parts.append((f"   {left}", "$text-error bold"))
    elif left and request.reminded_at is not None:
        parts.append((f"   ! due {left}", "$text-warning bold"))
    elif left:
        parts.append((f"   due {left}", ""))
    return Content.assemble(*parts)
