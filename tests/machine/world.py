"""What happened outside of the database: the effects that agents had, and what they saw when they began."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hitl_tui.agents.registry import Registry

Run = tuple[str, str, int]
"""Thread, node and visit."""


@dataclass
class World:
    """Outlives every process of the machine."""

    connection: sqlite3.Connection
    effects: Counter[tuple[str, str, int, str]] = field(default_factory=Counter)
    attempts: Counter[Run] = field(default_factory=Counter)
    came: Counter[str] = field(default_factory=Counter)
    """How often what was tried, for the report."""
    violations: list[str] = field(default_factory=list)

    def begins(self, run: Run, registry: Registry, *, overslept: bool) -> int:
        """A node that acts on the world begins: is what leads to it on disk? Returns which attempt it is."""
        self.attempts[run] += 1
        thread, node, visit = run
        row = self.connection.execute("select * from thread where id = ?", (thread,)).fetchone()
        # A run that slept may have lost its lease: it can commit nothing, but the node that it slept in goes on.
        if row["status"] == "running" and not overslept:
            frontier = [(entry["node"], entry["visit"]) for entry in json.loads(row["frontier"])]
            if (node, visit) not in frontier and not self._only_pure(row, frontier, registry):
                self.violations.append(f"{thread}: {node}:{visit} began while {frontier} was not done on disk")
        return self.attempts[run]

    def _only_pure(self, thread: Any, frontier: list[tuple[str, int]], registry: Registry) -> bool:
        """Whether everything that is not done on disk is of pure nodes, for whose results nobody waits."""
        definition = self.connection.execute("select definition from graph where digest = ?", (thread["graph"],))
        nodes = json.loads(definition.fetchone()[0])["nodes"]
        ended = self.connection.execute(
            "select node, visit from step where thread = ? and superstep = ? and status <> 'paused'",
            (thread["id"], thread["superstep"]),
        ).fetchall()
        left = set(frontier) - {(row["node"], row["visit"]) for row in ended}
        return all(registry.is_pure(nodes[name]["agent"]) for name, _ in left)
