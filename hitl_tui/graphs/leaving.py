"""When an included graph is left, once and by one way; and that it is not entered anew before that. Pure.

Branches that run in parallel in it come to its exit at different times. It is left when the last of them has come to
its end; or by the first failure that it does not handle itself, and then nothing in it goes on. A conversation that was
ended and leads nowhere has come to its end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from hitl_tui.graphs.names import GRAPH_AGENT, GRAPH_EXIT_AGENT
from hitl_tui.model.graph import Node
from hitl_tui.model.kinds import StepStatus

Scope = tuple[str, ...]


def left_once(nodes: Mapping[str, Node], ran: Mapping[str, StepStatus], targets: Iterable[str]) -> tuple[str, ...]:
    """Where a superstep leads: `targets`, each once, without those that leave an included graph too early or twice.

    `ran` are the nodes of the superstep and what became of them.
    """
    found = dict.fromkeys(targets)
    scopes = {nodes[name].scope[:depth] for name in ran for depth in range(1, len(nodes[name].scope) + 1)}
    if not scopes:
        return tuple(found)
    exits = {
        (*node.scope, *(item.key for item in node.inputs)): node.name
        for node in nodes.values()
        if node.agent == GRAPH_EXIT_AGENT
    }
    found |= {exits[nodes[name].scope]: None for name, status in ran.items() if _only_ends(nodes[name], status)}
    # The innermost first: to leave one may be to stay in the one around it.
    for scope in sorted(scopes, key=lambda scope: (-len(scope), scope)):
        inside = [name for name in found if _is_in(nodes[name], scope)]
        gone = [name for name, status in ran.items() if _leaves(nodes, nodes[name], status, scope, exits[scope])]
        for name in (*inside, exits[scope]) if gone else (exits[scope],) if inside else ():
            found.pop(name, None)
    return tuple(found)


def entered_again(nodes: Mapping[str, Node], frontier: Collection[str]) -> tuple[str, str] | None:
    """An entry in the frontier to an included graph in which something still runs, and what does."""
    for name in frontier:
        if nodes[name].agent == GRAPH_AGENT:
            scope = (*nodes[name].scope, *nodes[name].outputs)
            inside = next((other for other in frontier if _is_in(nodes[other], scope)), None)
            if inside is not None:
                return name, inside
    return None


def _only_ends(node: Node, status: StepStatus) -> bool:
    return status is StepStatus.ENDED and bool(node.scope) and not node.on_failure


def _is_in(node: Node, scope: Scope) -> bool:
    return node.scope[: len(scope)] == scope


def _leaves(nodes: Mapping[str, Node], node: Node, status: StepStatus, scope: Scope, leave: str) -> bool:
    """Whether this node of the graph that is included here failed, and that leads out of it, or nowhere."""
    if status is StepStatus.OK or not _is_in(node, scope) or _only_ends(node, status):
        return False
    targets = [nodes[target] for target in node.on_failure if target in nodes]
    return not any(_is_in(each, scope) or each.name == leave for each in targets)
