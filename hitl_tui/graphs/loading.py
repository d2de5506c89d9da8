"""Workflow files in, checked graphs out: the one door of this floor for everything that reads a file."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hitl_tui import locations
from hitl_tui.errors import InvalidGraph, UsageError
from hitl_tui.graphs import csv_graphs, yaml_graphs
from hitl_tui.graphs.drafts import Draft, Parsed
from hitl_tui.graphs.findings import Finding, Notes
from hitl_tui.graphs.joins import uneven
from hitl_tui.graphs.names import canonical, remedy
from hitl_tui.graphs.reading import read_text
from hitl_tui.graphs.subgraphs import children, expand
from hitl_tui.graphs.targets import resolve
from hitl_tui.graphs.validation import validate
from hitl_tui.model.graph import Graph

SUFFIXES: Final[dict[str, Callable[[str, Notes], Parsed]]] = {
    ".csv": csv_graphs.parse,
    ".yaml": yaml_graphs.parse,
    ".yml": yaml_graphs.parse,
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a workflow file holds.

    `graphs` are those without errors; `names` are all that the file defines. `agents` is the file's agents reference:
    an absolute path, or a module's name.
    """

    graphs: dict[str, Graph]
    findings: list[Finding]
    agents: str | None = None
    names: tuple[str, ...] = field(default=())

    @property
    def errors(self) -> list[Finding]:
        """The findings that keep a graph from running."""
        return [finding for finding in self.findings if finding.severity == "error"]


def load_file(path: Path | str, *, known: Collection[str] | None, only: str | None = None) -> Loaded:
    """All graphs of a file with the findings about them; `only` restricts both to one graph and those it includes.

    `known` are the registered agent types, or None when types are not to be checked. What is wrong in the file becomes
    a finding; raises `FileMissing` when the file cannot be read, and `UsageError` for a suffix that is not known.
    """
    path = Path(path)
    notes = Notes(str(path))
    text = read_text(path, notes)
    parse = SUFFIXES.get(path.suffix.lower())
    if parse is None:
        raise UsageError(
            f"{path}: not a workflow file", hint="workflow files end in .yaml (or .yml) or .csv", file=str(path)
        )
    parsed = parse(text, notes) if text is not None else Parsed()
    names = tuple(parsed.drafts)
    agents = _agents(path, parsed, notes)
    for draft in parsed.drafts.values():
        _spell_agents(draft, known)
    wanted = _with_children(only, parsed.drafts) if only is not None else set(names)
    graphs = _checked({name: draft for name, draft in parsed.drafts.items() if name in wanted}, known, agents, notes)
    findings = [finding for finding in notes.findings if not finding.graph or finding.graph in wanted]
    ordered = sorted(findings, key=lambda finding: finding.line)
    chosen = {name: graph for name, graph in graphs.items() if only is None or name == only}
    return Loaded(chosen, ordered, agents, names)


def load_graph(path: Path | str, name: str | None, known: Collection[str] | None) -> Graph:
    """One graph of a file, ready to run.

    Raises `InvalidGraph` with all findings of the graph, `UsageError` when the file has several graphs and none is
    named, or none of that name, and `FileMissing`.
    """
    loaded = load_file(path, known=known, only=name)
    if name is None and len(loaded.names) > 1:
        listed = ", ".join(loaded.names)
        raise UsageError(
            f"{path} holds {len(loaded.names)} graphs: {listed}",
            hint=f"name one: {path}::{loaded.names[0]}",
            graphs=list(loaded.names),
        )
    if name is not None and loaded.names and name not in loaded.names:
        raise UsageError(
            f"{path} has no graph '{name}'; {remedy(name, loaded.names, 'graph')}",
            hint=f"name one: {path}::{loaded.names[0]}",
            graphs=list(loaded.names),
        )
    if loaded.errors:
        raise invalid_graph(path, loaded.findings)
    return loaded.graphs[name or loaded.names[0]]


def invalid_graph(path: Path | str, findings: list[Finding]) -> InvalidGraph:
    """The error for a file with these findings: the first error, and how many more there are."""
    errors = [finding for finding in findings if finding.severity == "error"]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return InvalidGraph(
        f"{errors[0]}{more}", findings, hint=f"`hitl check {shlex.quote(str(path))}` shows all findings"
    )


def absolute_reference(reference: str, folder: Path) -> str:
    """An agents reference that means the same everywhere: a file's absolute path, while a module's name stays."""
    is_file = reference.endswith(".py") or "/" in reference or "\\" in reference
    return str((folder / locations.expanded(reference, "the agents reference")).resolve()) if is_file else reference


def _agents(path: Path, parsed: Parsed, notes: Notes) -> str | None:
    if parsed.agents is None:
        return None
    try:
        reference = absolute_reference(parsed.agents, path.parent)
        missing = reference != parsed.agents and not Path(reference).is_file()
    except (OSError, ValueError, RuntimeError, UsageError):
        notes.error(parsed.agents_line, f"agents: {parsed.agents!r:.80} is no path")
        return None
    if missing:
        # Only a warning: another file may be given with --agents.
        notes.warning(parsed.agents_line, f"agents: there is no file {reference}")
    return reference


def _spell_agents(draft: Draft, known: Collection[str] | None) -> None:
    for name, node in draft.nodes.items():
        draft.nodes[name] = node.model_copy(update={"agent": canonical(node.agent, known)})


def _with_children(name: str, drafts: dict[str, Draft]) -> set[str]:
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in drafts and current not in reached:
            reached.add(current)
            waiting.extend(children(drafts[current]))
    return reached


def _checked(
    drafts: dict[str, Draft], known: Collection[str] | None, agents: str | None, notes: Notes
) -> dict[str, Graph]:
    for draft in drafts.values():
        resolve(draft, notes)
        validate(draft, known, notes, agents)
    graphs: dict[str, Graph] = {}
    for name, draft in drafts.items():
        if name in notes.failed_graphs:
            continue
        whole = expand(draft, drafts, notes)
        if whole is not None:
            for node, message in uneven(whole.nodes):
                notes.warning(draft.line_of(node), message, graph=name, node=node)
            graphs[name] = Graph(
                name=name,
                start=draft.start,
                nodes=whole.nodes,
                description=draft.description,
                agents=agents,
                state=tuple(whole.state),
            )
    failed = notes.failed_graphs
    return {} if "" in failed else {name: graph for name, graph in graphs.items() if name not in failed}
