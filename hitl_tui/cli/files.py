"""`hitl check` and `hitl schema`: workflow files, before anything runs."""

from __future__ import annotations

from pathlib import Path

import click

from hitl_tui.cli import output
from hitl_tui.cli.settings import Command, settings_of
from hitl_tui.safe_text import visible


@click.command("check", cls=Command)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--agents",
    metavar="REF",
    help="Load this agents code, in place of agents: in the files, to check the agent types that it defines.",
)
@click.pass_context
def check(context: click.Context, files: tuple[str, ...], agents: str | None) -> int:
    """Check workflow files; every finding with its place. Exit code 2 when there are errors.

    Agents code is loaded only when named here or trusted already. A Python file is loaded, and its workflow classes are
    built.
    """
    import asyncio

    from hitl_tui.cli import render_json
    from hitl_tui.inbox import workflows

    settings = settings_of(context)
    findings = asyncio.run(workflows.check([Path(file) for file in files], agents or settings.agents))
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    summary = f"{_many(len(files), 'file')} checked: {_many(errors, 'error')}, {_many(warnings, 'warning')}"
    lines = [*(visible(str(finding)) for finding in findings), summary]
    output.result(settings.json, render_json.check(findings, ok=not errors), "\n".join(lines))
    return 2 if errors else 0


@click.command("schema", cls=Command, short_help="Print the JSON Schema of the YAML workflow format.")
def schema() -> None:
    """Print the JSON Schema of the YAML workflow format, for your editor."""
    from hitl_tui.inbox import workflows

    output.as_json(workflows.json_schema())


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
