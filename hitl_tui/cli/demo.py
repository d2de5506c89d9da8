"""`hitl demo`: the sample workflows in varied states on a database of their own, which is gone afterwards."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from hitl_tui import locations
from hitl_tui.cli import output
from hitl_tui.cli.opening import open_inbox, require_terminal
from hitl_tui.cli.settings import Command, settings_of
from hitl_tui.errors import FileMissing, UsageError


@click.command("demo", cls=Command, short_help="Open the inbox on the sample workflows.")
@click.pass_context
def demo(context: click.Context) -> None:
    """Open the inbox on the sample workflows, some of them answered part of the way.

    The demo has a fresh database and its own trust file in a private temporary folder, removed when you leave: nothing
    of yours is read or changed.
    """
    settings = settings_of(context)
    if settings.chosen_db is not None:
        raise UsageError("the demo has a database of its own", hint="leave --db out, or open yours with `hitl`")
    require_terminal()
    samples = locations.sample_graphs()
    if samples is None:
        raise FileMissing("the sample workflows are missing", hint="install hitl-tui again: it brings them")
    actor = settings.actor
    with _private_place() as place, _own_state():
        from hitl_tui.cli.scenes import play_all

        output.note("starting the sample workflows…")
        asyncio.run(play_all(samples, place / "demo.db", actor))
        open_inbox(place / "demo.db", actor, settings.agents)


@contextmanager
def _private_place() -> Iterator[Path]:
    """A temporary folder (0700), also for this process's settings and agents' files; removed however the demo ends."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    with tempfile.TemporaryDirectory(prefix="hitl-demo-", ignore_cleanup_errors=True) as folder:
        # Trusting the samples' code here must not make the user's own worker trust it.
        os.environ["HITL_CONFIG_DIR"] = str(Path(folder, "config"))
        # The sample bank keeps its account there.
        os.environ["HITL_FILES_DIR"] = folder
        yield Path(folder)


@contextmanager
def _own_state() -> Iterator[None]:
    """A folder (0700) for the demo's choices and logs: those of the user stay as they are.

    It is removed as well, but for one in which the screen has said that a traceback is.
    """
    folder = tempfile.mkdtemp(prefix="hitl-state-")
    os.environ["HITL_STATE_DIR"] = folder
    try:
        yield
    finally:
        if not locations.log_file("tui").exists():
            shutil.rmtree(folder, ignore_errors=True)
