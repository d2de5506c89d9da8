"""Workflow classes in Python files, started by the file's name like any other workflow."""

from __future__ import annotations

from pathlib import Path

from hitl_tui.engine.host_process import Defined
from hitl_tui.engine.hosts import Hosts
from hitl_tui.errors import FileMissing, HitlError, UsageError
from hitl_tui.graphs.findings import Finding
from hitl_tui.graphs.names import remedy
from hitl_tui.inbox.agents_code import defined_by
from hitl_tui.model.graph import Graph


def is_python(file: Path) -> bool:
    """Whether the file is Python code."""
    return file.suffix.lower() == ".py"


async def python_graph(file: Path, name: str | None, agents: str | None, hosts: Hosts | None) -> Graph:
    """The graph of a workflow class of the file. This runs the file's code.

    Raises `FileMissing`, `AgentsNotLoaded`, `InvalidGraph`, and `UsageError` when it defines several workflows and none
    is named, or none of that name.
    """
    if agents is not None and agents != str(file):
        raise UsageError(f"{file}: the steps of a Python workflow are its agents", hint="leave --agents out")
    found = await _defined(file, hosts)
    names = [*found.workflows, *found.problems]
    if not names:
        raise UsageError(
            f"{file} defines no workflow", hint="derive a class from Workflow: from hitl_tui import Workflow"
        )
    listed = ", ".join(names)
    if name is None and len(names) > 1:
        raise UsageError(
            f"{file} holds {len(names)} workflows: {listed}", hint=f"name one: {file}::{names[0]}", graphs=names
        )
    chosen = name or names[0]
    if chosen in found.problems:
        raise found.problems[chosen]
    if chosen not in found.workflows:
        raise UsageError(
            f"{file} has no workflow '{chosen}'; {remedy(chosen, names, 'workflow')}",
            hint=f"name one: {file}::{names[0]}",
            graphs=names,
        )
    return found.workflows[chosen]


async def check_python(file: Path) -> list[Finding]:
    """What is wrong with the workflows of a Python file. This runs the file's code; raises `FileMissing`."""
    try:
        found = await _defined(file)
    except FileMissing:
        raise
    except HitlError as error:
        return [Finding(str(file), 0, "error", "", "", _words(error))]
    return [Finding(str(file), 0, "error", name, "", _words(error)) for name, error in found.problems.items()]


async def _defined(file: Path, hosts: Hosts | None = None) -> Defined:
    return await defined_by(_reference(file), hosts)


def _reference(file: Path) -> str:
    if not file.is_file():
        raise FileMissing(f"{file}: no such file", hint="check the path of the workflow file", file=str(file))
    return str(file.resolve())


def _words(error: HitlError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
