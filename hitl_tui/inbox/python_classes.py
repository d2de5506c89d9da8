"""The workflow classes of a Python file, as far as its text tells: nothing of it is run. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Members = dict[str, ast.stmt]


@dataclass(frozen=True, slots=True)
class WorkflowClass:
    """A class that builds a graph; `inputs` are the fields of its state that have no default."""

    name: str
    description: str
    inputs: tuple[str, ...]


def classes_in(source: bytes) -> list[WorkflowClass]:
    """The workflow classes at the top of the file, in their order; none where it is no Python."""
    if b"Workflow" not in source:
        return []
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    bases = set(_imported(tree))
    members: dict[str, Members] = {}
    found: dict[str, WorkflowClass] = {}
    for each in tree.body:
        if not isinstance(each, ast.ClassDef):
            continue
        own = members[each.name] = _members(each, members)
        if any(_name(base) in bases for base in each.bases):
            bases.add(each.name)
            if "build_graph" in own:
                words = (ast.get_docstring(each) or "").partition("\n")[0]
                found[each.name] = WorkflowClass(each.name, words, tuple(_inputs(own, members)))
    return list(found.values())


def _imported(tree: ast.Module) -> Iterator[str]:
    """The names under which the file has `Workflow`."""
    for each in ast.walk(tree):
        if isinstance(each, ast.ImportFrom) and (each.module or "").partition(".")[0] == "hitl_tui":
            yield from (alias.asname or alias.name for alias in each.names if alias.name == "Workflow")
        elif isinstance(each, ast.Import):
            yield from (f"{alias.asname or alias.name}.Workflow" for alias in each.names if alias.name == "hitl_tui")


def _name(value: ast.expr | None) -> str:
    return ast.unparse(value) if isinstance(value, ast.Name | ast.Attribute) else ""


def _members(kind: ast.ClassDef, classes: Mapping[str, Members]) -> Members:
    """What the class defines, and the classes of the file above it."""
    found: Members = {}
    for base in reversed(kind.bases):
        found |= classes.get(_name(base), {})
    for each in kind.body:
        match each:
            case ast.FunctionDef(name=name):
                found[name] = each
            case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
                found[_name(target)] = each
    return found


def _inputs(own: Members, classes: Mapping[str, Members]) -> Iterator[str]:
    given = own.get("state_model")
    model = _name(given.value) if isinstance(given, ast.Assign | ast.AnnAssign) else ""
    for name, each in classes.get(model, {}).items():
        if isinstance(each, ast.AnnAssign) and each.value is None and not name.startswith("_"):
            yield name
