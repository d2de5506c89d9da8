"""Start a thread of a workflow file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hitl_tui.agents.loading import absolute_reference, current_folder
from hitl_tui.errors import ThreadExists, UsageError
from hitl_tui.graphs.loading import load_file, load_graph
from hitl_tui.inbox.agents_code import known_types
from hitl_tui.inbox.python_files import is_python, python_graph
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.trust import trust
from hitl_tui.model.graph import Graph
from hitl_tui.model.interaction import refuse_answers
from hitl_tui.model.jsontext import iso, to_json
from hitl_tui.model.session_code import session_class
from hitl_tui.store.starts import Start

MAX_ID = 200


async def start(
    session: Session,
    file: Path,
    graph_name: str | None,
    inputs: dict[str, Any],
    thread_id: str | None,
    agents: str | None,
    priority: int,
) -> str:
    """Check the file and its agents code, trust that code, store the thread as ready."""
    if thread_id is not None:
        check_id(thread_id)
    _check_inputs(inputs)
    graph, reference = await _graph_of(session, file, graph_name, agents)
    if reference:
        trust(reference)
    for _ in range(10):
        name = thread_id or f"{slug(graph.name)}-{session.new_id()}"
        try:
            await _put(session, graph, inputs, name, str(file), reference, priority)
        except ThreadExists:
            if thread_id:
                raise
            continue
        return name
    raise ThreadExists("no free thread id was found", hint="give one with --thread-id")


async def start_graph(session: Session, graph: Graph, inputs: dict[str, Any], thread_id: str, source: str) -> None:
    """Store a thread of a graph that was built in Python as ready; its agents code is the graph's."""
    check_id(thread_id)
    _check_inputs(inputs)
    if graph.agents is not None and session_class(graph.agents) is None:
        trust(graph.agents)
    await _put(session, graph, inputs, thread_id, source, graph.agents, 0)


def _check_inputs(inputs: dict[str, Any]) -> None:
    to_json(inputs, "input")
    refuse_answers(inputs, "the input")


async def _put(
    session: Session,
    graph: Graph,
    inputs: dict[str, Any],
    thread_id: str,
    source: str,
    agents: str | None,
    priority: int,
) -> None:
    start = Start(
        thread_id=thread_id,
        graph=graph,
        source=source,
        state=inputs,
        agents=agents,
        priority=priority,
        actor=session.actor,
        via=session.via,
        now=iso(session.clock()),
    )
    await session.wake(thread_id, start)


async def _graph_of(session: Session, file: Path, name: str | None, agents: str | None) -> tuple[Graph, str | None]:
    """The graph, and the reference of its agents code."""
    hosts = None if session.runner is None else session.runner.hosts
    if is_python(file):
        graph = await python_graph(file, name, agents, hosts)
        return graph, graph.agents
    named = agents or load_file(file, known=None).agents
    reference = absolute_reference(named, current_folder()) if named else None
    return load_graph(file, name, known=await known_types(reference, hosts)), reference


def slug(name: str) -> str:
    """A graph's name as the start of a thread id: lower case, words joined by hyphens."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:40] or "thread"


def check_id(thread_id: str, what: str = "a thread id") -> None:
    """Refuse an id that is empty, longer than 200 characters, or not printable; raises `UsageError`."""
    if not thread_id.strip() or len(thread_id) > MAX_ID or not thread_id.isprintable():
        raise UsageError(
            f"{thread_id[:40]!r} cannot be {what}",
            hint=f"use 1 to {MAX_ID} printable characters, e.g. order-1234",
        )
