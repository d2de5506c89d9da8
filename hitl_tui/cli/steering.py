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
    from hitl_tui.cli.interrupted import Said, goes_on, stored
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import show_settled
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import ThreadView

    settings = settings_of(context)

    async def again(inbox: Inbox) -> ThreadView:
        words = f"thread '{thread_id}' is ready again, {goes_on(settings, thread_id)}"
        said = Said(words, {"thread_id": thread_id})
        retrying = inbox.retry(thread_id)
        _, view = await stored(inbox, retrying, lambda _: inbox.settled(thread_id), lambda _: said)
        return view

    return show_settled(settings, visit(settings, again))


@click.command("cancel", cls=Command)
@thread_argument
@click.pass_context
def cancel(context: click.Context, thread_id: str) -> int:
    """End a thread where it stands; its open requests are withdrawn."""
    from hitl_tui.cli.interrupted import Said, stored
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import show_settled
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.decision_words import withdrawn_words
    from hitl_tui.inbox.views import ThreadView

    settings = settings_of(context)

    async def end(inbox: Inbox) -> None:
        cut_off = await inbox.cancel(thread_id)
        for effect in cut_off.begun:
            output.note(f"begun, and cut off: {effect}; find out whether it did")
        for held in cut_off.withdrawn:
            output.note(f"withdrawn: {withdrawn_words(held)}")

    async def ended(inbox: Inbox) -> ThreadView:
        said = Said(f"thread '{thread_id}' is cancelled", {"thread_id": thread_id})
        _, view = await stored(inbox, end(inbox), lambda _: inbox.thread(thread_id), lambda _: said)
        return view

    return show_settled(settings, visit(settings, ended))


@click.command("wait", cls=Command)
@thread_argument
@seconds_option(
    "--timeout",
    help="Wait at most so long; a step that runs here is let end. The exit code is 0 then, too: the status in the"
    " output says whether the thread still runs.",
)
@click.pass_context
def wait(context: click.Context, thread_id: str, timeout: float | None) -> int:
    """Wait until a thread pauses or ends. Where no worker runs it, it is run here.

    A pause is also an answer that can be taken back for more than five seconds, or beside which others are asked for.
    """
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import show_settled

    settings = settings_of(context)
    return show_settled(settings, visit(settings, lambda inbox: inbox.settled(thread_id, timeout=timeout)))
