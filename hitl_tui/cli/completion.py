"""What the shell completes from the database: thread ids and the actions that fit. Silent on any error."""

from __future__ import annotations

import contextlib

import click
from click.shell_completion import CompletionItem

from hitl_tui.cli.settings import settings_of

_MOST = 200
_ALL_ACTIONS = ("approve", "reject", "edit", "choose", "respond")


def threads(context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Threads whose id starts with `incomplete`, those that wait for a person first."""
    from hitl_tui.inbox.filters import Filter

    with contextlib.suppress(Exception):
        settings = settings_of(context)
        if not settings.db.exists():
            return []
        from hitl_tui.cli.session import visit

        page = visit(settings, lambda inbox: inbox.list(Filter(), sort="due", limit=_MOST))
        found = {
            item.thread_id: item.node or item.status for item in page.items if item.thread_id.startswith(incomplete)
        }
        return [CompletionItem(thread_id, help=about) for thread_id, about in found.items() if thread_id.isprintable()]
    return []


def actions(context: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The actions that the thread's open requests allow, all of them if that cannot be told."""
    fitting: tuple[str, ...] = ()
    with contextlib.suppress(Exception):
        settings = settings_of(context)
        thread_id = context.params.get("thread_id")
        if thread_id and settings.db.exists():
            from hitl_tui.cli.session import visit

            view = visit(settings, lambda inbox: inbox.thread(thread_id))
            fitting = tuple(dict.fromkeys(action for request in view.pending for action in request.allowed))
    return [CompletionItem(action) for action in fitting or _ALL_ACTIONS if action.startswith(incomplete)]
