"""`hitl prune`: remove what nobody looks at any more."""

from __future__ import annotations

import click

from hitl_tui.cli import output
from hitl_tui.cli.params import duration
from hitl_tui.cli.settings import Command, settings_of


@click.command("prune", cls=Command, short_help="Remove the details of threads that ended long ago.")
@click.option(
    "--older-than",
    "age",
    metavar="TIME",
    help="Such as 12h, 30d or 8w.  [default: `prune.older_than` in config.toml, else 30d]",
)
@click.option(
    "--threads",
    is_flag=True,
    help="Remove those threads, whole; only their audit stays. No new thread gets the id of one.",
)
@click.option("--dry-run", is_flag=True, help="Only say how many threads it would be.")
@click.option("--vacuum", is_flag=True, help="Give the space back to the disk; nobody can write meanwhile.")
@click.pass_context
def prune(context: click.Context, age: str | None, threads: bool, dry_run: bool, vacuum: bool) -> None:
    """Remove what the steps of ended threads took, gave and logged, and with it the way to fork them.

    Steps, decisions and audit stay, and what a failed thread needs for a retry; with --threads failed ones go too.
    Threads that are not over, or still ask somebody, never do. Workers and inboxes may be at work meanwhile.
    """
    from hitl_tui.cli.session import visit

    settings = settings_of(context)
    if age is None:
        from hitl_tui.config.reading import one
        from hitl_tui.config.values import DEFAULTS

        age = one("prune.older_than") or DEFAULTS.prune.older_than
    older_than = duration(age, "--older-than")
    done = visit(
        settings, lambda inbox: inbox.prune(older_than, threads=threads, dry_run=dry_run, vacuum=vacuum and not dry_run)
    )
    what = "threads" if threads else "details of threads"
    would = "would be removed" if dry_run else "removed"
    words = f"{what} {would}: {done.threads}" + ("" if dry_run else f", with {done.steps} steps")
    if vacuum and not dry_run:
        words += f"; {done.freed_bytes:,} bytes given back"
    value = {"threads": done.threads, "steps": done.steps, "freed_bytes": done.freed_bytes, "dry_run": dry_run}
    output.result(settings.json, value, words)
