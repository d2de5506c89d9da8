"""Random workflows: sequences, parallel branches, fan-in, bounded loops, subgraphs, success and failure edges."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from hitl_tui.graphs.names import GRAPH_AGENT, GRAPH_EXIT_AGENT
from hitl_tui.graphs.routing import END
from hitl_tui.model.graph import Graph, Input, Node, Route
from hitl_tui.model.retry import Retry
from tests.machine.agents import COUNTING, KINDS

PURE = ("echo", "output", "failure")
HUMAN = (
    "approval_interaction",
    "choice_interaction",
    "text_input_interaction",
    "edit_interaction",
    "conversation_interaction",
)
RAISING = ("flaky", "broken", "pays_badly", "pays_later")
POLICIES = {
    "approval_interaction": ("timeout", "reject", "default:approve", "escalate:bob", "extend:50"),
    "choice_interaction": ("timeout", "default:choose:2", "extend:50"),
}
OPTIONS = ["this", "that", "neither"]
SUBGRAPH = "subgraph"
LOOP_VISITS = 2
MOST_NODES = 6
# Questions and effects are what it is about, so they come more often.
_OFTEN = ("approval_interaction", "asks_and_pays", "pays", "asks_twice", SUBGRAPH)
_KINDS = (*PURE, *KINDS, *HUMAN, *_OFTEN, *_OFTEN, *_OFTEN)
_INNER = ("echo", "work", "asks", "pays", "failure", "approval_interaction", "flaky")


@st.composite
def flows(draw: st.DrawFn) -> Graph:
    """A graph of 2 to 6 nodes; edges lead forward, but for loops, which end after some visits."""
    names = [f"n{number}" for number in range(draw(st.integers(2, MOST_NODES)))]
    nodes: dict[str, Node] = {}
    for number, name in enumerate(names):
        later = names[number + 1 :]
        kind = draw(st.sampled_from(_KINDS))
        node = _node(draw, name, kind, _some(draw, later, 3), _failure(draw, later))
        if kind in COUNTING and draw(st.integers(0, 3)) == 0:
            back = names[draw(st.integers(0, number))]
            node = node.model_copy(update={"routes": (Route(when=f"output < {LOOP_VISITS}", to=(back,)),)})
        nodes |= _expanded(draw, node) if kind == SUBGRAPH else {name: node}
    return Graph(name="Flow", start="n0", nodes=nodes)


def _some(draw: st.DrawFn, later: list[str], most: int) -> tuple[str, ...]:
    if not later:
        return ()
    picked = [later[draw(st.integers(0, len(later) - 1))] for _ in range(draw(st.integers(1, most)))]
    return tuple(dict.fromkeys(picked))


def _failure(draw: st.DrawFn, later: list[str]) -> tuple[str, ...]:
    way = draw(st.integers(0, 2))
    return ((), (END,), _some(draw, later, 1) or (END,))[way]


def _node(draw: st.DrawFn, name: str, kind: str, success: tuple[str, ...], failure: tuple[str, ...]) -> Node:
    context: dict[str, Any] = {}
    seconds = draw(st.sampled_from((None, 100)))
    if kind in HUMAN:
        context = {"options": OPTIONS} if kind == "choice_interaction" else {}
        if seconds:
            context |= {"timeout_seconds": seconds}
            context |= {"on_timeout": draw(st.sampled_from(POLICIES.get(kind, ("timeout",))))}
    elif seconds:
        context = {"seconds": seconds}
    shared = draw(st.integers(0, 12)) == 0
    patience = draw(st.sampled_from((None, Retry(attempts=3, backoff=1)))) if kind in RAISING else None
    return Node(
        name=name,
        agent=kind,
        prompt=f"{kind} at {name}",
        outputs=("shared" if shared else f"o_{name}",),
        on_success=success,
        on_failure=failure,
        context=context,
        retry=patience,
    )


def _expanded(draw: st.DrawFn, node: Node) -> dict[str, Node]:
    """A subgraph of 1 to 3 nodes in a row, as the loader expands it."""
    inner = [f"{node.name}/i{number}" for number in range(draw(st.integers(1, 3)))]
    leave, ends = f"{node.name}/exit", [*inner[1:], f"{node.name}/exit"]
    parts = {
        node.name: node.model_copy(
            update={"agent": GRAPH_AGENT, "outputs": (node.name,), "on_success": (inner[0],), "on_failure": ()}
        )
    }
    for name, after in zip(inner, ends, strict=True):
        part = _node(draw, name, draw(st.sampled_from(_INNER)), (after,), node.on_failure)
        parts[name] = part.model_copy(update={"scope": (node.name,), "outputs": (f"o_{name[-2:]}",)})
    parts[leave] = node.model_copy(
        update={"name": leave, "agent": GRAPH_EXIT_AGENT, "inputs": (Input(key=node.name, param="state"),)}
    )
    return parts
