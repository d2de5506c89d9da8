"""Where hitl-tui keeps its files. Nothing is created at import; folders are made private (0700) when first needed."""

from __future__ import annotations

import os
from functools import cache, lru_cache
from pathlib import Path

from hitl_tui.errors import UsageError

_APP = "hitl-tui"
_DECIDES = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
"""The variables, besides ours, by which the platform's folders are found."""


def config_dir() -> Path:
    """The folder of the user's settings: `HITL_CONFIG_DIR`, else the platform's config folder."""
    return _folder("HITL_CONFIG_DIR", "user_config_path")


def state_dir() -> Path:
    """The folder of databases and logs: `HITL_STATE_DIR`, else the platform's state folder."""
    return _folder("HITL_STATE_DIR", "user_state_path")


def database() -> Path:
    """The database that commands use when none is named: `HITL_DB`, else `hitl.db` in the state folder."""
    named = os.environ.get("HITL_DB")
    return expanded(named, "HITL_DB") if named else state_dir() / "hitl.db"


def is_in_memory(database: Path) -> bool:
    """Whether somebody asked for a database in memory, also where that name was made an absolute path since."""
    return database.name == ":memory:"


def expanded(named: str | Path, by: str) -> Path:
    """The path with the folder of `~` or `~user`. Raises `UsageError` where none is known; `by` is what named it."""
    path = Path(named)
    try:
        return path.expanduser()
    except RuntimeError:
        raise UsageError(
            f"{by} is '{path}', and this machine knows no home folder of {path.parts[0]}",
            hint="correct the name, or write the whole path",
        ) from None


@cache
def lasting(path: Path) -> Path:
    """The place that a relative path means from its first use on: the program may go to another folder later."""
    return path.absolute()


def trust_file() -> Path:
    """The list of agents code that this user trusts; outside any database, so that a copied one brings no trust."""
    return config_dir() / "trusted_agents"


def log_dir() -> Path:
    """The folder of the logs."""
    return state_dir() / "logs"


def log_file(name: str) -> Path:
    """The log of one process family, such as `worker` or `cli`."""
    return log_dir() / f"{name}.log"


def sample_graphs() -> Path | None:
    """The folder of the sample workflows: inside the installed package, beside it in a clone; None if it is missing."""
    package = Path(__file__).parent
    folders = (package / "sample_graphs", package.parent / "sample_graphs")
    return next((folder for folder in folders if folder.is_dir()), None)


def private_dir(path: Path) -> Path:
    """Create `path` and what is missing above it, for its owner alone (0700); existing folders stay as they are.

    Raises `OSError` when it cannot be created.
    """
    if not path.is_dir():
        missing = [path, *(parent for parent in path.parents if not parent.exists())]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
    return path


def _folder(variable: str, platform_path: str) -> Path:
    return _found(variable, os.environ.get(variable), platform_path, *map(os.environ.get, _DECIDES))


@lru_cache(maxsize=8)
def _found(variable: str, named: str | None, platform_path: str, *surroundings: str | None) -> Path:
    """Every claim asks for the trust file, and to look for its folder anew would take as long as the claim does."""
    if named:
        return expanded(named, variable)
    import platformdirs

    found: Path = getattr(platformdirs, platform_path)(_APP, appauthor=False)
    return found
