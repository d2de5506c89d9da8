"""`hitl prompt`: answer a thread line by line, through a pipe or on a terminal that can do no more."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from hitl_tui.cli import output
from hitl_tui.cli.params import thread_argument
from hitl_tui.cli.settings import Command, Settings, settings_of
from hitl_tui.errors import NothingPending, RequestNotFound
from hitl_tui.safe_text import visible

if TYPE_CHECKING:
    from hitl_tui.inbox.views import Decided, PendingView, ThreadView


@click.command("prompt", cls=Command, short_help="Answer a thread line by line, for pipes and plain terminals.")
@thread_argument
@click.option("--request", "request_id", metavar="ID", help="Only this open request.")
@click.pass_context
def prompt(context: click.Context, thread_id: str, request_id: str | None) -> int:
    """Show what a thread asks, read the answer from standard input, and go on until it asks nothing more.

    \b
    Tool: send_email
    Args: {"to": "ann@example.org", "subject": "Hello"}
    [a]pprove / [e]dit / [r]eject:

    Anything but `a` and `e` rejects, and then asks for the reason. The end of the input decides nothing.
    """
    from hitl_tui.cli.render_text import decided
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import show_settled

    settings = settings_of(context)
    lines = _Lines(settings)
    view: ThreadView = visit(settings, lambda inbox: inbox.thread(thread_id))
    request_id = _which(view, request_id)
    said = None
    while (found := _next(view, request_id, begun=said is not None)) is not None:
        lines.say("" if said is None else f"{said}\n")
        answered = _answered(settings, lines, view, found)
        if answered is None:
            output.note("hitl: the input ended, and nothing more was decided")
            # What was decided was said before the question that is left.
            said = said and ""
            break
        taken, view, unused = answered
        said = decided(taken, view, settings.actor, unused=unused)
    return show_settled(settings, view, decided=said)


class _Lines:
    """Questions on stdout (with `--json` on stderr), answers from stdin."""

    def __init__(self, settings: Settings) -> None:
        self._json = settings.json

    def say(self, words: str) -> None:
        self._write(f"{words}\n")

    def ask(self, question: str) -> str:
        """The next line; raises `EOFError` at the end of the input."""
        self._write(question)
        while True:
            line = sys.stdin.buffer.readline() if sys.stdin is not None else b""
            if not line:
                self._write("\n")
                raise EOFError
            try:
                return line.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                self.say("This is not UTF-8 text; once more:")

    def _write(self, words: str) -> None:
        stream = sys.stderr if self._json else sys.stdout
        if stream is not None:
            output.write(stream, visible(words, newlines=True))


def _which(view: ThreadView, request_id: str | None) -> str | None:
    """The one request to answer, where it was named by its id or by a name of its own; else None."""
    named = view.named_request_id
    if named is not None and request_id not in (None, named):
        raise RequestNotFound(view.thread_id, request_id)
    return request_id or named


def _next(view: ThreadView, request_id: str | None, *, begun: bool) -> PendingView | None:
    """The request to answer now; None when all is answered. Raises what says why there was nothing to answer."""
    pending = [each for each in view.pending if each.status == "pending" and request_id in (None, each.request_id)]
    if pending:
        return pending[0]
    if begun:
        return None
    if request_id not in (None, view.named_request_id):
        raise RequestNotFound(view.thread_id, request_id)
    by_name = "" if request_id is None else " by that name"
    raise NothingPending(
        f"Thread '{view.thread_id}' is {view.status} and waits for no answer{by_name}",
        hint="`hitl list` shows what waits",
        thread_id=view.thread_id,
        status=view.status,
    )


def _answered(
    settings: Settings, lines: _Lines, view: ThreadView, request: PendingView
) -> tuple[Decided, ThreadView, bool] | None:
    """The decision that was taken, where the thread then stands, and whether the decision is unused.

    None at the end of the input. While a person thinks, the database is closed.
    """
    from datetime import UTC, datetime

    from hitl_tui.cli.dialogue import answer, call_lines
    from hitl_tui.cli.interrupted import answered, stored
    from hitl_tui.cli.render_text import request_lines
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import is_unused
    from hitl_tui.inbox import Inbox
    from hitl_tui.model.tool_call import tool_call_of

    call = tool_call_of(request.type, request.context)
    lines.say("\n".join(request_lines(request, datetime.now(UTC), without_call=call is not None)))
    if call is not None:
        lines.say("\n".join(["", *call_lines(call)]))
    taken: list[tuple[Decided, ThreadView, bool]] = []

    def give(action: str, data: dict[str, Any]) -> None:
        async def decide(inbox: Inbox) -> tuple[Decided, ThreadView, bool]:
            async with inbox.running():
                deciding = inbox.decide(
                    view.thread_id, action, data, request_id=request.request_id, expect=request.digest
                )
                said = answered(settings, view.thread_id)
                done, then = await stored(inbox, deciding, lambda _: inbox.settled(view.thread_id), lambda _: said)
            return done, then, await is_unused(inbox, done)

        taken.append(visit(settings, decide))

    try:
        answer(request, lines.ask, lines.say, give)
    except EOFError:
        return None
    return taken[0]
