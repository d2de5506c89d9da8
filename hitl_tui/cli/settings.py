"""The options that every command takes, before or after its name: `--db`, `--json`, `--actor`, `--help`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from hitl_tui import locations
from hitl_tui.cli import output

_Value = TypeVar("_Value")


@dataclass(slots=True)
class Settings:
    """What this call was told; `chosen_db` is the `--db` of the command line, which hints repeat."""

    chosen_db: Path | None = None
    json: bool = False
    chosen_actor: str | None = None
    agents: str | None = None
    looks_only: bool = False
    """Whether the command changes nothing that has a name on it: then `config.toml` is not read for one."""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the call was made: what is asked later, its maker does not know of."""

    @property
    def db(self) -> Path:
        """The database of this call."""
        return locations.database() if self.chosen_db is None else locations.expanded(self.chosen_db, "--db")

    @property
    def actor(self) -> str:
        """Who acts: `--actor`, else `HITL_ACTOR`, else `actor` of `config.toml`, else the user's name on this machine.

        The inbox checks it. Raises `ConfigInvalid`: nothing is decided under another name than the one that was meant.
        """
        if self.chosen_actor is not None:
            return self.chosen_actor
        from hitl_tui.config import actor

        return actor.of_environment() if self.looks_only else actor.acting()


def settings_of(context: click.Context) -> Settings:
    """The settings of the call that `context` is part of."""
    found = context.find_root().ensure_object(Settings)
    assert isinstance(found, Settings)
    return found


def common_options() -> list[click.Parameter]:
    """Fresh copies of the options that every command takes."""
    return [
        click.Option(
            ["--db"],
            type=click.Path(path_type=Path, dir_okay=True),
            metavar="PATH",
            help="The database (default: HITL_DB, else one in your state folder).",
            expose_value=False,
            callback=_storing("chosen_db"),
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            help="Print JSON on stdout, and nothing else there.",
            expose_value=False,
            callback=_storing("json"),
        ),
        click.Option(
            ["--actor"],
            metavar="NAME",
            help="Who you are (default: HITL_ACTOR, `actor` in config.toml, your user name).",
            expose_value=False,
            callback=_storing("chosen_actor"),
        ),
        # In the place of click's own, which cannot say that stdout takes nothing.
        click.Option(
            ["-h", "--help"],
            is_flag=True,
            is_eager=True,
            help="Show this message and exit.",
            expose_value=False,
            callback=_help,
        ),
    ]


def _help(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        output.text(context.get_help())
        context.exit()


def _storing(field: str) -> Callable[[click.Context, click.Parameter, _Value], _Value]:
    def store(context: click.Context, _option: click.Parameter, value: _Value) -> _Value:
        # The same option exists on the group and on the command: only where it is given does it count.
        if value not in (None, False):
            setattr(settings_of(context), field, value)
        return value

    return store


class Command(click.Command):
    """A command that also takes the common options."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.params.extend(common_options())
