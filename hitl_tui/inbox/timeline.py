"""What each node of a thread was given: computed from its checkpoints, for nobody stores the same value twice."""

from __future__ import annotations

import asyncio
from typing import Any

from hitl_tui.engine import replay
from hitl_tui.engine.writes import read_scope
from hitl_tui.inbox.session import Session
from hitl_tui.model.graph import Graph
from hitl_tui.store.checkpoints import Recorded, recorded
from hitl_tui.store.threads import graph_of


async def inputs(session: Session, thread_id: str) -> dict[int, dict[str, Any]]:
    """The inputs of each step by its number; nothing for a thread whose details were pruned."""
    found = await session.database.read(lambda connection: recorded(connection, thread_id))
    if found.thread.pruned_at is not None:
        return {}
    graph = await graph_of(session.database, found.thread.graph)
    return await asyncio.to_thread(_inputs, graph, found)


def _inputs(graph: Graph, found: Recorded) -> dict[int, dict[str, Any]]:
    given: dict[int, dict[str, Any]] = {}
    for checkpoint, steps in replay.supersteps(graph, found):
        for step in steps:
            node = graph.nodes[step.node]
            state = read_scope(checkpoint.state, node.scope)
            given[step.seq] = {item.param: state[item.key] for item in node.inputs if item.key in state}
    return given
