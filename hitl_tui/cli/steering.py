"""`hitl retry`, `hitl cancel`, `hitl wait`: what happens to a thread without answering it."""

from __future__ import annotations

import click

from hitl_tui.cli import output
from hitl_tui.cli.params import seconds_option, thread_argument
from hitl_tui.cli.settings import Command, settings_of


@click.command("retry", cls=Command)
@thread_argument
@click.pass_context
def retry(context: click.Context, thread_id: str) -> int:
    """Run the failed step of a thread again, and go on from there."""
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import show_settled
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import ThreadView

    settings = settings_of(context)

    async def again(inbox: Inbox) -> ThreadView:
        await inbox.retry(thread_id)
        return await inbox.settled(thread_id)

    return show_settled(settings, visit(settings, again))


@click.command("cancel", cls=Command)
@thread_argument
@click.pass_context
def cancel(context: click.Context, thread_id: str) -> int:
    """End a thread where it stands; its open requests are withdrawn."""
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import show_settled
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import ThreadView

    settings = settings_of(context)

    async def end(inbox: Inbox) -> ThreadView:
        for effect in await inbox.cancel(thread_id):
            output.note(f"begun, and cut off: {effect}; find out whether it did")
        return await inbox.thread(thread_id)

    return show_settled(settings, visit(settings, end))


@click.command("wait", cls=Command)
@thread_argument
@seconds_option("--timeout", help="Wait at most so long; a step that runs here is let end.")
@click.pass_context
def wait(context: click.Context, thread_id: str, timeout: float | None) -> int:
    """Wait until a thread pauses or ends. Where no worker runs it, it is run here."""
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import show_settled

    settings = settings_of(context)
    return show_settled(settings, visit(settings, lambda inbox: inbox.settled(thread_id, timeout=timeout)))
