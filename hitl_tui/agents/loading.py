"""The user's agents: a module or a Python file, imported afresh, and the digest of its code."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from hitl_tui.agents.registry import Registry
from hitl_tui.errors import AgentsNotLoaded

_FILE_MODULE = "hitl_agents_of_file"


def load_reference(reference: str) -> Registry:
    """The agent types that a `.py` file (absolute path) or module registers with `@agent`. Runs its code.

    Raises `AgentsNotLoaded` naming file, line and remedy.
    """
    module = _module(reference)
    registry = Registry()
    registry.add_marked(vars(module).values())
    if not registry.names:
        raise AgentsNotLoaded(
            f"{reference} registers no agent types",
            hint='put @agent("my_type") above a function or a BaseAgent subclass (from hitl_tui.agents import agent)',
            reference=reference,
        )
    return registry


def code_sha(reference: str) -> str | None:
    """SHA-256 of the file's bytes, in hexadecimal; None when there is no such file."""
    path = _path(reference)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path else None
    except OSError:
        return None


def _path(reference: str) -> Path | None:
    if reference.endswith(".py") or "/" in reference:
        return Path(reference)
    try:
        spec = importlib.util.find_spec(reference)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _module(reference: str) -> ModuleType:
    is_file = reference.endswith(".py") or "/" in reference
    if is_file and not Path(reference).is_file():
        raise AgentsNotLoaded(f"there is no file {reference}", hint="check the path given to --agents or `agents:`")
    try:
        return _import_file(Path(reference)) if is_file else importlib.import_module(reference)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's code may raise anything
        raise AgentsNotLoaded(
            f"{_place(reference, error)}: {type(error).__name__}: {error}",
            hint=_remedy(reference, error),
            reference=reference,
        ) from error


def _import_file(path: Path) -> ModuleType:
    if str(path.parent) not in sys.path:
        # So that the file can import its neighbours, as it can when it is run.
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(_FILE_MODULE, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_FILE_MODULE] = module
    # Compiled from the source at hand: a cached .pyc of the same second would be the old code.
    exec(compile(path.read_bytes(), str(path), "exec"), vars(module))  # noqa: S102 - this is what loading means
    return module


def _place(reference: str, error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == reference]
    return f"{reference}:{frames[-1].lineno}" if frames else reference


def _remedy(reference: str, error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        if error.name == reference:
            return "give a path ending in .py, or a module that can be imported from here"
        return f"install '{error.name}' into the environment that hitl runs in"
    return "mend that line, then run the command again"
