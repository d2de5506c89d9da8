"""Workflow files on disk: what a picker can offer, and what a check of them finds."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hitl_tui.agents.loading import absolute_reference, current_folder
from hitl_tui.errors import HitlError
from hitl_tui.graphs.findings import Finding
from hitl_tui.graphs.loading import SUFFIXES, load_file
from hitl_tui.graphs.schema import json_schema
from hitl_tui.inbox.agents_code import known_types
from hitl_tui.inbox.python_classes import classes_in
from hitl_tui.inbox.python_files import check_python, is_python
from hitl_tui.inbox.trust import is_trusted

__all__ = ["Workflow", "catalogue", "check", "json_schema"]


@dataclass(frozen=True, slots=True)
class Workflow:
    """One graph that could be started; `problem` says why it cannot be."""

    file: Path
    graph: str
    description: str
    inputs: tuple[str, ...]
    agents: str | None
    problem: str | None


def catalogue(places: Iterable[Path]) -> list[Workflow]:
    """The workflows in these files and folders (not their sub-folders), by file name. Loads no agents code.

    A `.csv` file without a graph and a node column, and a `.py` file without a workflow class, is taken for something
    else, and left out.
    """
    files: dict[Path, None] = {}
    for place in places:
        found = sorted(place.iterdir()) if place.is_dir() else [place]
        files.update({file.resolve(): None for file in found if _may_be_one(file) and file.is_file()})
    return [workflow for file in files for workflow in _workflows(file)]


async def check(files: Sequence[Path], agents: str | None) -> list[Finding]:
    """All findings of these files. Agents code is loaded only when it is named here or trusted already; that of a
    Python file is named by naming the file.

    Raises `FileMissing`, and `AgentsNotLoaded` for `agents`.
    """
    findings: list[Finding] = []
    for file in files:
        if is_python(file):
            findings += await check_python(file)
            continue
        named = agents or load_file(file, known=None).agents
        reference = absolute_reference(named, current_folder()) if named else None
        if reference is None or agents or is_trusted(reference):
            findings += await _check_file(file, reference)
        else:
            findings += load_file(file, known=None).findings
            remedy = f"`hitl trust {shlex.quote(reference)}`"
            words = f"its agents code {reference} is not trusted, so agent types are not checked; {remedy}"
            findings.append(Finding(str(file), 0, "warning", "", "", words))
    return findings


async def _check_file(file: Path, reference: str | None) -> list[Finding]:
    try:
        known = await known_types(reference)
    except HitlError as error:
        words = f"{error.message}; {error.hint}" if error.hint else error.message
        return [*load_file(file, known=None).findings, Finding(str(file), 0, "error", "", "", words)]
    return load_file(file, known=known).findings


def _may_be_one(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES or is_python(file)


def _workflows(file: Path) -> list[Workflow]:
    if is_python(file):
        return _in_python(file)
    try:
        loaded = load_file(file, known=None)
    except HitlError as error:
        return [Workflow(file, "", "", (), None, error.message)]
    errors: dict[str, str] = {}
    for finding in loaded.findings:
        if finding.severity == "error":
            errors.setdefault(finding.graph, str(finding))
    found = [
        Workflow(
            file, graph.name, graph.description, graph.input_keys, loaded.agents, errors.get(name) or errors.get("")
        )
        for name, graph in loaded.graphs.items()
    ]
    known = {workflow.graph for workflow in found}
    broken = [
        Workflow(file, name, "", (), loaded.agents, problem) for name, problem in errors.items() if name not in known
    ]
    return found + broken


def _in_python(file: Path) -> list[Workflow]:
    try:
        classes = classes_in(file.read_bytes())
    except OSError:
        return []
    return [Workflow(file, each.name, each.description, each.inputs, str(file), None) for each in classes]
