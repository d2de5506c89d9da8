"""Where a thread goes after a node: pure, from the node's own result only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hitl_tui.graphs.conditions import holds
from hitl_tui.graphs.unknown import NotKnown, known
from hitl_tui.model.choices import composed
from hitl_tui.model.graph import Node, Route

END = "__end__"
"""Target that stands for the end of the graph. Kept only in `Node.on_failure`, where no edge at all means that the
thread fails, while an edge to the end means that it completes. `next_nodes` never returns it."""


def next_nodes(node: Node, *, failed: bool, output: Any, state: Mapping[str, Any]) -> tuple[str, ...]:
    """The nodes to run after `node`; an empty tuple is the end of this path.

    A failure takes `on_failure`. A success takes the first route that fits, else `on_success`. A `when` sees the keys
    of `state`, and the node's output as `output`. Raises `ConditionError` when a condition cannot be evaluated.
    """
    if failed or not node.routes:
        return _targets(node.on_failure if failed else node.on_success)
    return next(turns(node, failed=failed, output=output, state=state)).to


@dataclass(frozen=True, slots=True)
class Turn:
    """One way on from a node; `route` is None for its plain edge."""

    to: tuple[str, ...]
    route: Route | None = None


def turns(node: Node, *, failed: bool, output: Any, state: Mapping[str, Any]) -> Iterator[Turn]:
    """Every way on that fits what is known: just one, unless a route depends on an `UNKNOWN` value.

    Raises `ConditionError` as `next_nodes` does.
    """
    if failed:
        yield Turn(_targets(node.on_failure))
        return
    for route in node.routes:
        try:
            fits = _fits(route, output, state)
        except NotKnown:
            yield Turn(_targets(route.to), route)
            continue
        if fits:
            yield Turn(_targets(route.to), route)
            return
    yield Turn(_targets(node.on_success))


def has_failure_edge(node: Node) -> bool:
    """Whether the author said where a failure goes, be it to the end of the graph."""
    return bool(node.on_failure)


def same_value(output: Any, value: Any) -> bool:
    """Whether an output is a route's value; `True` is not `1`, and the text `1` is not the number.

    An accented letter may be one character or two, as in an answer: options come from outside as well.
    """
    if isinstance(output, str) and isinstance(value, str):
        return composed(output) == composed(value)
    if isinstance(output, bool) or isinstance(value, bool):
        return isinstance(output, bool) and isinstance(value, bool) and output is value
    return bool(output == value)


def _fits(route: Route, output: Any, state: Mapping[str, Any]) -> bool:
    if route.when is not None:
        return holds(route.when, {**state, "output": output})
    return same_value(known(output), route.value)


def _targets(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name != END))
