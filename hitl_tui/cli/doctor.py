"""`hitl doctor`: what is wrong with this machine's hitl, its database, or one thread, and what to do."""

from __future__ import annotations

import os
import re
import textwrap
from typing import TYPE_CHECKING

import click

from hitl_tui.cli import output
from hitl_tui.cli.params import optional_thread_argument
from hitl_tui.cli.settings import Command, settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitl_tui.inbox.checkup import Finding

_LEAD = 25
_NARROWEST = 40
_COMMAND = re.compile(r"`[^`]+`")
_TIED = "\x00"


@click.command("doctor", cls=Command, short_help="Check this machine, the database, or why a thread does not go on.")
@optional_thread_argument
@click.pass_context
def doctor(context: click.Context, thread_id: str | None) -> int:
    """Check the program, the terminal, the settings, the database and its work; with THREAD also why that one does not
    pause or cannot be resumed.

    It changes nothing, and it works when the database is broken, locked, missing, or not ours. The exit code is 1 when
    there is a problem; warnings leave it at 0.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from hitl_tui.cli.hints import with_db
    from hitl_tui.cli.terminal_check import terminal
    from hitl_tui.inbox.checkup import Level, checkup

    settings = settings_of(context)
    named = settings.chosen_db is not None or "HITL_DB" in os.environ
    db = settings.chosen_db
    found = [
        replace(finding, words=with_db(db, finding.words), remedy=with_db(db, finding.remedy))
        for finding in (
            *terminal(os.environ),
            *checkup(settings.db, datetime.now(UTC), named=named, thread_id=thread_id),
        )
    ]
    problems = sum(finding.level is Level.PROBLEM for finding in found)
    if settings.json:
        checks = [
            {"check": one.check, "level": one.level.value, "message": one.words, "remedy": one.remedy or None}
            for one in found
        ]
        output.as_json({"ok": not problems, "checks": checks})
    else:
        output.text("\n".join([*_lines(found), "", _summary(found)]))
    return 1 if problems else 0


def _lines(found: Sequence[Finding]) -> list[str]:
    from hitl_tui.cli.listing import terminal_width
    from hitl_tui.safe_text import visible

    width = terminal_width()
    room = None if width is None else max(width - _LEAD, _NARROWEST)
    lines = []
    for finding in found:
        lead = f"{finding.level.value:<9}{finding.check:<{_LEAD - 9}}"
        said = _wrapped(visible(finding.words), room)
        told = _wrapped(f"→ {visible(finding.remedy)}", room) if finding.remedy else []
        lines += [lead + said[0], *(" " * _LEAD + line for line in [*said[1:], *told])]
    return lines


def _wrapped(text: str, room: int | None) -> list[str]:
    if room is None:
        return [text]
    # A command to copy stays in one piece.
    whole = _COMMAND.sub(lambda found: found[0].replace(" ", _TIED), text)
    lines = textwrap.wrap(whole, room, break_long_words=False, break_on_hyphens=False) or [""]
    return [line.replace(_TIED, " ") for line in lines]


def _summary(found: Sequence[Finding]) -> str:
    from hitl_tui.inbox.checkup import Level

    counts = {level: sum(finding.level is level for finding in found) for level in (Level.PROBLEM, Level.WARNING)}
    said = [f"{number} {level.value}{'s' if number > 1 else ''}" for level, number in counts.items() if number]
    return ", ".join(said) or "all is well"
