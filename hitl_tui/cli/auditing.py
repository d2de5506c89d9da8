"""`hitl audit`: what happened, by whom and when."""

from __future__ import annotations

import click

from hitl_tui.cli import output
from hitl_tui.cli.params import optional_thread_argument
from hitl_tui.cli.settings import Command, settings_of


@click.command("audit", cls=Command, short_help="Show what happened, by whom and when.")
@optional_thread_argument
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many entries.")
@click.option("--before", type=click.IntRange(1, 2**63 - 1), metavar="ID", help="Only entries older than this one.")
@click.pass_context
def audit(context: click.Context, thread_id: str | None, limit: int, before: int | None) -> None:
    """Show the audit, newest entry first; of THREAD, or of the whole database.

    Of an answer's data it holds the names of the keys, never the values.
    """
    from hitl_tui.cli import render_json, render_text
    from hitl_tui.cli.listing import terminal_width
    from hitl_tui.cli.session import visit

    settings = settings_of(context)
    entries = visit(settings, lambda inbox: inbox.audit(thread_id, limit, before))
    if settings.json:
        output.as_json(render_json.audit(entries, limit=limit))
    else:
        output.text(render_text.audit(entries, width=terminal_width()))
