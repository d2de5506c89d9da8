"""`hitl run`: start a workflow and run it to its first pause or its end."""

from __future__ import annotations

from pathlib import Path

import click

from hitl_tui.cli.params import file_and_graph
from hitl_tui.cli.settings import Command, settings_of
from hitl_tui.cli.values import parse_object, parse_pairs


@click.command("run", cls=Command)
@click.argument("reference", metavar="FILE[::GRAPH]")
@click.option(
    "--input", "pairs", multiple=True, metavar="K=V", help="An input as text, or as JSON: K:=JSON. Repeatable."
)
@click.option("--input-json", metavar="J", help="All inputs as one JSON object; --input adds to it.")
@click.option("--thread-id", help="The id of the new thread (default: a fresh one).")
@click.option(
    "--agents",
    metavar="REF",
    help="Your agents code: a module or a .py file, in place of agents: in FILE. Naming it here trusts it.",
)
@click.pass_context
def run(
    context: click.Context,
    reference: str,
    pairs: tuple[str, ...],
    input_json: str | None,
    thread_id: str | None,
    agents: str | None,
) -> int:
    """Start a workflow and run it to its first pause or its end.

    Exit code 0 also when it waits for a person; 1 when it failed or timed out.
    """
    from hitl_tui.cli.interrupted import begun, stored
    from hitl_tui.cli.session import visit
    from hitl_tui.cli.settled import show_settled
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import ThreadView

    settings = settings_of(context)
    inputs = {
        **(parse_object(input_json, "--input-json") if input_json is not None else {}),
        **parse_pairs(pairs, "--input"),
    }
    file, graph = file_and_graph(reference)

    async def start(inbox: Inbox) -> ThreadView:
        async with inbox.running():
            code = agents or settings.agents
            starting = inbox.start(Path(file), graph, inputs, thread_id=thread_id, agents=code)
            _, view = await stored(inbox, starting, inbox.settled, lambda started: begun(settings, started))
            return view

    return show_settled(settings, visit(settings, start, creates=True))
