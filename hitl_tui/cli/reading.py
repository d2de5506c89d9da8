"""`hitl show`, `hitl history`, `hitl state`: one thread, looked at (and its state, corrected)."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from hitl_tui.cli import output
from hitl_tui.cli.params import thread_argument
from hitl_tui.cli.settings import Command, settings_of
from hitl_tui.cli.values import parse_pairs


@click.command("show", cls=Command)
@thread_argument
@click.pass_context
def show(context: click.Context, thread_id: str) -> None:
    """Show a thread: where it stands, what it asks, how to answer."""
    from hitl_tui.cli import render_json, render_text
    from hitl_tui.cli.session import visit

    settings = settings_of(context)
    view = visit(settings, lambda inbox: inbox.thread(thread_id))
    if settings.json:
        output.as_json(render_json.thread(view))
    else:
        output.text(render_text.thread(view, now=datetime.now(UTC), db=settings.chosen_db))


@click.command("history", cls=Command)
@thread_argument
@click.pass_context
def history(context: click.Context, thread_id: str) -> None:
    """Show the steps of a thread: what ran, what it wrote, who decided."""
    from hitl_tui.cli import render_history, render_json
    from hitl_tui.cli.listing import terminal_width
    from hitl_tui.cli.session import visit
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import StepView, ThreadView

    settings = settings_of(context)

    async def read(inbox: Inbox) -> tuple[ThreadView, list[StepView]]:
        view = await inbox.thread(thread_id)
        return view, await inbox.history(view.thread_id)

    view, steps = visit(settings, read)
    if settings.json:
        output.as_json(render_json.history(view.thread_id, steps))
    else:
        output.text(
            render_history.history(view, steps, datetime.now(UTC), width=terminal_width(), db=settings.chosen_db)
        )
        if any(step.pruned for step in steps):
            output.text("\nWhat these steps took and gave was pruned; decisions and audit are whole.")


@click.command("state", cls=Command)
@thread_argument
@click.option(
    "--set", "pairs", multiple=True, metavar="K=V", help="Set a value as text, or as JSON: K:=JSON. Repeatable."
)
@click.pass_context
def state(context: click.Context, thread_id: str, pairs: tuple[str, ...]) -> None:
    """Show the whole state of a thread; with --set, correct it first.

    What was answered stands, also where --set changes what it was about (a line names it then); what is asked now is
    asked anew if it changes.
    """
    from hitl_tui.cli import render_json, render_text
    from hitl_tui.cli.interrupted import Said, stored
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import tell_lasting
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import Lasting, ThreadView

    settings = settings_of(context)
    values = parse_pairs(pairs, "--set")

    async def correct(inbox: Inbox) -> tuple[Lasting, ThreadView]:
        said = Said("it is stored", {"thread_id": thread_id})
        return await stored(
            inbox, inbox.set_state(thread_id, values), lambda _: inbox.thread(thread_id), lambda _: said
        )

    if values:
        stand, view = visit(settings, correct)
        tell_lasting(stand)
        shown = render_json.state(view) | (render_json.lasting(stand) if stand != Lasting() else {})
    else:
        view = visit(settings, lambda inbox: inbox.thread(thread_id))
        shown = render_json.state(view)
    output.result(settings.json, shown, render_text.state(view))
