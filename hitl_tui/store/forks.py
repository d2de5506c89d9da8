"""A new thread that begins where another one once stood."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hitl_tui.model.jsontext import own_to_json, to_json
from hitl_tui.store import queries
from hitl_tui.store.checkpoints import Origin
from hitl_tui.store.threads import Thread, audit, check_unused, frontier_json, give

SQL = queries.load("forks")


@dataclass(frozen=True, slots=True)
class Fork:
    """Start `thread_id` at `origin` with this state; the original stays as it is."""

    thread_id: str
    original: Thread
    origin: Origin
    state: dict[str, Any]
    edited: Sequence[str]
    """The keys of it that differ from the original because somebody said so."""
    actor: str
    via: str
    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Insert the thread and an audit row for each of the two; raises `ThreadExists`."""
        original, origin = self.original, self.origin
        check_unused(connection, self.thread_id)
        names = {
            "id": self.thread_id,
            "graph": original.graph,
            "graph_name": original.graph_name,
            "outcome": origin.outcome,
            "state": to_json(self.state),
            "frontier": frontier_json(origin.frontier),
            "visits": own_to_json(origin.visits),
            "priority": original.priority,
            "agents": original.agents,
            "forked_from": origin.to_json(),
            "now": self.now,
        }
        connection.execute(SQL["insert"], names)
        give(connection, self.thread_id, self.state)
        # Names only: values may be secret (row 59).
        edited = {"keys": list(self.edited)} if self.edited else {}
        self._audit(connection, original.id, {"to": self.thread_id, "at": origin.at})
        self._audit(connection, self.thread_id, {"from": original.id, "at": origin.at, **edited})

    def _audit(self, connection: sqlite3.Connection, thread_id: str, details: dict[str, Any]) -> None:
        audit(connection, self.now, thread_id, None, "forked", self.actor, self.via, details)
