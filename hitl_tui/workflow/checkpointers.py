"""Where a workflow keeps its threads: what its `checkpointer` stands for."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from hitl_tui import locations
from hitl_tui.errors import InvalidGraph

LOG = logging.getLogger(__name__)

Checkpointer = str | Path | None
MEMORY = "memory"
OURS = ("sqlite", "postgres", "redis")
"""All of them are the one database of the inbox."""
_REMEDY = "write `checkpointer = 'sqlite'` into the class (or 'memory' in tests), or the path of a database"


def check(workflow: str, checkpointer: Checkpointer, pausing: Sequence[str]) -> None:
    """Refuse a workflow that pauses and cannot be stored (row 163); raises `InvalidGraph` naming step and remedy.

    One that is kept in memory is warned of.
    """
    if checkpointer is None and pausing:
        raise InvalidGraph(
            f"workflow {workflow}: {pausing[0]}, which needs a persistent checkpointer; {_REMEDY}", graph=workflow
        )
    is_known = checkpointer is None or checkpointer == MEMORY or checkpointer in OURS or _is_path(checkpointer)
    if not is_known:
        raise InvalidGraph(f"workflow {workflow}: unknown checkpointer {checkpointer!r:.60}; {_REMEDY}", graph=workflow)
    if checkpointer == MEMORY and pausing:
        words = (
            f"workflow {workflow} pauses and is kept in memory only: with the end of this process all of its threads "
            "are lost, and no inbox shows them. For tests only; else write `checkpointer = 'sqlite'`"
        )
        warnings.warn(words, stacklevel=4)


def database_of(checkpointer: Checkpointer) -> Path:
    """The database file; for `memory`, or none, one that is gone with this process."""
    if checkpointer is None or checkpointer == MEMORY:
        return _memory() / "memory.db"
    if checkpointer in OURS:
        _tell(str(checkpointer))
        return locations.lasting(locations.database())
    return locations.lasting(locations.expanded(checkpointer, "checkpointer"))


def _is_path(checkpointer: str | Path) -> bool:
    return isinstance(checkpointer, Path) or Path(checkpointer).suffix in (".db", ".sqlite", ".sqlite3")


@cache
def _memory() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hitl-memory-"))
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, process: int) -> None:
    # A child of a fork comes here, too, when it ends; its parent goes on.
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _tell(checkpointer: str) -> None:
    if checkpointer != OURS[0]:
        LOG.warning(
            "checkpointer '%s': threads are kept in the inbox's SQLite database, %s", checkpointer, locations.database()
        )
