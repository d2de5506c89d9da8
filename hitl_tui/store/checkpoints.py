"""What a thread's earlier states are computed from: how it began, what came from outside, and its steps."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hitl_tui.model.jsontext import from_json, to_json
from hitl_tui.store import queries, steps
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry, Thread, not_found, thread_of

SQL = queries.load("checkpoints")
THREADS = queries.load("threads")


@dataclass(frozen=True, slots=True)
class Given:
    """Values that came into the state from outside, before this superstep merged."""

    superstep: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Effect:
    """A recorded effect (`once`) of one node run; without `done` it may or may not have happened."""

    node: str
    visit: int
    key: str
    done: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a forked thread came from, and where it began."""

    thread_id: str
    at: int
    frontier: tuple[FrontierEntry, ...]
    visits: dict[str, int]
    outcome: str | None

    def to_json(self) -> str:
        """As it is stored."""
        frontier = [{"node": entry.node, "visit": entry.visit} for entry in self.frontier]
        fields = {"thread": self.thread_id, "at": self.at, "frontier": frontier}
        return to_json(fields | {"visits": self.visits, "outcome": self.outcome}, "origin")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A thread and all that is recorded of its way; `origin` is None unless it was forked."""

    thread: Thread
    origin: Origin | None
    given: Sequence[Given]
    steps: Sequence[Step]
    effects: Sequence[Effect]


def recorded(connection: sqlite3.Connection, thread_id: str) -> Recorded:
    """All of it at one moment; raises `ThreadNotFound`."""
    row = _row(connection, thread_id)
    names = {"thread": thread_id}
    return Recorded(
        thread=thread_of(row),
        origin=_origin(row["forked_from"]),
        given=given(connection, thread_id),
        steps=steps.of_thread(connection, thread_id),
        effects=[
            Effect(item["node"], item["visit"], item["key"], item["result"] is not None)
            for item in connection.execute(SQL["effects"], names)
        ],
    )


def begun(connection: sqlite3.Connection, thread_id: str) -> list[Effect]:
    """The effects of a thread whose end is not recorded; what is harmless may have any end."""
    rows = connection.execute(SQL["begun"], {"thread": thread_id})
    return [Effect(row["node"], row["visit"], row["key"], done=False) for row in rows]


def origin_of(connection: sqlite3.Connection, thread_id: str) -> Origin | None:
    """Where a thread came from, if it was forked; raises `ThreadNotFound`."""
    return _origin(_row(connection, thread_id)["forked_from"])


def superstep_at(connection: sqlite3.Connection, origin: Origin) -> int | None:
    """The superstep of the original before which a fork of it began; None where the original was removed."""
    row = connection.execute(SQL["superstep_of"], {"thread": origin.thread_id, "step": origin.at}).fetchone()
    return None if row is None else int(row["superstep"])


def given(connection: sqlite3.Connection, thread_id: str) -> list[Given]:
    """What came into a thread's state from outside, in its order."""
    rows = connection.execute(SQL["given"], {"thread": thread_id})
    return [Given(row["superstep"], from_json(row["vals"])) for row in rows]


def given_since(connection: sqlite3.Connection, thread_id: str, request_id: str) -> dict[str, Any]:
    """What was put into the state since the step of this request first asked."""
    row = connection.execute(SQL["changes_since_asked"], {"thread": thread_id, "request": request_id}).fetchone()
    newest = given(connection, thread_id)[-row["changes"] :] if row["changes"] else []
    values: dict[str, Any] = {}
    for change in newest:
        values |= change.values
    return values


def _row(connection: sqlite3.Connection, thread_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(THREADS["thread"], {"id": thread_id}).fetchone()
    if row is None:
        raise not_found(connection, thread_id)
    return row


def _origin(text: str | None) -> Origin | None:
    if text is None:
        return None
    found = from_json(text)
    frontier = tuple(FrontierEntry(**entry) for entry in found["frontier"])
    return Origin(found["thread"], found["at"], frontier, found["visits"], found["outcome"])
