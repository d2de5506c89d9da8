"""`hitl trust` and `hitl paths`: the code that may run, and where things are."""

from __future__ import annotations

from pathlib import Path

import click

from hitl_tui import locations
from hitl_tui.cli import output
from hitl_tui.cli.columns import pairs
from hitl_tui.cli.settings import Command, settings_of
from hitl_tui.safe_text import visible


@click.command("trust", cls=Command, short_help="Trust agents code on this machine.")
@click.argument("path", metavar="PATH")
@click.pass_context
def trust(context: click.Context, path: str) -> None:
    """Let the agents code at PATH (a .py file or a module) run on this machine, for you."""
    from hitl_tui.inbox.trust import trust_agents

    trusted = trust_agents(path)
    output.result(
        settings_of(context).json,
        {"trusted": trusted, "trust_file": str(locations.trust_file())},
        f"trusted: {visible(trusted)}",
    )


@click.command("paths", cls=Command)
@click.pass_context
def paths(context: click.Context) -> None:
    """Show where the database, the settings and the logs are."""
    settings = settings_of(context)
    found: dict[str, Path] = {
        "database": settings.db.absolute(),
        "config": locations.config_dir(),
        "trust": locations.trust_file(),
        "logs": locations.log_dir(),
    }
    output.result(
        settings.json,
        {name: str(path) for name, path in found.items()},
        "\n".join(pairs([(name, visible(str(path))) for name, path in found.items()])),
    )
