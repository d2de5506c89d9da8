"""`hitl snooze`, `hitl assign`, `hitl priority`, `hitl note`: order what waits, without answering it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import click

from hitl_tui.cli import output
from hitl_tui.cli.params import duration, thread_argument
from hitl_tui.cli.settings import Command, settings_of
from hitl_tui.errors import UsageError
from hitl_tui.safe_text import is_text, one_line, visible

_DASHED_WORD = re.compile(r"-[\d\s]")


class _TakesDashedWords(Command):
    """A command whose words may begin as `-9` and `- call back` do: no option is called so."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = [word for word in args if _DASHED_WORD.match(word)]
        if words and "--" not in args:
            args = [*(word for word in args if word not in words), "--", *words]
        return super().parse_args(ctx, args)


@click.command("snooze", cls=Command, short_help="Put a request aside for a while.")
@thread_argument
@click.argument("time", required=False, metavar="[TIME]")
@click.option("--request", "request_id", metavar="ID", help="Which request, where the thread waits for several.")
@click.option("--back", is_flag=True, help="Bring it back now.")
@click.pass_context
def snooze(context: click.Context, thread_id: str, time: str | None, request_id: str | None, back: bool) -> None:
    """Put the request of THREAD aside for a TIME such as 30m, 4h or 2d.

    Its deadline goes on: before one it is back while there is time to answer.
    """
    from hitl_tui.cli.interrupted import stored_alone
    from hitl_tui.cli.session import visit
    from hitl_tui.model.jsontext import iso

    if back == (time is not None):
        raise UsageError("name for how long, or --back", hint="such as `hitl snooze THREAD 2h`")
    until = None if time is None else datetime.now(UTC) + duration(time, "TIME")
    settings = settings_of(context)
    done = visit(settings, lambda inbox: stored_alone(inbox, inbox.snooze(thread_id, until, request_id)))
    shown = iso(done.until) if done.until else None
    value = {"thread_id": thread_id, "request_id": done.request_id, "node": done.node, "snoozed_until": shown}
    words = f"put aside until {shown}" if shown else "back in the inbox"
    output.result(settings.json, value, one_line(f"{thread_id} · {done.node}: {words}"))


@click.command("assign", cls=Command, short_help="Give a thread to somebody.")
@thread_argument
@click.argument("who", required=False, metavar="[WHO]")
@click.option("--nobody", is_flag=True, help="Take it from whoever has it.")
@click.option("--escalate", is_flag=True, help="The audit says that it went up.")
@click.pass_context
def assign(context: click.Context, thread_id: str, who: str | None, nobody: bool, escalate: bool) -> None:
    """Give THREAD to WHO, a person or a role; without one, to yourself. Anybody can still answer it."""
    from hitl_tui.cli.interrupted import stored_alone
    from hitl_tui.cli.session import visit
    from hitl_tui.inbox import Inbox

    if nobody and (who is not None or escalate):
        raise UsageError("--nobody goes with no name and without --escalate", hint="leave one of them out")
    if escalate and who is None:
        raise UsageError("--escalate needs somebody to go to", hint="such as `hitl assign THREAD lead --escalate`")
    settings = settings_of(context)
    to = None if nobody else (who or settings.actor).strip()

    async def give(inbox: Inbox) -> str | None:
        return await stored_alone(inbox, inbox.assign(thread_id, to, escalate=escalate))

    before = visit(settings, give)
    value: dict[str, Any] = {"thread_id": thread_id, "from": before, "to": to}
    output.result(settings.json, value, one_line(f"{thread_id}: from {before or 'nobody'} to {to or 'nobody'}"))


@click.command("priority", cls=_TakesDashedWords, short_help="Say how urgent a thread is.")
@thread_argument
@click.argument("number", type=click.IntRange(-9, 9), metavar="NUMBER")
@click.pass_context
def priority(context: click.Context, thread_id: str, number: int) -> None:
    """Give THREAD a priority from -9 to 9: 0 is normal, a higher one comes first."""
    from hitl_tui.cli.interrupted import stored_alone
    from hitl_tui.cli.session import visit

    settings = settings_of(context)
    visit(settings, lambda inbox: stored_alone(inbox, inbox.prioritise(thread_id, number)))
    output.result(
        settings.json, {"thread_id": thread_id, "priority": number}, one_line(f"{thread_id}: priority {number}")
    )


@click.command("note", cls=_TakesDashedWords, short_help="Leave a note on a thread, or read them.")
@thread_argument
@click.argument("text", required=False, metavar="[TEXT]")
@click.pass_context
def note(context: click.Context, thread_id: str, text: str | None) -> None:
    """Leave TEXT on THREAD, for whoever looks at it next; without one, print the notes."""
    from hitl_tui.cli.interrupted import stored_alone
    from hitl_tui.cli.session import visit
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import NoteView
    from hitl_tui.model.jsontext import iso

    if text is not None and not is_text(text):
        raise UsageError("the note is not valid UTF-8", hint="write it in the encoding of your terminal's locale")

    async def leave(inbox: Inbox) -> tuple[str, list[NoteView]]:
        found = (await inbox.thread(thread_id)).thread_id
        if text is not None:
            await stored_alone(inbox, inbox.note(found, text))
        return found, await inbox.notes(found)

    settings = settings_of(context)
    found, notes = visit(settings, leave)
    value = {
        "thread_id": found,
        "notes": [{"at": iso(one.at), "actor": one.actor, "text": one.text} for one in notes],
    }
    lines = [f"{iso(one.at)}  {visible(one.actor)}: {visible(one.text)}" for one in notes]
    output.result(settings.json, value, "\n".join(lines) or one_line(f"{found} has no notes"))
