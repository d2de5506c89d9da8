"""The user's agents code: a Python file or a module, found, fingerprinted and loaded.

A reference is a file's absolute path, or the dotted name of a module that is installed beside hitl: any other module
goes by its path, so that a name means the same code in every folder. Finding and fingerprinting run none of it.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import site
import sys
import sysconfig
import traceback
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from hitl_tui.agents.handler import register_handler
from hitl_tui.agents.registry import Registry, is_model, is_tool
from hitl_tui.errors import AgentsNotLoaded, UsageError
from hitl_tui.graphs.names import LLM_AGENT, TOOLS_AGENT
from hitl_tui.model.redaction import redacted

NO_CODE = ""
"""The reference of an agent process that runs built-in agents only."""

_LOADING: list[str] = []


def is_loading() -> bool:
    """Whether agents code is run here at this moment only to learn what it defines."""
    return bool(_LOADING)


def absolute_reference(reference: str, base: Path) -> str:
    """A reference that means the same everywhere: a file's absolute path, also that of a module.

    The name stays of a module that is installed in this environment, has no file to run, or is not there.
    """
    # An agent host loads this module each time it starts, and has no use for everything that reads workflow files.
    from hitl_tui.graphs.loading import absolute_reference as absolute

    found = absolute(reference, base)
    spec = None if Path(found).is_absolute() else _find_module(found, base)
    if spec is None or not _is_source(spec):
        return found
    path = Path(str(spec.origin)).resolve()
    return found if any(path.is_relative_to(folder) for folder in _site_folders()) else str(path)


def current_folder() -> Path:
    """The folder where relative references begin; raises `UsageError` when it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("the current folder was removed", hint="change to one that is there, and try again") from None


def load_reference(reference: str) -> Registry:
    """The agent types that the reference's code registers. Runs that code, anew each time.

    Raises `AgentsNotLoaded` naming file and line, and the remedy.
    """
    if reference == NO_CODE:
        return Registry()
    path = _file_of(reference)
    if path is not None:
        module = _run(_module_for(path), path, reference)
    else:
        spec = _find_installed(reference)
        if spec is None:
            raise AgentsNotLoaded(
                f"there is no module '{reference}'",
                hint=f"install it beside hitl, start hitl in its folder, or give a file: {reference}.py",
                reference=reference,
            )
        module = _load_module(spec, reference)
    registry = Registry()
    things = list(vars(module).values())
    registry.add_marked(things)
    tools, models = [thing for thing in things if is_tool(thing)], [thing for thing in things if is_model(thing)]
    if tools or models:
        from hitl_tui.agents.llm_node import llm_agent
        from hitl_tui.agents.tool_node import tools_agent

        calling = tools_agent(tools, things, reference)
        for name, source in ((TOOLS_AGENT, calling), (LLM_AGENT, llm_agent(calling, models))):
            if name not in registry:
                registry.add(name, source)
    if not names_handler(reference):
        # One that was imported with something else was not meant.
        registry.make_handler = None
    if not (registry.names or registry.workflows or registry.make_handler):
        raise AgentsNotLoaded(
            f"{reference} defines no agent types",
            hint='put @agent("its_type") above each agent, or @tool above each tool: '
            "from hitl_tui import agent, tool; give a Workflow class its build_graph",
            reference=reference,
        )
    return registry


def code_sha(reference: str) -> str | None:
    """SHA-256 of the bytes of the reference's file, in hexadecimal; None when there is none."""
    path = _path_of(reference)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path else None
    except OSError:
        return None


def names_handler(reference: str) -> bool:
    """Whether the reference's own file registers an interaction handler, as far as its text tells."""
    path = _path_of(reference)
    try:
        now = path.stat() if path else None
        return now is not None and _names_handler(str(path), now.st_ino, now.st_size, now.st_mtime_ns)
    except OSError:
        return False


@lru_cache(maxsize=100)
def _names_handler(path: str, *changed: int) -> bool:
    """It is asked for with every question, and the file is read again only when it has changed."""
    return register_handler.__name__.encode() in Path(path).read_bytes()


def _path_of(reference: str) -> Path | None:
    if reference == NO_CODE:
        return None
    path = _file_of(reference)
    if path is None:
        spec = _find_installed(reference)
        path = Path(spec.origin) if spec is not None and spec.has_location and spec.origin else None
    return path


def _file_of(reference: str) -> Path | None:
    """The path of a file reference, None for a module's name."""
    return Path(reference) if reference.endswith(".py") or Path(reference).is_absolute() else None


def _find_module(name: str, base: Path) -> ModuleSpec | None:
    """The spec of a module in the folder `base` or on Python's path, found without importing its packages."""
    top = name.partition(".")[0]
    importlib.invalidate_caches()
    spec = PathFinder.find_spec(top, [str(base)]) if top.isidentifier() else None
    if spec is None or spec.origin is None:
        # A folder that merely has the name gives way to an installed package, as in every import.
        spec = (_found(top, None) if top else None) or spec
    return _inside(spec, name)


def _find_installed(name: str) -> ModuleSpec | None:
    """The spec of a module of this environment: what was trusted by its name must not come from the current folder."""
    importlib.invalidate_caches()
    top = name.partition(".")[0]
    return _inside(PathFinder.find_spec(top, [str(folder) for folder in _site_folders()]), name)


def _site_folders() -> set[Path]:
    folders = {*site.getsitepackages(), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    if site.ENABLE_USER_SITE:
        folders.add(site.getusersitepackages())
    return {Path(folder).resolve() for folder in folders}


def _is_source(spec: ModuleSpec) -> bool:
    return spec.has_location and str(spec.origin).endswith(".py")


def _inside(spec: ModuleSpec | None, name: str) -> ModuleSpec | None:
    """The spec of a dotted name, from that of its first part."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    for end in range(2, len(parts) + 1):
        if spec is None or spec.submodule_search_locations is None:
            return None
        spec = _found(".".join(parts[:end]), list(spec.submodule_search_locations))
    return spec


def _found(name: str, locations: list[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, locations)
        if spec is not None:
            return spec
    return None


def _module_for(path: Path) -> ModuleType:
    """An empty module for a file, under a name that no other file has."""
    name = f"hitl_agents_{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
    module = ModuleType(name)
    module.__file__ = str(path)
    package, root = "", path.parent
    while (root / "__init__.py").is_file():
        package, root = f"{root.name}.{package}".rstrip("."), root.parent
    # The package of a file is imported only if the file imports from it.
    module.__package__ = package or None
    for folder in (str(path.parent), str(root)):
        if folder not in sys.path:
            # At the end: a file beside it may be imported, and hides nothing that is installed.
            sys.path.append(folder)
    return module


def _load_module(spec: ModuleSpec, reference: str) -> ModuleType:
    parent = reference.rpartition(".")[0]
    try:
        if parent:
            importlib.import_module(parent)
        if not _is_source(spec):
            return importlib.import_module(reference)
    except (Exception, SystemExit) as error:
        raise _not_loaded(error, str(spec.origin), reference) from error
    return _run(importlib.util.module_from_spec(spec), Path(str(spec.origin)), reference)


def _run(module: ModuleType, path: Path, reference: str) -> ModuleType:
    """Run the file's code in the module. Never from a cache, which cannot tell two edits within one second apart."""
    before = sys.modules.get(module.__name__)
    source = _read(path, reference)
    _LOADING.append(reference)
    try:
        code = compile(source, str(path), "exec", dont_inherit=True)
        # Dataclasses and pydantic look their module up by name.
        sys.modules[module.__name__] = module
        exec(code, module.__dict__)  # noqa: S102 - loading agents code is running it; the trust file is the gate
    except (Exception, SystemExit) as error:
        if before is None:
            sys.modules.pop(module.__name__, None)
        else:
            sys.modules[module.__name__] = before
        raise _not_loaded(error, str(path), reference) from error
    finally:
        _LOADING.pop()
    return module


def _read(path: Path, reference: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AgentsNotLoaded(
            f"{path}: {error.strerror or error}",
            hint="check the path; a file that was moved is another one, and is trusted anew",
            reference=reference,
            file=str(path),
        ) from None


def _not_loaded(error: BaseException, path: str, reference: str) -> AgentsNotLoaded:
    """The error in words: where in the user's file, what (without secrets), and what to do."""
    file, line = place_of(error, path)
    hint = "correct the code; threads that wait go on with what it then is"
    if isinstance(error, SyntaxError):
        file, line, what = error.filename or path, error.lineno, error.msg
    elif isinstance(error, ModuleNotFoundError) and error.name:
        what = f"there is no module '{error.name}'"
        hint = f"put it beside the file, or install what provides it into {sys.prefix}"
    elif isinstance(error, SystemExit):
        what = f"it calls sys.exit({error.code!r}) while it is loaded"
    else:
        what = f"{type(error).__name__}: {error}"
    place = f"{file}:{line}" if line else file
    return AgentsNotLoaded(f"{place}: {redacted(what)}", hint=hint, reference=reference, file=file, line=line)


def place_of(error: BaseException, path: str) -> tuple[str, int | None]:
    """The line of the file at which the error arose, or that led to it; else the first code outside of Python's own."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if frame.filename == path][-1:]
    machinery = (
        __file__,
        importlib.__file__,
        "<frozen importlib._bootstrap>",
        "<frozen importlib._bootstrap_external>",
    )
    theirs = theirs or [frame for frame in frames if frame.filename not in machinery]
    return (theirs[0].filename, theirs[0].lineno) if theirs else (path, None)
