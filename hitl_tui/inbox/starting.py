"""Start a thread of a workflow file."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from hitl_tui.agents import builtins
from hitl_tui.agents.loading import absolute_reference, code_sha
from hitl_tui.engine.hosts import Hosts
from hitl_tui.errors import ThreadExists, UsageError
from hitl_tui.graphs.loading import load_file, load_graph
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.trust import trust
from hitl_tui.model.jsontext import iso, to_json
from hitl_tui.store.threads import Start

MAX_ID = 200
# What a reference defines, by its code: asking again would cost a process, and so would several who ask at once.
_NAMES: dict[tuple[str, str | None], tuple[str, ...]] = {}
_ASKED: dict[tuple[str, str | None], asyncio.Task[tuple[str, ...]]] = {}


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
    to_json(inputs, "input")
    named = agents or load_file(file, known=None).agents
    reference = absolute_reference(named, Path.cwd()) if named else None
    graph = load_graph(file, graph_name, known=await known_types(reference))
    if reference:
        trust(reference)
    for _ in range(10):
        name = thread_id or f"{slug(graph.name)}-{session.new_id()}"
        try:
            await session.wake(
                name,
                Start(
                    thread_id=name,
                    graph=graph,
                    source=str(file),
                    state=inputs,
                    agents=reference,
                    priority=priority,
                    actor=session.actor,
                    via=session.via,
                    now=iso(session.clock()),
                ),
            )
        except ThreadExists:
            if thread_id:
                raise
            continue
        return name
    raise ThreadExists("no free thread id was found", hint="give one with --thread-id")


async def known_types(reference: str | None) -> tuple[str, ...]:
    """The built-in agent types and those of a reference; raises `AgentsNotLoaded`. This runs the reference's code."""
    known = builtins.registry().names
    if reference is None:
        return known
    code = (reference, code_sha(reference))
    if code not in _NAMES:
        if code not in _ASKED:
            _ASKED[code] = asyncio.create_task(Hosts(keep=0).names(reference))
            _ASKED[code].add_done_callback(lambda _: _ASKED.pop(code))
        # One who gives up leaves the answer to the others.
        _NAMES[code] = await asyncio.shield(_ASKED[code])
    return known + _NAMES[code]


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
