"""`hitl` itself: its commands by name, each imported when it is called, and the inbox when none is."""

from __future__ import annotations

import difflib
import importlib
from typing import Any

import click

from hitl_tui import __version__
from hitl_tui.cli import output
from hitl_tui.cli.settings import common_options, settings_of

PLACES = {
    "run": "running:run",
    "list": "listing:list_items",
    "show": "reading:show",
    "history": "reading:history",
    "state": "reading:state",
    "resume": "deciding:resume",
    "prompt": "prompting:prompt",
    "undo": "deciding:undo",
    "retry": "steering:retry",
    "cancel": "steering:cancel",
    "wait": "steering:wait",
    "fork": "forking:fork",
    "snooze": "triage:snooze",
    "assign": "triage:assign",
    "priority": "triage:priority",
    "note": "triage:note",
    "audit": "auditing:audit",
    "metrics": "metrics:metrics",
    "doctor": "doctor:doctor",
    "check": "files:check",
    "schema": "files:schema",
    "prune": "pruning:prune",
    "trust": "places:trust",
    "paths": "places:paths",
    "config": "config:config",
    "worker": "worker:worker",
    "demo": "demo:demo",
}
_LOOKS_ONLY = {
    *("list", "show", "history", "wait", "audit", "metrics", "doctor"),
    *("check", "schema", "paths", "config", "worker"),
}
"""Nothing that these do has somebody's name on it: they do not read `config.toml` for one."""
_TAKES_AGENTS = {"run", "check", "worker"}
_EPILOG = """\b
A thread waits for you:       hitl list
Look at it and answer it:     hitl show THREAD
Start a workflow:             hitl run FILE --input name=value

\b
Exit codes:
  0  done, or waiting for a person
  1  the thread failed or timed out, or the database is unusable
  2  the call, the file or the answer is wrong
  3  no such thread or request
  4  already decided, stale, nothing pending, or not possible as it stands

\b
Completion of commands, threads and actions, in your shell's start file:
  bash   eval "$(_HITL_COMPLETE=bash_source hitl)"
  zsh    eval "$(_HITL_COMPLETE=zsh_source hitl)"
  fish   _HITL_COMPLETE=fish_source hitl | source
"""


class LazyGroup(click.Group):
    """A group whose commands are `module:name` places inside this package, imported one at a time."""

    def __init__(self, *arguments: Any, places: dict[str, str], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._places = places
        self.params.extend(common_options())

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = self._places.get(cmd_name)
        if place is None:
            return None
        module, name = place.split(":")
        found = getattr(importlib.import_module(f"hitl_tui.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self._places and not name.startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, self._places, n=1)
            guess = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"No such command '{name}'.{guess}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    "hitl",
    cls=LazyGroup,
    places=PLACES,
    invoke_without_command=True,
    epilog=_EPILOG,
)
@click.option("--agents", metavar="REF", help="Agents code for workflows started in the inbox: a module or a .py file.")
@click.option("--version", is_flag=True, help="Print the version.")
@click.pass_context
def hitl(context: click.Context, agents: str | None, version: bool) -> None:
    """A keyboard-driven inbox for workflows that pause for a human.

    Without a command it opens the inbox on this terminal.
    """
    settings = settings_of(context)
    if version:
        output.result(settings.json, {"version": __version__}, f"hitl {__version__}")
        context.exit()
    if agents is not None and context.invoked_subcommand not in (None, *_TAKES_AGENTS):
        raise click.UsageError(f"'{context.invoked_subcommand}' takes no --agents.", context)
    settings.agents = agents
    settings.looks_only = context.invoked_subcommand in _LOOKS_ONLY
    if context.invoked_subcommand is None:
        from hitl_tui.cli.opening import open_inbox, reviewer

        open_inbox(settings.db, reviewer(settings), settings.agents)
