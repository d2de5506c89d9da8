"""Before a decision: what each allowed answer would lead to, with the definition that the thread started with."""

from __future__ import annotations

import asyncio
import sqlite3

from hitl_tui.engine.preview import Situation, preview
from hitl_tui.errors import RequestNotFound
from hitl_tui.inbox.session import Session
from hitl_tui.model.consequence import Consequence
from hitl_tui.model.kinds import StepStatus
from hitl_tui.store import requests, steps, threads
from hitl_tui.store.requests import StoredRequest
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry, Thread, graph_of


async def consequences(session: Session, thread_id: str, request_id: str) -> list[Consequence]:
    """What the answers to an open request lead to; nothing is stored, and no code of the user's is run."""
    thread, done, asked = await session.database.read(lambda connection: _read(connection, thread_id))
    if not any(item.id == request_id for items in asked.values() for item in items):
        raise RequestNotFound(thread_id, request_id)
    graph = await graph_of(session.database, thread.graph)
    # Beside the screen: a state of megabytes takes a moment.
    return await asyncio.to_thread(preview, Situation(thread, graph, done, asked), request_id)


def _read(
    connection: sqlite3.Connection, thread_id: str
) -> tuple[Thread, list[Step], dict[FrontierEntry, list[StoredRequest]]]:
    """The thread, the steps of its superstep, and what the paused ones among them asked: all of one moment."""
    thread = threads.locked(connection, thread_id)
    done = steps.in_superstep(connection, thread_id, thread.superstep)
    paused = [step for step in done if step.status is StepStatus.PAUSED]
    asked = {
        FrontierEntry(step.node, step.visit): requests.asked(connection, thread_id, step.node, step.visit)
        for step in paused
    }
    return thread, done, asked
