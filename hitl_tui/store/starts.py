"""How a thread begins."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from hitl_tui.model.graph import Graph
from hitl_tui.model.jsontext import own_to_json, to_json
from hitl_tui.store import leases
from hitl_tui.store.leases import Claimant
from hitl_tui.store.threads import SQL, FrontierEntry, audit, check_unused, frontier_json, give
from hitl_tui.store.waking import Waking


@dataclass(slots=True)
class Start(Waking[None]):
    """Insert graph, thread at its entry node and audit row; raises `ThreadExists`."""

    thread_id: str
    graph: Graph
    source: str
    state: dict[str, Any]
    agents: str | None
    priority: int
    actor: str
    via: str
    now: str

    def leased_to(self, connection: sqlite3.Connection, claimant: Claimant | None) -> tuple[None, bool]:
        check_unused(connection, self.thread_id)
        connection.execute(
            SQL["insert_graph"],
            {
                "digest": self.graph.id,
                "name": self.graph.name,
                "definition": self.graph.definition,
                "source": self.source,
                "now": self.now,
            },
        )
        woken = leases.woken(self.agents, claimant)
        names = {
            "id": self.thread_id,
            "graph": self.graph.id,
            "graph_name": self.graph.name,
            "state": to_json(self.state),
            "frontier": frontier_json((FrontierEntry(self.graph.start, 1),)),
            "visits": own_to_json({self.graph.start: 1}),
            "priority": self.priority,
            "agents": self.agents,
            "now": self.now,
            **woken,
        }
        connection.execute(SQL["insert_thread"], names)
        if self.state:
            give(connection, self.thread_id, self.state)
        audit(connection, self.now, self.thread_id, None, "started", self.actor, self.via, {"graph": self.graph.name})
        return None, bool(woken["claims"])
