"""When an included graph is left: once, and by one way. Pure.

Branches that run in parallel in it come to its exit at different times. It is left when the last of them has come to
its end; or by the first failure that it does not handle itself, and then nothing in it goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hitl_tui.graphs.names import GRAPH_EXIT_AGENT
from hitl_tui.model.graph import Node

Scope = tuple[str, ...]


def left_once(nodes: Mapping[str, Node], failed: Mapping[str, bool], targets: Iterable[str]) -> tuple[str, ...]:
    """Where a superstep leads: `targets`, each once, without those that leave an included graph too early or twice.

    `failed` are the nodes that ran, and whether they failed.
    """
    found = dict.fromkeys(targets)
    scopes = {nodes[name].scope[:depth] for name in failed for depth in range(1, len(nodes[name].scope) + 1)}
    if not scopes:
        return tuple(found)
    exits = {(*node.scope, node.inputs[0].key): node.name for node in nodes.values() if node.agent == GRAPH_EXIT_AGENT}
    # The innermost first: to leave one may be to stay in the one around it.
    for scope in sorted(scopes, key=lambda scope: (-len(scope), scope)):
        inside = [name for name in found if _is_in(nodes[name], scope)]
        gone = [name for name, has_failed in failed.items() if has_failed and _leaves(nodes, name, scope, exits[scope])]
        for name in (*inside, exits[scope]) if gone else (exits[scope],) if inside else ():
            found.pop(name, None)
    return tuple(found)


def _is_in(node: Node, scope: Scope) -> bool:
    return node.scope[: len(scope)] == scope


def _leaves(nodes: Mapping[str, Node], name: str, scope: Scope, leave: str) -> bool:
    """Whether a failure of this node leads out of the graph that is included here, or nowhere."""
    targets = [nodes[target] for target in nodes[name].on_failure if target in nodes]
    return _is_in(nodes[name], scope) and not any(_is_in(each, scope) or each.name == leave for each in targets)
