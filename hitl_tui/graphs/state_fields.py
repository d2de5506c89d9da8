"""The fields of a graph's state that have a reducer: read from YAML, and checked against what the nodes write."""

from __future__ import annotations

import yaml

from hitl_tui.graphs.drafts import Draft
from hitl_tui.graphs.findings import Notes
from hitl_tui.graphs.names import GRAPH_AGENT, closest
from hitl_tui.graphs.yaml_tree import Unreadable, entries_of, is_null, line_of, text_of, unknown_key
from hitl_tui.model.graph import Node
from hitl_tui.model.interaction import is_of_answers
from hitl_tui.model.reducers import Reducer

FIELD_KEYS = ("reducer",)
_PASS_ON = ("input", "echo")
"""Agents that return what they read."""


def read_state(node: yaml.Node, draft: Draft, notes: Notes) -> None:
    """Add the reducers of `state: {FIELD: {reducer: NAME}}`, or in short `{FIELD: NAME}`, to the draft."""
    if is_null(node):
        return
    for field, (name, value) in entries_of(node, "state", notes, graph=draft.name).items():
        draft.lines["", f"state {field}"] = line_of(name)
        try:
            draft.reducers[field] = _reducer(field, value, draft, notes)
        except Unreadable as error:
            notes.error(error.line, str(error), graph=draft.name)


def check_state(draft: Draft, notes: Notes) -> None:
    """Note reducers that nothing uses, and writes that would fail or count twice."""
    for field in draft.reducers:
        line = draft.lines["", f"state {field}"]
        problem, severity = _misplaced(field, draft)
        if problem:
            (notes.error if severity == "error" else notes.warning)(line, problem, graph=draft.name)
    for node in draft.nodes.values():
        for field in filter(is_of_answers, written(node)):
            message = f"'{field}' holds the answers of people, so no node may write it; name the field otherwise"
            notes.error(draft.line_of(node.name, "outputs"), message, graph=draft.name, node=node.name)
        _check_double(node, draft, notes)
        for targets in (node.on_success, node.on_failure, *(route.to for route in node.routes)):
            _check_parallel(targets, draft, notes)


def written(node: Node) -> list[str]:
    """The state fields that a node writes; those of an included graph are `our field=its field`."""
    return [output.partition("=")[0].strip() for output in node.outputs]


def _reducer(field: str, value: yaml.Node, draft: Draft, notes: Notes) -> Reducer:
    if isinstance(value, yaml.MappingNode):
        entries = entries_of(value, f"field '{field}'", notes, graph=draft.name)
        for key, (place, _) in entries.items():
            if key not in FIELD_KEYS:
                notes.error(line_of(place), unknown_key(key, FIELD_KEYS, f"field '{field}'"), graph=draft.name)
        if "reducer" not in entries:
            raise Unreadable(line_of(value), f"field '{field}' needs `reducer:`, one of {', '.join(Reducer)}")
        value = entries["reducer"][1]
    name = text_of(value, f"the reducer of '{field}'").strip()
    if name not in list(Reducer):
        near = closest(name, list(Reducer)) or f"it is one of {', '.join(Reducer)}"
        raise Unreadable(line_of(value), f"unknown reducer '{name[:60]}' of '{field}'; {near}")
    return Reducer(name)


def _misplaced(field: str, draft: Draft) -> tuple[str, str]:
    if is_of_answers(field):
        return (
            f"'{field}' holds the answers of people and has its own way to merge; name the field otherwise",
            "error",
        )
    if field in draft.nodes and draft.nodes[field].agent == GRAPH_AGENT:
        return f"'{field}' holds the state of the graph that the node '{field}' includes; rename one of them", "error"
    fields = [name for node in draft.nodes.values() for name in written(node)]
    if field not in fields:
        near = closest(field, fields)
        return f"no node writes the field '{field}'{'; ' + near if near else ''}", "warning"
    return "", ""


def _check_double(node: Node, draft: Draft, notes: Notes) -> None:
    growing = (Reducer.APPEND, Reducer.ADD)
    for field in written(node):
        reads = any(item.key == field for item in node.inputs)
        if node.agent in _PASS_ON and reads and draft.reducers.get(field) in growing:
            message = (
                f"the node returns '{field}' as it read it, and the reducer {draft.reducers[field]} counts it twice"
            )
            line = draft.line_of(node.name, "outputs")
            notes.warning(line, f"{message}; let it write nothing", graph=draft.name, node=node.name)


def _check_parallel(targets: tuple[str, ...], draft: Draft, notes: Notes) -> None:
    writers: dict[str, str] = {}
    for name in targets:
        for field in written(draft.nodes[name]) if name in draft.nodes else ():
            earlier = writers.setdefault(field, name)
            if earlier != name and field not in draft.reducers:
                remedy = "give them different output fields, or the field a reducer (state:)"
                message = f"runs in parallel with '{earlier}', and both write '{field}': a conflict; {remedy}"
                notes.warning(draft.line_of(name, "outputs"), message, graph=draft.name, node=name)
