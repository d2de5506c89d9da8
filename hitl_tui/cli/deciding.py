"""`hitl resume`: answer what a thread asks, and let it go on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hitl_tui.cli.completion import actions
from hitl_tui.cli.params import seconds_option, thread_argument
from hitl_tui.cli.settings import Command, settings_of
from hitl_tui.cli.values import parse_json, read_text
from hitl_tui.errors import UsageError


@click.command("resume", cls=Command, short_help="Answer a thread and let it go on.")
@thread_argument
@click.argument("action", metavar="[ACTION]", required=False, shell_complete=actions)
@click.option("--data", metavar="JSON", help="The answer's data as a JSON object.")
@click.option("--data-file", metavar="FILE", help="The same from a file, or from stdin with `-`.")
@click.option("--request", "request_id", metavar="ID", help="Which open request, where the thread has several.")
@click.option("--expect", metavar="DIGEST", help="Refuse if the request is no longer the one with this digest.")
@seconds_option("--hold", default="0", help="So long `hitl undo` can take it back.")
@seconds_option("--wait", "seconds", help="Begin no further step after so long; the one that runs here is let end.")
@click.option("--no-run", is_flag=True, help="Store the answer only; a worker goes on with it.")
@click.pass_context
def resume(
    context: click.Context,
    thread_id: str,
    action: str | None,
    data: str | None,
    data_file: str | None,
    request_id: str | None,
    expect: str | None,
    hold: float,
    seconds: float | None,
    no_run: bool,
) -> int:
    """Answer a thread with ACTION and let it go on to its next pause or its end.

    \b
    approval              approve | reject   --data '{"reason": "…"}' (optional)
    edit                  edit               --data '{"edited": "…"}'
    choice                choose             --data '{"choice": 1}'
    text_input            respond            --data '{"text": "…"}'
    conversation          respond            --data '{"message": "…"}', or '{"end": true}'
    a tool call           edit               --data '{"args": {…}}', or approve, reject

    Without ACTION the data says it: --data '{"decision": "edit", "args": {…}}'.
    """
    from contextlib import nullcontext

    from hitl_tui.cli.interrupted import Said, answered, stored
    from hitl_tui.cli.render_text import decided
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import is_unused, show_settled
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import Decided, ThreadView

    settings = settings_of(context)
    answer = _answer(data, data_file)
    # Who writes into a pipe may have looked meanwhile.
    known = settings.began if data_file is None or Path(data_file).is_file() else datetime.now(UTC)

    async def decide(inbox: Inbox) -> tuple[Decided, ThreadView, bool]:
        async with nullcontext() if no_run or hold else inbox.running():
            deciding = inbox.decide(
                thread_id, action, answer, request_id=request_id, expect=expect, hold=hold, asked_by=known
            )
            taken, view = await stored(inbox, deciding, lambda taken: go_on(inbox, taken.thread_id), said)
        return taken, view, await is_unused(inbox, taken)

    async def go_on(inbox: Inbox, thread_id: str) -> ThreadView:
        if no_run or hold:
            return await inbox.thread(thread_id)
        return await inbox.settled(thread_id, timeout=seconds)

    def said(taken: Decided) -> Said:
        return answered(settings, taken.thread_id)

    taken, view, unused = visit(settings, decide)
    return show_settled(settings, view, decided=decided(taken, view, settings.actor, unused=unused))


@click.command("undo", cls=Command, short_help="Take back a held answer.")
@thread_argument
@click.option("--request", "request_id", metavar="ID", help="Which held request, where the thread has several.")
@click.pass_context
def undo(context: click.Context, thread_id: str, request_id: str | None) -> int:
    """Take back an answer that was given with --hold, while its time is not over; the request is pending again."""
    from hitl_tui.cli.interrupted import Said, stored
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import show_settled
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import Decided, ThreadView

    settings = settings_of(context)

    async def take_back(inbox: Inbox) -> tuple[Decided, ThreadView]:
        undoing = inbox.undo(thread_id, request_id)
        return await stored(inbox, undoing, lambda undone: inbox.thread(undone.thread_id), said)

    def said(undone: Decided) -> Said:
        return Said(f"the answer to thread '{undone.thread_id}' is taken back", {"thread_id": undone.thread_id})

    _, view = visit(settings, take_back)
    return show_settled(settings, view)


def _answer(data: str | None, data_file: str | None) -> Any:
    if data is not None and data_file is not None:
        raise UsageError("--data and --data-file are two answers", hint="give one of them")
    if data_file is not None:
        return parse_json(read_text(data_file, "--data-file"), "--data-file")
    return None if data is None else parse_json(data, "--data")
