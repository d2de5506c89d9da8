"""How a command ends that ran a thread: print where it stands now, and the exit code that says so."""

from __future__ import annotations

from datetime import UTC, datetime

from hitl_tui.cli import output, render_json, render_text
from hitl_tui.cli.hints import command
from hitl_tui.cli.settings import Settings
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Decided, Forked, Lasting, ThreadView


async def is_unused(inbox: Inbox, taken: Decided) -> bool:
    """Whether the node ran again and did not ask any more what was answered."""
    newest = await inbox.audit(taken.thread_id)
    return any(entry.event == "unused" and entry.request_id == taken.request_id for entry in newest)


def show_settled(
    settings: Settings, view: ThreadView, *, decided: str | None = None, forked: Forked | None = None
) -> int:
    """Print the thread; 1 if it failed or timed out, else 0. Raises `OutputLost`, which says where the thread stands.

    `decided` is a line about the answer that was taken, empty where that was said before; `forked` says of what the
    thread is a fork.
    """
    failed = view.status in ("failed", "timed_out")
    try:
        _print(settings, view, decided, forked, failed=failed)
    except output.OutputLost as lost:
        # A script that takes it for undone would answer, or start, once more.
        shows = command(None, "show", view.thread_id)
        raise output.OutputLost(lost.message, hint=f"the thread is {view.status}: `{shows}` shows it") from lost
    return 1 if failed else 0


def tell_lasting(found: Lasting) -> None:
    """Name the decisions on stderr that stand although the state was changed."""
    if found.decisions:
        stand = ", ".join(f"{decision.action} at '{decision.node}' by {decision.actor}" for decision in found.decisions)
        output.note(f"hitl: stands, given for the state before this change: {stand}")
    if found.removed_origin is not None:
        output.note(f"hitl: decisions taken in '{found.removed_origin}', which was removed, stand too")


def _print(settings: Settings, view: ThreadView, decided: str | None, forked: Forked | None, *, failed: bool) -> None:
    if settings.json:
        shown_fork = {} if forked is None else render_json.forked(forked)
        output.as_json(render_json.thread(view, decided=failed and decided is not None) | shown_fork)
    else:
        shown = render_text.thread(view, now=datetime.now(UTC), db=settings.chosen_db)
        output.text(f"{decided}\n\n{shown}" if decided else shown)
