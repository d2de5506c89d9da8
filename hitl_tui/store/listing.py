"""Windows over the inbox: open requests, and threads where none is open, in one order.

For `Database.read`: a window and the total that it is shown with belong to one moment.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hitl_tui.model.kinds import Sort, ThreadStatus
from hitl_tui.store import queries
from hitl_tui.store.unusable import Contradiction

SQL = queries.load("listing")

Order = Sort
_REQUEST_KEY: dict[Order, str] = {
    "due": "coalesce(due_at, '~')",
    "age": "created_at",
    "priority": "-priority",
    "type": "type || ' ' || coalesce(due_at, '~')",
}
_THREAD_KEY: dict[Order, str] = {"due": "'~'", "age": "created_at", "priority": "-priority", "type": "'~'"}
_REQUEST_POSITION = "step * 1048576 + position"
"""Parallel nodes count their questions each for itself, and no two nodes of a thread have a step in common."""
_THREAD_INDEX: dict[Order, str] = {
    "due": "thread_listed",
    "age": "thread_listed_age",
    "priority": "thread_listed_priority",
    "type": "thread_listed",
}
_AT = " and {key} = :place_k and {thread} = :place_t and {position} = :place_p"
_BEFORE = (
    " and {key} < :place_k",
    " and {key} = :place_k and {thread} < :place_t",
    " and {key} = :place_k and {thread} = :place_t and {position} < :place_p",
)
"""One after the other: each is a range of an index, in which no row need be compared."""
_SMALLEST = ("indexed by request_open", "indexed by request_priority")
"""For counting: all open requests, and those that are filtered."""
COUNT_CAP = 1001
_FEW = 2000
"""Found rows that are read and sorted sooner than all rows are walked along in their order."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows: open requests, other threads, or both; None leaves a column (`statuses`: of threads) unrestricted."""

    requests: bool
    threads: bool
    statuses: Sequence[str] | None = None
    types: Sequence[str] | None = None
    graphs: Sequence[str] | None = None
    risks: Sequence[str] | None = None
    assignees: Sequence[str] | None = None
    unassigned: bool = False
    asked_before: int | None = None
    """In seconds since the epoch."""
    awake_at: str | None = None
    """Only what is not put aside at that moment."""
    asleep_at: str | None = None
    """Only what is put aside at that moment."""
    text: str | None = None
    """Only what the search index finds by this query of FTS5."""
    keys: Sequence[str] | None = None
    """Only these, by the ids of requests and threads."""
    found: Sequence[int] | None = None
    """The documents of the search index that `text` found, where they are few."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in an order: sort key, thread id, and the position among the thread's requests; no two tie."""

    key: Any
    thread: str
    position: int


def searched(connection: sqlite3.Connection, selection: Selection) -> Selection:
    """The selection with what its text finds, where that is so little that it need not be looked for in all rows."""
    if selection.text is None:
        return selection
    rows = connection.execute(SQL["found"], {"text": selection.text, "limit": _FEW + 1}).fetchall()
    return replace(selection, found=[row["rowid"] for row in rows]) if len(rows) <= _FEW else selection


def window(
    connection: sqlite3.Connection,
    selection: Selection,
    order: Order,
    limit: int,
    offset: int = 0,
    after: Place | None = None,
    total: int = 0,
) -> list[tuple[Place, sqlite3.Row]]:
    """At most `limit` rows from `offset`, or after a place, each with its place.

    With the `total` of rows known, a window in the second half is cut from the end: half the way to skip.
    """
    backwards = after is None and 0 < total < 2 * offset
    if backwards:
        limit = max(min(limit, total - offset), 0)
        offset = max(total - offset - limit, 0)
    side, begin = ">", after
    if offset and after is None:
        side = "<=" if backwards else ">="
        begin, offset = _skipped(connection, selection, order, offset, backwards=backwards)
    cut = _cut(connection, selection, order, limit, offset, side, begin, backwards=backwards)
    if backwards:
        cut.reverse()
    found: dict[tuple[bool, int], sqlite3.Row] = {}
    for is_request, query in ((True, SQL["request_items"]), (False, SQL["thread_items"])):
        ids = [row["id"] for row in cut if bool(row["asked"]) is is_request]
        if ids:
            rows = connection.execute(query, {"ids": json.dumps(ids)})
            found.update({(is_request, row["id"]): row for row in rows})
    if len(found) < len(cut):
        raise Contradiction("rows of the list are missing")
    return [(Place(row["k"], row["t"], row["p"]), found[bool(row["asked"]), row["id"]]) for row in cut]


def _skipped(
    connection: sqlite3.Connection, selection: Selection, order: Order, offset: int, *, backwards: bool
) -> tuple[Place | None, int]:
    """A place before the row at `offset`, None for the first one, and how many rows are left to skip from there.

    Requests alone are skipped in a third of the time: none of them goes through a merge. What is left is at most as
    many rows as there are other threads.
    """
    if not (selection.requests and selection.threads):
        return None, offset
    requests, threads = replace(selection, threads=False), replace(selection, requests=False)
    others = count(connection, threads)
    skip = offset - others
    rows = _cut(connection, requests, order, 1, skip, "", None, backwards=backwards) if skip > 0 else []
    if not rows:
        return None, offset
    begin = Place(rows[0]["k"], rows[0]["t"], rows[0]["p"])
    before = count(connection, threads, order, begin)
    return begin, before if backwards else others - before


def _beside(order: Order, sign: str) -> str:
    # Where the key is a column SQLite seeks by the row value; where it is an expression it would test row by row, but
    # seeks by a comparison of the key alone.
    near = "" if order == "age" else f" and {{key}} {sign[0]}= :place_k"
    return near + f" and ({{key}}, {{thread}}, {{position}}) {sign} (:place_k, :place_t, :place_p)"


def _cut(
    connection: sqlite3.Connection,
    selection: Selection,
    order: Order,
    limit: int,
    offset: int,
    side: str,
    begin: Place | None,
    *,
    backwards: bool,
) -> list[sqlite3.Row]:
    """Places and row ids from `offset`, of the rows on this side of a place."""
    direction = "desc" if backwards else "asc"
    sql = " union all ".join(_parts(selection, order, _beside(order, side) if begin else ""))
    sql += f" order by k {direction}, t {direction}, p {direction} limit :limit offset :offset"
    return _run(connection, sql, {**_names(selection, begin), "limit": limit, "offset": offset}).fetchall()


def count(
    connection: sqlite3.Connection, selection: Selection, order: Order = "due", before: Place | None = None
) -> int:
    """How many rows there are, or how many stand before a place."""
    total = 0
    for cut in _BEFORE if before else ("",):
        for part in _parts(selection, order, cut, counting=before is None):
            sql = f"select count(*) {part[part.index(' from ') :]}"  # noqa: S608 - our own fragments
            total += int(_run(connection, sql, _names(selection, before)).fetchone()[0])
    return total


def place(connection: sqlite3.Connection, selection: Selection, order: Order, item: str) -> Place | None:
    """The place of a request or thread by its id, None when it is not among the selection."""
    for query, keys in (("place_of_request", _REQUEST_KEY), ("place_of_thread", _THREAD_KEY)):
        sql = SQL[query].format(key=keys[order], position=_REQUEST_POSITION)
        row = connection.execute(sql, {"item": item}).fetchone()
        if row is None:
            continue
        found = Place(row["k"], row["t"], row["p"])
        text = {"doc": row["doc"], "text": selection.text}
        if selection.text is not None and connection.execute(SQL["is_found"], text).fetchone() is None:
            continue
        here = replace(selection, text=None, found=None)
        parts = _parts(here, order, _AT)
        if _run(connection, " union all ".join(parts), _names(here, found)).fetchone() is not None:
            return found
    return None


def any_snoozed(connection: sqlite3.Connection, now: str) -> bool:
    """Whether some request is put aside: where none is, no list need look for it."""
    return connection.execute(SQL["any_snoozed"], {"now": now}).fetchone() is not None


def counts(connection: sqlite3.Connection, now: str, soon: str, stuck: str, trusted: Sequence[str]) -> sqlite3.Row:
    """The header's figures, each counted up to `COUNT_CAP`, and whether a hold should have ended before `stuck`."""
    names = {"now": now, "soon": soon, "stuck": stuck, "cap": COUNT_CAP, "trusted": json.dumps(list(trusted))}
    row: sqlite3.Row = connection.execute(SQL["counts"], names).fetchone()
    return row


def _parts(selection: Selection, order: Order, cut: str, *, counting: bool = False) -> list[str]:
    """The queries whose union is the selection, cut at a place; `counting` needs them in no order."""
    given = {name for name, value in _names(selection, None).items() if value is not None}
    parts = []
    if selection.threads:
        key = _THREAD_KEY[order]
        rest = _filters("thread_filters", given) + cut.format(key=key, thread="id", position="-1")
        # Found or named ones are looked up.
        index = "" if given & {"found", "keys"} else f"indexed by {_THREAD_INDEX[order]}"
        parts += [SQL[query].format(key=key, index=index) + rest for query in ("running_threads", "other_threads")]
    # The last ones, of which there are most: a row goes through a merge for each part that comes later.
    if selection.requests:
        filters = _filters("request_filters", given)
        index = _SMALLEST[bool(filters)] if counting else f"indexed by request_{order}"
        if "unpaused" in given:
            # Of few threads, which are looked up.
            index = "indexed by request_place"
        elif "keys" in given:
            index = ""
        key = _REQUEST_KEY[order]
        here = cut.format(key=key, thread="thread", position=_REQUEST_POSITION)
        query = SQL["open_requests"].format(key=key, position=_REQUEST_POSITION, index=index)
        parts.append(query + filters + here)
    return parts


def _filters(query: str, given: set[str]) -> str:
    """The lines of a filter query whose parameter is given."""
    lines = SQL[query].splitlines()
    return "".join(f" {line}" for line in lines if line[line.rindex(":") + 1 :].rstrip(")") in given)


def _run(connection: sqlite3.Connection, sql: str, names: dict[str, Any]) -> sqlite3.Cursor:
    """Execute; of a list each value is a parameter: over all rows, to look into JSON would take a quarter longer."""
    plain: dict[str, Any] = {}
    for name, value in names.items():
        if isinstance(value, (list, tuple)):
            each = {f"{name}_{number}": one for number, one in enumerate(value)}
            sql = sql.replace(f"(:{name})", f"({', '.join(f':{one}' for one in each)})")
            plain |= each
        else:
            plain[name] = value
    return connection.execute(sql, plain)


def _names(selection: Selection, place: Place | None) -> dict[str, Any]:
    statuses = selection.statuses
    with_paused = statuses is not None and ThreadStatus.PAUSED in statuses
    return {
        "statuses": statuses,
        "paused_and": statuses if with_paused else None,
        "unpaused": None if with_paused else statuses,
        "types": selection.types,
        "graphs": selection.graphs,
        "risks": selection.risks,
        "assignees": selection.assignees,
        "unassigned": selection.unassigned or None,
        "asked_before": selection.asked_before,
        "awake_at": selection.awake_at,
        "asleep_at": selection.asleep_at,
        "text": selection.text if selection.found is None else None,
        "keys": None if selection.keys is None else json.dumps(selection.keys),
        "found": None if selection.found is None else json.dumps(selection.found),
        "place_k": place.key if place else None,
        "place_t": place.thread if place else None,
        "place_p": place.position if place else None,
    }
