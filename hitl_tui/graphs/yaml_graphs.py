"""The YAML format: a tree of nodes in, drafts of graphs out, each problem as a finding with its line.

docs/graphs.md describes the format, and `schema.json_schema()` is its JSON Schema.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import yaml

from hitl_tui.graphs.drafts import Draft, Parsed
from hitl_tui.graphs.findings import Notes
from hitl_tui.graphs.names import ASKING_AGENTS, canonical
from hitl_tui.graphs.running import RUN_SETTINGS, read_max_visits
from hitl_tui.graphs.settings import SETTINGS, settle_new
from hitl_tui.graphs.state_fields import read_state
from hitl_tui.graphs.yaml_tree import (
    Unreadable,
    compose,
    entries_of,
    is_null,
    line_of,
    plain,
    text_of,
    texts_of,
    unknown_key,
)
from hitl_tui.model.graph import Input, Node, Route

GRAPH_KEYS = ("description", "start", "nodes", "state", "max_visits")
FILE_KEYS = ("graph", "graphs", "agents", *GRAPH_KEYS)
OF_ONE_GRAPH = ("graph", "nodes", "start", "state", "max_visits")
NODE_SETTINGS = tuple(name for name in SETTINGS if name != "timeout_seconds")
NODE_KEYS = (
    "agent",
    "prompt",
    "description",
    "inputs",
    "output",
    "next",
    "on_failure",
    "routes",
    "context",
    *NODE_SETTINGS,
    *RUN_SETTINGS,
)
ROUTE_KEYS = ("value", "when", "to")
_MOST_NODES = 5000

Entries = dict[str, tuple[yaml.Node, yaml.Node]]


def parse(text: str, notes: Notes) -> Parsed:
    """The graphs of a YAML file; everything that is wrong with it is an error in `notes`."""
    parsed = Parsed()
    root = compose(text, notes)
    if root is None:
        return parsed
    try:
        _File(notes, parsed).read(root)
    except Unreadable as error:
        notes.error(error.line, str(error))
    except RecursionError:
        notes.error(0, "the file is nested too deeply")
    return parsed


class _File:
    """Reads the top level of one file."""

    def __init__(self, notes: Notes, parsed: Parsed) -> None:
        self._notes = notes
        self._parsed = parsed

    def read(self, root: yaml.Node) -> None:
        """Add the file's graphs and its agents reference to `parsed`."""
        entries = entries_of(root, "the file", self._notes)
        _check_keys(entries, FILE_KEYS, "the file", self._notes, "")
        self._read_agents(entries)
        if "graphs" in entries:
            self._read_several(entries)
        elif "graph" in entries:
            key, name = entries["graph"]
            self._read_graph(text_of(name, "graph").strip(), line_of(key), entries)
        else:
            self._notes.error(line_of(root), "the file names no graph; begin it with `graph: NAME`, then `nodes:`")

    def _read_agents(self, entries: Entries) -> None:
        if "agents" not in entries or is_null(entries["agents"][1]):
            return
        _, value = entries["agents"]
        try:
            reference = text_of(value, "agents").strip()
        except Unreadable as error:
            self._notes.error(error.line, f"{error}; name one Python file or module")
            return
        if reference:
            self._parsed.agents = reference
            self._parsed.agents_line = line_of(value)

    def _read_several(self, entries: Entries) -> None:
        for key in OF_ONE_GRAPH:
            if key in entries:
                line = line_of(entries[key][0])
                self._notes.error(line, f"'{key}' cannot stand beside 'graphs'; move it into one of the graphs")
        graphs = entries_of(entries["graphs"][1], "graphs", self._notes)
        if not graphs:
            self._notes.error(line_of(entries["graphs"][0]), "graphs is empty; add a graph: `NAME: {nodes: …}`")
        for name, (name_node, value) in graphs.items():
            try:
                inner = entries_of(value, f"graph '{name}'", self._notes, graph=name)
                _check_keys(inner, GRAPH_KEYS, f"graph '{name}'", self._notes, name)
                self._read_graph(name, line_of(name_node), inner)
            except Unreadable as error:
                self._notes.error(error.line, str(error), graph=name)

    def _read_graph(self, name: str, line: int, entries: Entries) -> None:
        if not name:
            self._notes.error(line, "the graph has no name")
            return
        draft = Draft(name=name, line=line, tolerant=False)
        self._parsed.drafts[name] = draft
        try:
            if "description" in entries:
                draft.description = _optional_text(entries["description"][1], "description")
            if "nodes" not in entries:
                raise Unreadable(line, "the graph has no nodes; add `nodes:` with one entry for each step")
            if "state" in entries:
                read_state(entries["state"][1], draft, self._notes)
            if "max_visits" in entries and not is_null(entries["max_visits"][1]):
                draft.max_visits = self._max_visits(draft, entries["max_visits"][1])
            self._read_nodes(draft, entries["nodes"])
            draft.start = next(iter(draft.nodes), "")
            if "start" in entries and not is_null(entries["start"][1]):
                draft.start = text_of(entries["start"][1], "start").strip()
                draft.lines["", "start"] = line_of(entries["start"][1])
        except Unreadable as error:
            self._notes.error(error.line, str(error), graph=name)

    def _max_visits(self, draft: Draft, node: yaml.Node) -> int | None:
        try:
            return read_max_visits(plain(node, "max_visits"))
        except ValueError as error:
            self._notes.error(line_of(node), f"max_visits: {error}", graph=draft.name)
            return None

    def _read_nodes(self, draft: Draft, entry: tuple[yaml.Node, yaml.Node]) -> None:
        key, value = entry
        if is_null(value):
            raise Unreadable(line_of(key), "nodes is empty; add one entry for each step")
        nodes = entries_of(value, "nodes", self._notes, graph=draft.name)
        if not nodes:
            raise Unreadable(line_of(key), "nodes is empty; add one entry for each step")
        if len(nodes) > _MOST_NODES:
            raise Unreadable(line_of(key), f"the graph has more than {_MOST_NODES} nodes")
        for name, (name_node, body) in nodes.items():
            if not name:
                self._notes.error(line_of(name_node), "a node has no name", graph=draft.name)
                continue
            draft.nodes[name] = _NodeReader(draft, name, line_of(name_node), self._notes).read(body)


class _NodeReader:
    """Reads one node; a field that cannot be read is an error and is left out."""

    def __init__(self, draft: Draft, name: str, line: int, notes: Notes) -> None:
        self._draft = draft
        self._name = name
        self._line = line
        self._notes = notes
        self._entries: Entries = {}

    def read(self, body: yaml.Node) -> Node:
        """The node, with its targets as they are written."""
        if not is_null(body):
            self._attempt(lambda: self._open(body), None)
        agent = self._agent()
        context = self._context(agent)
        return Node(
            name=self._name,
            agent=agent,
            prompt=self._field("prompt", _optional_text, ""),
            description=self._field("description", _optional_text, ""),
            inputs=self._field("inputs", _inputs, ()),
            outputs=tuple(self._field("output", texts_of, [])),
            on_success=_names(self._field("next", texts_of, [])),
            on_failure=_names(self._field("on_failure", texts_of, [])),
            routes=self._routes(agent),
            context=context,
            line=self._line,
        )

    def _open(self, body: yaml.Node) -> None:
        what = f"node '{self._name}'"
        self._entries = entries_of(body, what, self._notes, graph=self._draft.name)
        _check_keys(self._entries, NODE_KEYS, what, self._notes, self._draft.name, self._name)
        for key, (key_node, _) in self._entries.items():
            self._draft.lines[self._name, _FIELDS.get(key, key)] = line_of(key_node)

    def _agent(self) -> str:
        asked = "human" if "interaction_type" in self._entries else "default"
        return str(self._field("agent", _optional_text, "")).strip() or asked

    def _context(self, agent: str) -> dict[str, Any]:
        context = self._field("context", _mapping, {})
        direct: dict[str, Any] = {}
        for name in (*NODE_SETTINGS, *RUN_SETTINGS):
            if name not in self._entries:
                continue
            if name in context:
                line = line_of(self._entries[name][0])
                self._complain(line, f"'{name}' is set on the node and in its context; keep one of them")
            value = self._field(name, _SETTING_READERS.get(name, plain), None)
            if value is not None:
                direct[name] = value
        if canonical(agent, None) not in ASKING_AGENTS:
            # A custom agent may ask as well; what is written as a setting is checked like one.
            direct = settle_new(direct, self._complain_setting)
        return {**context, **direct}

    def _routes(self, agent: str) -> tuple[Route, ...]:
        entry = self._entries.get("routes")
        if entry is None or is_null(entry[1]):
            return ()
        if not isinstance(entry[1], yaml.SequenceNode):
            self._complain(line_of(entry[1]), "routes must be a list of `- value: …` or `- when: …`, each with `to:`")
            return ()
        routes = [self._attempt(partial(self._route, item, agent), None) for item in entry[1].value]
        return tuple(route for route in routes if route is not None)

    def _route(self, item: yaml.Node, agent: str) -> Route:
        entries = entries_of(item, "a route", self._notes, graph=self._draft.name)
        _check_keys(entries, ROUTE_KEYS, "a route", self._notes, self._draft.name, self._name)
        if ("value" in entries) == ("when" in entries):
            raise Unreadable(line_of(item), "a route needs either `value:` or `when:`, and not both")
        if "to" not in entries:
            raise Unreadable(line_of(item), "a route needs `to:`, the node that it leads to")
        to = _names(texts_of(entries["to"][1], "to"))
        if not to:
            raise Unreadable(line_of(item), "a route needs `to:`, the node that it leads to; `end` is the graph's end")
        if "when" in entries:
            return Route(to=to, when=text_of(entries["when"][1], "when").strip())
        value = entries["value"][1]
        # People answer with texts: the option `1.10` or `no` must equal a route's value as it is written.
        read = text_of if canonical(agent, None) in ASKING_AGENTS else plain
        return Route(to=to, value=read(value, "value"))

    def _field(self, key: str, read: Callable[[yaml.Node, str], Any], otherwise: Any) -> Any:
        if key not in self._entries:
            return otherwise
        try:
            return read(self._entries[key][1], key)
        except Unreadable as error:
            self._draft.unreadable.add((self._name, key))
            self._complain(error.line, str(error))
            return otherwise

    def _attempt(self, read: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return read()
        except Unreadable as error:
            self._complain(error.line, str(error))
            return otherwise

    def _complain(self, line: int, message: str) -> None:
        self._notes.error(line, message, graph=self._draft.name, node=self._name)

    def _complain_setting(self, setting: str, message: str, severity: Literal["error", "warning"] = "error") -> None:
        note = self._notes.error if severity == "error" else self._notes.warning
        line = self._draft.lines.get((self._name, setting), self._line)
        note(line, message, graph=self._draft.name, node=self._name)


_FIELDS = {"output": "outputs", "next": "on_success"}
"""Keys of the format whose `Node` field has another name."""


def _optional_text(node: yaml.Node, what: str) -> str:
    return "" if is_null(node) else text_of(node, what)


def _mapping(node: yaml.Node, what: str) -> dict[str, Any]:
    if is_null(node):
        return {}
    value = plain(node, what)
    if not isinstance(value, dict):
        raise Unreadable(line_of(node), f"{what} must be a mapping (name: value)")
    return value


def _inputs(node: yaml.Node, what: str) -> tuple[Input, ...]:
    if not isinstance(node, yaml.MappingNode):
        return tuple(Input(key=key, param=key) for key in _names(texts_of(node, what)))
    pairs = [(text_of(key, f"a key of {what}").strip(), text_of(value, what).strip()) for key, value in node.value]
    params = [param for param, _ in pairs]
    doubled = next((param for param in params if params.count(param) > 1), None)
    if doubled is not None:
        raise Unreadable(line_of(node), f"'{doubled}' is there twice in {what}")
    return tuple(Input(key=key, param=param) for param, key in pairs if key and param)


def _names(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for text in texts if (name := text.strip())))


def _options(node: yaml.Node, what: str) -> list[str]:
    if not isinstance(node, yaml.SequenceNode):
        raise Unreadable(line_of(node), f"{what} must be a list")
    return texts_of(node, what)


_SETTING_READERS: dict[str, Callable[[yaml.Node, str], Any]] = {
    "options": _options,
    "allowed": texts_of,
    "interaction_type": text_of,
    "risk": text_of,
}


def _check_keys(entries: Entries, known: tuple[str, ...], what: str, notes: Notes, graph: str, node: str = "") -> None:
    for key, (key_node, _) in entries.items():
        if key not in known:
            notes.error(line_of(key_node), unknown_key(key, known, what), graph=graph, node=node)
