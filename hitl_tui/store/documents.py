"""Documents by collection, for interaction handlers: free ones, and the workflows' own tables seen as documents.

Times in documents are UTC without a zone, as the documents of the specification compare them with `utcnow()`; in
`interaction_audit` they have it, as the handler of the specification writes them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from hitl_tui.errors import UsageError
from hitl_tui.model.interaction import new_id
from hitl_tui.model.jsontext import from_iso, from_json, to_json
from hitl_tui.model.kinds import ThreadStatus
from hitl_tui.store import queries
from hitl_tui.store.database import Database
from hitl_tui.store.leases import Lease
from hitl_tui.store.turns import check_lease

SQL = queries.load("documents")
THREADS, INTERACTIONS, RESPONSES, AUDIT = "threads", "interactions", "responses", "interaction_audit"
VIEWS = (THREADS, INTERACTIONS, RESPONSES)
"""The collections that show the workflows' own tables."""
_ENTRY = "response_"
"""With the id of a request, the name of what `interaction_audit` says of its answer: nobody else has a say in that."""
AT_ONCE = 500
MAX_NAME = 200

Document = dict[str, Any]
MODES = ("write", "update")


def free(
    collection: str, document_id: str | None, data: Document, mode: str, now: str, lease: Lease | None = None
) -> WriteDocument:
    """The write of a free document, under a new id where it has none; raises `UsageError`."""
    name = str(new_id()) if document_id is None else document_id
    for what, given in (("collection", collection), ("document", name)):
        if not given.isprintable() or not 0 < len(given) <= MAX_NAME:
            raise UsageError(f"{given[:40]!r} cannot name a {what}", hint=f"use 1 to {MAX_NAME} printable characters")
    if collection in VIEWS:
        raise UsageError(
            f"the collection '{collection}' shows what workflows do, and is not written from inside of a node",
            hint="a node asks, people answer; what a handler keeps goes into a collection of its own",
        )
    if mode not in MODES:
        raise UsageError(f"'{mode}' is no mode of writing", hint='use mode="write" or mode="update"')
    return WriteDocument(collection, name, data, mode, now, lease)


async def find(database: Database, collection: str, document_id: str) -> Document | None:
    """One document, None where there is none."""
    view = _VIEWS.get(collection)
    if view is not None:
        row = await database.row(SQL[view.one], {"id": document_id})
        if row is None and collection == THREADS:
            return await _addressed(database, document_id)
        return None if row is None else view.document(row)
    if collection == AUDIT and document_id.startswith(_ENTRY):
        names = {"id": document_id.removeprefix(_ENTRY)}
        row = await database.row(SQL["response"], names)
        if row is not None:
            return _entry(row)
        if await database.row(SQL["interaction"], names) is not None:
            return None
    row = await database.row(SQL["document"], {"collection": collection, "id": document_id})
    return None if row is None else from_json(row["data"])


async def matching(database: Database, collection: str, criteria: Mapping[str, Any]) -> list[Document]:
    """All documents of a collection whose fields equal the criteria, all but those of `responses` with their `id`."""
    status = criteria.get("status")
    if collection == AUDIT:
        views = [_ENTRIES, _NOTES]
    elif collection == THREADS and isinstance(status, str):
        of_status = "running_threads" if status == ThreadStatus.RUNNING else "threads_of_status"
        views = [replace(_VIEWS[THREADS], many=of_status)]
    else:
        views = [_VIEWS.get(collection, _FREE)]
    names = {"collection": collection, "status": status, "limit": AT_ONCE}
    found: list[Document] = []
    for view in views:
        after: int | str = view.first
        while rows := await database.rows(SQL[view.many], names | {"after": after}):
            made = (view.document(row) for row in rows)
            found += [one for one in made if all(one.get(key) == value for key, value in criteria.items())]
            after = rows[-1]["place"]
    return found


@dataclass(frozen=True, slots=True)
class WriteDocument:
    """Put a free document in the place of what was there, or with `update` add these fields to it.

    An agent's writes carry the lease of its thread.
    """

    point: ClassVar[str] = "document"
    collection: str
    document_id: str
    data: Document
    mode: str
    now: str
    lease: Lease | None = None

    def __call__(self, connection: sqlite3.Connection) -> Document:
        """The document as it now is, with its `id`; raises `LeaseLost`."""
        if self.lease is not None:
            check_lease(connection, self.lease)
        names = {"collection": self.collection, "id": self.document_id}
        data = self.data
        if self.mode == "update":
            row = connection.execute(SQL["document"], names).fetchone()
            data = {**(from_json(row["data"]) if row else {}), **data}
        text = to_json(data, f"{self.collection}.{self.document_id}")
        connection.execute(SQL["put_document"], {**names, "data": text, "now": self.now})
        return {"id": self.document_id, **data}


@dataclass(frozen=True, slots=True)
class _View:
    """How a table is read: the query for one row, that for many, a row as a document, and before the first `place`."""

    one: str
    many: str
    document: Callable[[sqlite3.Row], Document]
    first: int | str = 0


def _thread(row: sqlite3.Row) -> Document:
    return {
        "id": row["id"],
        "graph": row["graph_name"],
        "status": row["status"],
        "outcome": row["outcome"],
        "assignee": row["assignee"],
        "pending_interaction_id": row["pending"],
        "timeout_response_id": row["timed_out"],
        "created_at": _naive(row["created_at"]),
        "updated_at": _naive(row["updated_at"]),
    }


def _interaction(row: sqlite3.Row) -> Document:
    return {
        "id": row["id"],
        "thread_id": row["alias"] or row["thread"],
        "node_name": row["label"] or row["node"],
        "graph": row["graph_name"],
        "interaction_type": row["type"],
        "prompt": row["prompt"],
        "context": from_json(row["context"]),
        "options": from_json(row["options"]),
        "timeout_seconds": _seconds(row),
        "status": row["status"],
        "risk": row["risk"],
        "created_at": _naive(row["created_at"]),
    }


def _response(row: sqlite3.Row) -> Document:
    return {
        "request_id": row["request"],
        "action": row["action"],
        "data": from_json(row["data"]),
        "actor": row["actor"],
        "timestamp": _naive(row["at"]),
    }


def _entry(row: sqlite3.Row) -> Document:
    """What row 59 asks for, of any answer, however it was given: names of the data's keys, never values.

    What a handler has written there itself adds to it, and changes nothing of it (row 60).
    """
    return {
        **from_json(row["own"] or "{}"),
        "request_id": row["request"],
        "action": row["action"],
        "timestamp": from_iso(row["at"]).isoformat(),
        "data_keys": list(from_json(row["data"])),
    }


def _listed_entry(row: sqlite3.Row) -> Document:
    return {**_entry(row), "id": f"{_ENTRY}{row['request']}"}


def _free(row: sqlite3.Row) -> Document:
    return {"id": row["place"], **from_json(row["data"])}


_VIEWS = {
    THREADS: _View("thread", "threads", _thread),
    INTERACTIONS: _View("interaction", "interactions", _interaction),
    RESPONSES: _View("response", "responses", _response),
}
_FREE = _View("document", "documents", _free, "")
_ENTRIES = _View("response", "responses", _listed_entry)
_NOTES = _View("document", "notes", _free, "")
"""What else is written into `interaction_audit`."""


def _naive(text: str) -> str:
    return from_iso(text).replace(tzinfo=None).isoformat()


def _seconds(row: sqlite3.Row) -> float | None:
    """The time that a person has, from the question to its deadline as it now is: an undo moves it on."""
    if row["due_at"] is None:
        return None
    seconds = (from_iso(row["due_at"]) - from_iso(row["created_at"])).total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


async def _addressed(database: Database, name: str) -> Document | None:
    """A question that has a name of its own, as the thread which that name stands for."""
    row = await database.row(SQL["addressed"], {"id": name})
    if row is None:
        return None
    parent = await database.row(SQL["thread"], {"id": row["thread"]})
    assert parent is not None, "a request belongs to a thread"
    is_open = row["closed_at"] is None
    standing = {
        "status": "paused" if is_open else row["status"],
        "pending_interaction_id": row["id"] if is_open else None,
    }
    timed_out = {"timeout_response_id": row["id"] if row["status"] == "timed_out" else None}
    return {**_thread(parent), "id": name, "parent_id": row["thread"], **standing, **timed_out}


@dataclass(frozen=True, slots=True)
class Addressed:
    """What a name that an agent gave stands for: a request, and the thread that asked it."""

    thread_id: str
    request_id: str


async def addressed(database: Database, name: str) -> list[Addressed]:
    """The open requests of this name, at most two; else the newest one that was answered."""
    rows = await database.rows(SQL["addressed"], {"id": name})
    found = [row for row in rows if row["closed_at"] is None] or rows[:1]
    return [Addressed(row["thread"], row["id"]) for row in found]
