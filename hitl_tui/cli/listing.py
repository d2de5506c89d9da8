"""`hitl list`: what waits for a person, and every other thread."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import click

from hitl_tui.cli import output
from hitl_tui.cli.params import duration
from hitl_tui.cli.settings import Command, settings_of
from hitl_tui.errors import UsageError
from hitl_tui.inbox.filters import SORTS, Filter, Sort
from hitl_tui.model.kinds import InteractionType, ThreadStatus

if TYPE_CHECKING:
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.views import Page


@click.command("list", cls=Command)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([status.value for status in ThreadStatus]),
    help="Only threads of this status. Repeatable.",
)
@click.option(
    "--type",
    "types",
    multiple=True,
    type=click.Choice([kind.value for kind in InteractionType]),
    help="Only open requests of this type. Repeatable.",
)
@click.option("--graph", "graphs", multiple=True, metavar="NAME", help="Only threads of this graph. Repeatable.")
@click.option("--risk", "risks", multiple=True, metavar="CLASS", help="Only requests of this risk. Repeatable.")
@click.option("--assignee", "assignees", multiple=True, metavar="NAME", help="Only what NAME has. Repeatable.")
@click.option("--unassigned", is_flag=True, help="Only what nobody has.")
@click.option("--older-than", "age", metavar="TIME", help="Only what is older than, such as 30m, 4h or 2d.")
@click.option("--snoozed", is_flag=True, help="Only what is put aside.")
@click.option("--search", "text", default="", metavar="TEXT", help="Only what has all words, or their beginnings.")
@click.option("--sort", type=click.Choice(SORTS), default="due", show_default=True, help="What comes first.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many at most.")
@click.option("--cursor", help="Go on after this place; the last answer gave it as `next`.")
@click.pass_context
def list_items(
    context: click.Context,
    statuses: tuple[str, ...],
    types: tuple[str, ...],
    graphs: tuple[str, ...],
    risks: tuple[str, ...],
    assignees: tuple[str, ...],
    unassigned: bool,
    age: str | None,
    snoozed: bool,
    text: str,
    sort: str,
    limit: int,
    cursor: str | None,
) -> None:
    """List open requests, and the threads that have none."""
    from hitl_tui.cli import render_json, render_text
    from hitl_tui.cli.hints import command
    from hitl_tui.cli.session import visit

    settings = settings_of(context)
    if unassigned and assignees:
        raise UsageError("--unassigned and --assignee exclude each other", hint="leave one of them out")
    wanted = Filter(
        shelf="snoozed" if snoozed else "all",
        statuses=statuses,
        types=types,
        graphs=graphs,
        risks=risks,
        assignees=("",) if unassigned else assignees,
        older_than=duration(age, "--older-than") if age else None,
        text=text,
    )
    order = cast(Sort, sort)
    searching = words_to_find(text)

    async def find(inbox: Inbox) -> Page:
        if searching:
            await inbox.catch_up_search()
        return await inbox.list(wanted, sort=order, limit=limit, cursor=cursor)

    page = visit(settings, find)
    if settings.json:
        output.as_json(render_json.page(page))
        return
    chosen = [
        *(word for value in statuses for word in ("--status", value)),
        *(word for value in types for word in ("--type", value)),
        *(word for value in graphs for word in ("--graph", value)),
        *(word for value in risks for word in ("--risk", value)),
        *(word for value in assignees for word in ("--assignee", value)),
        *(("--unassigned",) if unassigned else ()),
        *(("--older-than", age) if age else ()),
        *(("--snoozed",) if snoozed else ()),
        *(("--search", text) if text else ()),
        *(("--sort", sort) if sort != "due" else ()),
        *(("--limit", str(limit)) if limit != 50 else ()),
    ]
    more = None
    if page.next is not None:
        more = command(settings.chosen_db, "list", options=(*chosen, "--cursor", page.next))
    output.text(
        render_text.page(
            page,
            now=datetime.now(UTC),
            width=terminal_width(),
            db=settings.chosen_db,
            filtered=wanted != Filter(),
            more=more,
        )
    )


def words_to_find(text: str) -> bool:
    """Whether there is something to search for; says which words are left out, and refuses a text of such words only.

    Raises `UsageError`.
    """
    from hitl_tui.model.search_text import parse

    search = parse(text)
    if text.strip() and not search.terms:
        raise UsageError(
            f"there is nothing to search for in {text[:40]!r}",
            hint=search.left_out or "give a word of two letters or more",
        )
    if search.left_out:
        output.note(f"search: {search.left_out}")
    return bool(search.terms)


def terminal_width() -> int | None:
    """The width to fit lines into; None when the output is no terminal, so that scripts see whole lines."""
    return shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None
