"""Sample graphs with `llm` nodes, run in this process: a host that imports pydantic-ai takes a second of CPU."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hitl_tui.agents.builtins import registry
from hitl_tui.agents.loading import load_reference
from hitl_tui.graphs.loading import load_file, load_graph
from hitl_tui.model.graph import Graph
from tests.engine.workshop import workshop

SAMPLES = Path(__file__).parents[2] / "sample_graphs"


def in_this_process(graph: Graph) -> Graph:
    """The graph with its `llm` nodes as agents of the type `here`, which need no process of their own."""
    nodes = {
        name: each.model_copy(update={"agent": "here"}) if each.agent == "llm" else each
        for name, each in graph.nodes.items()
    }
    return Graph(**dict(graph) | {"nodes": nodes})


@asynccontextmanager
async def sampling(path: Path, file: str):  # type: ignore[no-untyped-def]
    """A workshop for a sample, and its graph; the sample's own agents run in this process."""
    loaded = load_file(SAMPLES / file, known=None)
    assert loaded.agents is not None
    code = load_reference(loaded.agents)
    agents: dict[str, Any] = {name: code.find(name) for name in code.names}
    known = (*registry().names, *code.names)
    async with workshop(path, here=agents.pop("llm"), **agents) as shop:
        yield shop, in_this_process(load_graph(SAMPLES / file, None, known))
