"""Threads and graphs as rows: start, read, audit."""

from __future__ import annotations

import shlex
import sqlite3
import unicodedata
from dataclasses import dataclass
from typing import Any, NamedTuple

from hitl_tui.errors import ThreadExists, ThreadNotFound
from hitl_tui.model.graph import Graph
from hitl_tui.model.jsontext import from_json, own_to_json, to_json
from hitl_tui.model.kinds import ThreadStatus
from hitl_tui.store import queries
from hitl_tui.store.database import Database

SQL = queries.load("threads")
COMMITS = queries.load("commits")
GRAPHS_KEPT = 100


class FrontierEntry(NamedTuple):
    """A node that runs next; `visit` counts its runs in this thread from 1."""

    node: str
    visit: int


@dataclass(slots=True)
class Thread:
    """One execution of a graph, as it stands on disk."""

    id: str
    graph: str
    graph_name: str
    status: ThreadStatus
    outcome: str | None
    state: dict[str, Any]
    frontier: tuple[FrontierEntry, ...]
    visits: dict[str, int]
    superstep: int
    steps: int
    open_requests: int
    priority: int
    agents: str | None
    error: dict[str, Any] | None
    lease_owner: str | None
    lease_epoch: int
    takeovers: int
    created_at: str
    updated_at: str
    assignee: str | None = None
    pruned_at: str | None = None
    wake_at: str | None = None
    """Until when a ready thread sleeps: then the next attempt of a node may begin."""


def thread_of(row: sqlite3.Row) -> Thread:
    """A `Thread` from a row of the thread table."""
    # A `Row` looks through all its columns for each name.
    at = dict(zip(row.keys(), row, strict=True))
    return Thread(
        id=at["id"],
        graph=at["graph"],
        graph_name=at["graph_name"],
        status=ThreadStatus(at["status"]),
        outcome=at["outcome"],
        state=from_json(at["state"]),
        frontier=tuple(FrontierEntry(**entry) for entry in from_json(at["frontier"])),
        visits=from_json(at["visits"]),
        superstep=at["superstep"],
        steps=at["steps"],
        open_requests=at["open_requests"],
        priority=at["priority"],
        agents=at["agents"],
        error=from_json(at["error"]) if at["error"] else None,
        lease_owner=at["lease_owner"],
        lease_epoch=at["lease_epoch"],
        takeovers=at["takeovers"],
        created_at=at["created_at"],
        updated_at=at["updated_at"],
        assignee=at["assignee"],
        pruned_at=at["pruned_at"],
        wake_at=at["wake_at"],
    )


def frontier_json(frontier: tuple[FrontierEntry, ...]) -> str:
    """The frontier as it is stored."""
    return own_to_json([{"node": entry.node, "visit": entry.visit} for entry in frontier])


async def find(database: Database, thread_id: str) -> Thread:
    """The thread, else `ThreadNotFound`."""
    return await database.read(lambda connection: locked(connection, thread_id))


async def graph_of(database: Database, digest: str) -> Graph:
    """The definition a thread started with; in one database it never changes."""
    kept = database.graphs
    if digest not in kept:
        found = await database.read(lambda connection: definition(connection, digest))
        if len(kept) >= GRAPHS_KEPT:
            kept.clear()
        kept[digest] = found
    return kept[digest]


def definition(connection: sqlite3.Connection, digest: str) -> Graph:
    """The graph with this digest, which some thread started with."""
    row = connection.execute(SQL["graph"], {"digest": digest}).fetchone()
    assert row is not None, f"graph {digest} is referenced but missing"
    return Graph.model_validate_json(row["definition"])


async def graph_names(database: Database) -> list[str]:
    """The names of all graphs that threads of this database started with."""
    return [row["name"] for row in await database.rows(SQL["graph_names"])]


def check_unused(connection: sqlite3.Connection, thread_id: str) -> None:
    """Refuse an id that another thread has, or had: services would take the new one's keys for that one's.

    Raises `ThreadExists`. Every thread is in the audit, also when it was removed. Where an accented letter is one
    character in the one id and two in the other, nobody can tell the threads apart.
    """
    alike = dict.fromkeys([thread_id, *(unicodedata.normalize(form, thread_id) for form in ("NFC", "NFD"))])
    used = next((each for each in alike if connection.execute(SQL["used"], {"id": each}).fetchone()), None)
    if used is None:
        return
    other = "give another thread id (without --thread-id `hitl run` makes one)"
    if connection.execute(SQL["thread"], {"id": used}).fetchone() is None:
        raise ThreadExists(
            f"Thread '{used}' was removed, and its id is not used again: services may still know its idempotency keys",
            hint=f"{other}; `hitl audit {shlex.quote(used)}` shows what happened in it",
            thread_id=used,
        )
    raise ThreadExists(
        f"Thread '{used}' already exists", hint=f"{other}, or resume the thread that is there", thread_id=used
    )


def give(connection: sqlite3.Connection, thread_id: str, values: dict[str, Any]) -> None:
    """Keep what came into the state from outside, so that the state of any superstep can be computed again."""
    connection.execute(SQL["give"], {"thread": thread_id, "values": to_json(values)})


def locked(connection: sqlite3.Connection, thread_id: str) -> Thread:
    """The thread as this transaction sees it, else `ThreadNotFound`."""
    row = connection.execute(SQL["thread"], {"id": thread_id}).fetchone()
    if row is None:
        raise not_found(connection, thread_id)
    return thread_of(row)


def not_found(connection: sqlite3.Connection, thread_id: str) -> ThreadNotFound:
    """The refusal of an id that no thread has; it says so where it is the name of a request (row 87)."""
    row = connection.execute(SQL["asks"], {"name": thread_id}).fetchone()
    return ThreadNotFound(thread_id, None if row is None else row["thread"])


def audit(
    connection: sqlite3.Connection,
    now: str,
    thread: str,
    request: str | None,
    event: str,
    actor: str,
    via: str,
    details: dict[str, Any],
) -> None:
    """Append one audit row."""
    connection.execute(SQL["insert_audit"], (now, thread, request, event, actor, via, own_to_json(details)))
