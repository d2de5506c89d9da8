"""Subgraphs: nodes of agent type `graph` are replaced by the nodes of the graph that they name, from the same file.

The name stands in the node's context (`graph: NAME`, in CSV also `workflow` or the bare text), else in its prompt. A
node `X` that includes the graph `Child` becomes

    X           agent `graph`: enters. In X's own scope; its inputs are X's, its one output is the state key `X`
    X/first …   the nodes of Child, renamed, with `scope` = X's scope + ("X",)
    X/exit      agent `graph_exit`: leaves. In X's own scope again; has X's outputs, edges and routes

(`X/exit` gets a number where Child has a node `exit`.) `Node.scope` is the path of *state keys* under which the node's
state lives: a node with the scope ("X", "Y") has `state["X"]["Y"]` as its whole state, for its inputs, its prompt, its
conditions and its outputs, so that neither graph can soil the other's keys. Every end of Child leads to the exit. A
failure in Child that Child itself does not handle takes X's failure edge.

What the two agents do, and there is no more to it:

- `graph`: return `dict(inputs)`. X's inputs are already renamed (`child=parent` reads the parent's key `parent` into
  `child`), so that this dict *is* the new inner state; being the node's only output it is stored under the key `X`.
- `graph_exit`: `inner = inputs["state"]`, and `pick = self.context["outputs"]`, a dict of parent key → child key.
  With an empty `pick`, return `inner`. With one entry, return the child's value, or the whole of `inner` where the
  child never set that key. With several, return `{parent: inner.get(child)}` for all. Outputs are stored as usual.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hitl_tui.graphs.drafts import Draft
from hitl_tui.graphs.findings import Notes
from hitl_tui.graphs.names import GRAPH_AGENT, GRAPH_EXIT_AGENT, remedy
from hitl_tui.graphs.routing import END
from hitl_tui.model.graph import Input, Node, Route, StateField
from hitl_tui.model.interaction import is_of_answers

_NAME_KEYS = ("graph", "workflow", "subgraph", "context")
_DEEPEST = 20
_MOST_NODES = 5000


class _TooMuch(ValueError):
    """An expansion must stop: a graph includes itself, or grows without measure."""


def included(node: Node) -> str | None:
    """The name of the graph that a node includes, as it is written; None for a node that includes none."""
    if node.agent != GRAPH_AGENT:
        return None
    names = [node.context[key] for key in _NAME_KEYS if isinstance(node.context.get(key), str)]
    name = next((name.strip() for name in [*names, node.prompt] if name.strip()), "")
    return name.removeprefix("::").strip()


def children(draft: Draft) -> set[str]:
    """Names of the graphs that a draft includes directly."""
    return {name for node in draft.nodes.values() if (name := included(node))}


@dataclass(slots=True)
class Whole:
    """A graph with all included graphs in place: their nodes, and their state fields that have a reducer."""

    nodes: dict[str, Node] = field(default_factory=dict)
    state: list[StateField] = field(default_factory=list)


def expand(draft: Draft, drafts: dict[str, Draft], notes: Notes) -> Whole | None:
    """The draft with all included graphs in place; None after an error in `notes`."""
    expansion = _Expansion(draft, drafts, notes)
    try:
        return Whole(expansion.inline(draft, "", (), (draft.name,)), expansion.state)
    except _TooMuch:
        return None


class _Expansion:
    """Expands one graph, with a limit on what graphs that include each other several times may grow to."""

    def __init__(self, outer: Draft, drafts: dict[str, Draft], notes: Notes) -> None:
        self._drafts = drafts
        self._notes = notes
        self._left = _MOST_NODES
        self.state: list[StateField] = []
        self._outermost = next(iter(outer.nodes.values()))

    def inline(self, draft: Draft, prefix: str, scope: tuple[str, ...], trail: tuple[str, ...]) -> dict[str, Node]:
        """The draft's nodes with `prefix` before their names, and its subgraphs expanded; `trail` are graph names."""
        nodes: dict[str, Node] = {}
        self.state += [StateField(key=key, reducer=kind, scope=scope) for key, kind in draft.reducers.items()]
        for node in draft.nodes.values():
            if not prefix:
                self._outermost = node
            placed = _placed(node, prefix, scope)
            parts = [placed] if included(node) is None else self._included(draft, node, placed, trail)
            for part in parts[1:]:
                if part.name in nodes or part.name.removeprefix(prefix) in draft.nodes:
                    self._fail(draft, node, f"the expansion needs the name '{part.name}', which another node has")
            nodes.update((part.name, part) for part in parts)
            self._left -= 1 if prefix else 0
            if self._left < 0:
                # The included graphs are fine by themselves: it is the outermost one that grows too large.
                root = self._drafts[trail[0]]
                self._fail(root, self._outermost, f"the included graphs unfold to more than {_MOST_NODES} nodes")
        return nodes

    def _included(self, draft: Draft, node: Node, placed: Node, trail: tuple[str, ...]) -> list[Node]:
        child = self._child(draft, node, trail)
        self._check_state_key(draft, node)
        inner = self.inline(child, f"{placed.name}/", (*placed.scope, node.name), (*trail, child.name))
        leave = _free(f"{placed.name}/exit", inner)
        entry = placed.model_copy(
            update={
                "outputs": (node.name,),
                "on_success": (f"{placed.name}/{child.start}",),
                "routes": (),
                "context": {**node.context, "graph": child.name},
            }
        )
        exit_node = Node(
            name=leave,
            agent=GRAPH_EXIT_AGENT,
            inputs=(Input(key=node.name, param="state"),),
            outputs=tuple(_picks(node)),
            on_success=placed.on_success,
            on_failure=placed.on_failure,
            routes=placed.routes,
            context={"graph": child.name, "outputs": _picks(node)},
            scope=placed.scope,
            max_visits=placed.max_visits,
            line=node.line,
        )
        return [entry, *(_led_out(part, leave, placed.on_failure) for part in inner.values()), exit_node]

    def _child(self, draft: Draft, node: Node, trail: tuple[str, ...]) -> Draft:
        name = included(node) or ""
        if not name:
            self._fail(draft, node, "the node names no graph to include; write its name as `graph` into the context")
        if name not in self._drafts:
            where = "; it must be in the same file" if "::" in name or "." in name else ""
            known = [other for other in self._drafts if other != draft.name]
            self._fail(
                draft, node, f"there is no graph '{name}' to include{where}; {remedy(name, known, 'other graph')}"
            )
        if name in trail:
            circle = " → ".join([*trail[trail.index(name) :], name])
            self._fail(draft, node, f"the graph includes itself: {circle}")
        if len(trail) > _DEEPEST:
            self._fail(draft, node, f"graphs include each other more than {_DEEPEST} levels deep")
        child = self._drafts[name]
        if name in self._notes.failed_graphs or child.start not in child.nodes:
            self._fail(draft, node, f"the graph '{name}' that is included here has errors")
        return child

    def _check_state_key(self, draft: Draft, node: Node) -> None:
        """The inner state lives under the node's name, so that nobody else may write there."""
        writers = [other.name for other in draft.nodes.values() if other is not node and node.name in other.outputs]
        where = f"the included graph keeps its state under '{node.name}', which"
        if is_of_answers(node.name):
            self._fail(draft, node, f"{where} holds the answers of people; rename the node")
        if writers or node.name in [item.key for item in node.inputs]:
            who = f"node '{writers[0]}' writes" if writers else "the node itself reads"
            self._fail(draft, node, f"{where} {who} too; rename the node")

    def _fail(self, draft: Draft, node: Node, message: str) -> None:
        self._notes.error(draft.line_of(node.name, "agent"), message, graph=draft.name, node=node.name)
        raise _TooMuch(message)


def _placed(node: Node, prefix: str, scope: tuple[str, ...]) -> Node:
    def move(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name if name == END else prefix + name for name in names)

    if not prefix:
        return node
    return node.model_copy(
        update={
            "name": prefix + node.name,
            "on_success": move(node.on_success),
            "on_failure": move(node.on_failure),
            "routes": tuple(route.model_copy(update={"to": move(route.to)}) for route in node.routes),
            "scope": scope,
        }
    )


def _led_out(node: Node, leave: str, on_failure: tuple[str, ...]) -> Node:
    """A node of the child with its ends leading to the exit, and its unhandled failures to the parent's edge."""
    failure = (leave,) if node.on_failure == (END,) else node.on_failure or on_failure
    if node.on_success and failure == node.on_failure and all(route.to for route in node.routes):
        # Most nodes of a graph that is included deeper: they need no copy at each level.
        return node
    routes = tuple(Route(to=route.to or (leave,), value=route.value, when=route.when) for route in node.routes)
    return node.model_copy(update={"on_success": node.on_success or (leave,), "on_failure": failure, "routes": routes})


def _picks(node: Node) -> dict[str, str]:
    """Parent key → child key of the outputs `parent=child`, or of a plain name, which is the same on both sides."""
    pairs = (output.partition("=") for output in node.outputs)
    return {parent.strip(): child.strip() or parent.strip() for parent, _, child in pairs}


def _free(name: str, taken: dict[str, Node]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free
