"""The workflow of a thread as a chart, with the path that the thread took."""

from __future__ import annotations

import sqlite3

from hitl_tui.graphs.charting import Ran, chart_of
from hitl_tui.inbox.session import Session
from hitl_tui.model.chart import Chart
from hitl_tui.model.kinds import ENDED, StepStatus, ThreadStatus
from hitl_tui.store import steps, threads
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import Thread, graph_of


async def chart(session: Session, thread_id: str) -> Chart:
    """The definition that the thread started with, drawn on what it ran so far."""
    thread, history = await session.database.read(lambda connection: _read(connection, thread_id))
    graph = await graph_of(session.database, thread.graph)
    counted = [step for step in history if step.status is not StepStatus.PAUSED and not step.retried]
    ran = [Ran(step.superstep, step.node, step.status is not StepStatus.OK) for step in counted]
    now = {entry.node for entry in thread.frontier}
    # A failed thread stands where it failed.
    return chart_of(graph, ran, now, ended=thread.status in ENDED and thread.status is not ThreadStatus.FAILED)


def _read(connection: sqlite3.Connection, thread_id: str) -> tuple[Thread, list[Step]]:
    return threads.locked(connection, thread_id), steps.of_thread(connection, thread_id)
