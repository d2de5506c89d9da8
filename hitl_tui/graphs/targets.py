"""Targets of edges: from the names that a file holds to nodes, the end of the graph, or an error with the remedy."""

from __future__ import annotations

from hitl_tui.graphs.drafts import Draft
from hitl_tui.graphs.findings import Notes
from hitl_tui.graphs.names import nearest, normal, remedy
from hitl_tui.graphs.routing import END
from hitl_tui.model.graph import Node

_END_WORDS = frozenset({"end", END})
_CSV_END_WORDS = _END_WORDS | {
    "stop",
    "finish",
    "finished",
    "done",
    "exit",
    "none",
    "null",
    "terminate",
    "complete",
    "-",
}
_SLIP = 0.85


def resolve(draft: Draft, notes: Notes) -> None:
    """Replace the targets of the draft's nodes by node names; unknown ones become findings.

    In YAML, `end` is the end of the graph and any other unknown target an error. In the tolerant CSV dialect a target
    that is no node ends the graph with a warning, unless it is plainly a slip for a node, which would skip that node.
    """
    if END in draft.nodes:
        notes.error(draft.line_of(END), f"'{END}' is reserved; give the node another name", graph=draft.name, node=END)
    resolver = _Resolver(draft, notes)
    for name, node in draft.nodes.items():
        draft.nodes[name] = resolver.resolved(node)


class _Resolver:
    """Resolves the targets of one draft; node names are compared once, not for every edge."""

    def __init__(self, draft: Draft, notes: Notes) -> None:
        self._draft = draft
        self._notes = notes
        self._forms: dict[str, list[str]] = {}
        for name in draft.nodes:
            self._forms.setdefault(normal(name), []).append(name)

    def resolved(self, node: Node) -> Node:
        """The node with resolved targets."""
        routes = tuple(route.model_copy(update={"to": self._nodes(route.to, node, "routes")}) for route in node.routes)
        failure = self._resolve(node.on_failure, node, "on_failure")
        nodes = tuple(name for name in failure if name != END)
        return node.model_copy(
            update={
                "on_success": self._nodes(node.on_success, node, "on_success"),
                "on_failure": nodes or failure[:1],
                "routes": routes,
            }
        )

    def _nodes(self, names: tuple[str, ...], node: Node, edge: str) -> tuple[str, ...]:
        return tuple(name for name in self._resolve(names, node, edge) if name != END)

    def _resolve(self, names: tuple[str, ...], node: Node, edge: str) -> tuple[str, ...]:
        found = (name if name in self._draft.nodes else self._other(name, node, edge) for name in names)
        return tuple(dict.fromkeys(found))

    def _other(self, name: str, node: Node, edge: str) -> str:
        line = self._draft.line_of(node.name, edge)
        if self._draft.tolerant:
            return self._tolerated(name, node, line)
        alike = self._forms.get(normal(name), [])
        if name.lower() in _END_WORDS:
            if alike:
                message = f"'{name}' is the end of the graph here; for the node write '{alike[0]}'"
                self._notes.warning(line, message, graph=self._draft.name, node=node.name)
            return END
        message = f"target '{name}' is not a node of this graph; {self._remedy(name)}"
        self._notes.error(line, message, graph=self._draft.name, node=node.name)
        return END

    def _remedy(self, name: str) -> str:
        # As CSV files write it.
        several = [part.strip() for part in name.split("|")]
        if len(several) > 1 and all(part in self._draft.nodes for part in several):
            return f"several targets are a list here: [{', '.join(several)}]"
        return remedy(name, self._draft.nodes, "node")

    def _tolerated(self, name: str, node: Node, line: int) -> str:
        alike = self._forms.get(normal(name), [])
        if len(alike) == 1:
            message = f"target '{name}' is taken as the node '{alike[0]}'"
            self._notes.warning(line, message, graph=self._draft.name, node=node.name)
            return alike[0]
        if name.lower().startswith("func:"):
            message = f"target '{name}' is a routing function, which is not supported; use `routes:` in a YAML file"
            self._notes.error(line, message, graph=self._draft.name, node=node.name)
            return END
        slip = None if name.lower() in _CSV_END_WORDS else nearest(name, self._draft.nodes, _SLIP)
        if slip is not None:
            message = f"target '{name}' is not a node of this graph; did you mean '{slip}'?"
            self._notes.error(line, message, graph=self._draft.name, node=node.name)
            return END
        message = f"target '{name}' is not a node of this graph: the graph ends there"
        self._notes.warning(line, message, graph=self._draft.name, node=node.name)
        return END
