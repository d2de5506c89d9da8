"""`hitl fork`: begin anew from an earlier step of a thread."""

from __future__ import annotations

import sys

import click

from hitl_tui.cli import output
from hitl_tui.cli.params import thread_argument
from hitl_tui.cli.settings import Command, settings_of
from hitl_tui.cli.values import parse_pairs


@click.command("fork", cls=Command, short_help="Begin anew from an earlier step of a thread.")
@thread_argument
@click.option("--at", type=click.IntRange(1), required=True, metavar="STEP", help="The step, as `hitl history` counts.")
@click.option(
    "--set", "pairs", multiple=True, metavar="K=V", help="Set a value as text, or as JSON: K:=JSON. Repeatable."
)
@click.option("--thread-id", "new_id", metavar="ID", help="The id of the new thread (default: a fresh one).")
@click.option("--yes", is_flag=True, help="Recorded effects of the original may happen again.")
@click.option("--no-run", is_flag=True, help="Store the new thread only; a worker goes on with it.")
@click.pass_context
def fork(
    context: click.Context,
    thread_id: str,
    at: int,
    pairs: tuple[str, ...],
    new_id: str | None,
    yes: bool,
    no_run: bool,
) -> int:
    """Start a new thread where THREAD stood before STEP; the original is not touched.

    The step runs again, with all that ran in parallel with it, and from there on people are asked again: an answer
    given in one thread is no consent in another. What was answered before STEP stands, also where --set changes what it
    was about (a line names it then); what was said in a conversation until then is shown in THREAD only. Effects
    recorded with `once` would happen again too; then --yes is needed.
    """
    from contextlib import nullcontext

    from hitl_tui.cli.interrupted import Said, begun, stored
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import show_settled, tell_lasting
    from hitl_tui.errors import EffectsAgain
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import Forked, ThreadView

    settings = settings_of(context)
    values = parse_pairs(pairs, "--set")

    async def begin(inbox: Inbox, *, sure: bool) -> tuple[Forked, ThreadView]:
        async with nullcontext() if no_run else inbox.running():
            forking = inbox.fork(thread_id, at, values, new_id=new_id, effects_again=sure)
            then = inbox.thread if no_run else inbox.settled
            return await stored(inbox, forking, lambda made: then(made.thread_id), said)

    def said(made: Forked) -> Said:
        return begun(settings, made.thread_id)

    try:
        made, view = visit(settings, lambda inbox: begin(inbox, sure=yes))
    except EffectsAgain as error:
        if settings.json or not sys.stdin.isatty() or not click.confirm(f"{error.message}. Go on?", err=True):
            raise
        made, view = visit(settings, lambda inbox: begin(inbox, sure=True))
    if made.effects_again:
        again = ", ".join(map(str, made.effects_again))
        output.note(f"hitl: these effects of '{thread_id}' happen again: {again}")
    tell_lasting(made.lasting)
    return show_settled(settings, view, forked=made)
