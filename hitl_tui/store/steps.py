"""Steps as rows: one node run each; the history of a thread and the checkpoint of its current superstep."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hitl_tui.model.graph import Graph
from hitl_tui.model.interaction import RESPONSES
from hitl_tui.model.jsontext import from_json, to_json
from hitl_tui.model.kinds import StepStatus
from hitl_tui.model.reducers import Reducer
from hitl_tui.store import queries
from hitl_tui.store.threads import Thread

COMMITS = queries.load("commits")
HISTORY = queries.load("history")
_ADDING = (Reducer.APPEND, Reducer.ADD)

Kept = int | dict[str, "Kept"]
"""So many items of a list or characters of a text, or the same of some values of a mapping."""


@dataclass(slots=True)
class Step:
    """One node run. `writes` is what it adds to the state; a paused step is completed in place when it is answered."""

    seq: int
    superstep: int
    node: str
    visit: int
    status: StepStatus
    output: Any
    writes: dict[str, Any]
    error: dict[str, Any] | None
    code_sha: str | None
    started_at: str
    ended_at: str | None
    attempt: int = 1
    """Which attempt of its visit it was, from 1; a retry by hand counts anew."""
    retried: bool = False
    """Whether this step is run again: it failed and has a retry policy, or somebody asked."""
    again_at: str | None = None
    """When the next attempt may begin, where it is due to the retry policy."""
    logs: str | None = None
    """What the node printed and logged."""
    kept: dict[str, Kept] | None = None
    """How much of what grew in the writes stood in the state before, and is not among them (`engine/growth.py`)."""


def step_of(row: sqlite3.Row) -> Step:
    """A `Step` from a row of the step table."""
    return Step(
        seq=row["seq"],
        superstep=row["superstep"],
        node=row["node"],
        visit=row["visit"],
        status=StepStatus(row["status"]),
        output=from_json(row["output"]),
        writes=from_json(row["writes"]),
        error=from_json(row["error"]) if row["error"] else None,
        code_sha=row["code_sha"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        attempt=row["attempt"],
        retried=bool(row["retried"]),
        again_at=row["again_at"],
        logs=row["logs"],
        kept=from_json(row["kept"]) if row["kept"] else None,
    )


def in_superstep(connection: sqlite3.Connection, thread_id: str, superstep: int) -> list[Step]:
    """The steps of one superstep in their order; after a retry a node has several, the newest counts."""
    parameters = {"thread": thread_id, "superstep": superstep}
    return [step_of(row) for row in connection.execute(COMMITS["steps_of_superstep"], parameters)]


def give_way(connection: sqlite3.Connection, thread: Thread, graph: Graph, values: dict[str, Any]) -> None:
    """Fields that somebody sets by hand stand: finished steps of the unfinished superstep do not write them later.

    What a reducer adds to a field is added all the same; of what it merges, the keys that were not set.
    """
    for step in in_superstep(connection, thread.id, thread.superstep):
        left = _beside(values, step.writes, graph.nodes[step.node].scope, graph)
        if left != step.writes:
            names = {"thread": thread.id, "seq": step.seq, "writes": to_json(left)}
            connection.execute(COMMITS["set_writes"], names)


def _beside(values: dict[str, Any], writes: dict[str, Any], scope: tuple[str, ...], graph: Graph) -> dict[str, Any]:
    left = {}
    for key, value in writes.items():
        reducer = graph.reducers.get((scope, key))
        if reducer is Reducer.MERGE and isinstance(value, dict):
            left[key] = {inner: one for inner, one in value.items() if not _holds(values, (*scope, key, inner))}
        elif key == RESPONSES or reducer in _ADDING or not _holds(values, (*scope, key)):
            left[key] = value
    return left


def _holds(values: Any, path: Sequence[str]) -> bool:
    for name in path:
        if not isinstance(values, dict) or name not in values:
            return False
        values = values[name]
    return True


def of_thread(connection: sqlite3.Connection, thread_id: str) -> list[Step]:
    """The whole history of a thread, oldest first."""
    return [step_of(row) for row in connection.execute(HISTORY["steps"], {"thread": thread_id})]
