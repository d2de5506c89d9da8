"""Arguments that several commands share: threads and workflow files."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from hitl_tui.errors import ThreadNotFound, UsageError
from hitl_tui.model.durations import LONGEST_SECONDS
from hitl_tui.safe_text import is_text

_Function = TypeVar("_Function", bound=Callable[..., Any])


def seconds_option(*names: str, **named: Any) -> Callable[[_Function], _Function]:
    """An option that takes a length of time in seconds, from 0 to ten years; `nan` and `inf` are none."""
    return click.option(*names, metavar="SECONDS", callback=_seconds, **named)


def duration(text: str, name: str) -> timedelta:
    """A length of time such as `2h` that was given as `name`; raises `UsageError`."""
    from hitl_tui.model.durations import parse_duration

    try:
        return timedelta(seconds=parse_duration(text))
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None


def thread_argument(function: _Function) -> _Function:
    """The THREAD argument: the id of a thread of this database, completed by the shell."""
    named = click.argument("thread_id", metavar="THREAD", callback=_known, shell_complete=_complete)
    return named(function)


def optional_thread_argument(function: _Function) -> _Function:
    """A THREAD argument that may be left out; then it is None."""
    named = click.argument("thread_id", metavar="[THREAD]", required=False, callback=_known, shell_complete=_complete)
    return named(function)


def file_and_graph(reference: str) -> tuple[str, str | None]:
    """`FILE[::GRAPH]` taken apart; the longest name of a file that is there wins, for both may contain `::`."""
    parts = reference.split("::")
    for length in range(len(parts), 0, -1):
        file, graph = "::".join(parts[:length]), "::".join(parts[length:])
        if Path(file).exists():
            return file, graph or None
    file, separator, graph = reference.rpartition("::")
    return (file, graph or None) if separator else (reference, None)


def _known(_context: click.Context, _argument: click.Parameter, value: str | None) -> str | None:
    if value is not None and not is_text(value):
        raise ThreadNotFound(value)
    return value


def _seconds(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_SECONDS:
        raise click.BadParameter(f"{value!r} is not a number of seconds from 0 to {LONGEST_SECONDS}")
    return seconds


def _complete(context: click.Context, _argument: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from hitl_tui.cli.completion import threads

    return threads(context, incomplete)
