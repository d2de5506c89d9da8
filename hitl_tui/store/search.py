"""The search index: it follows the audit, and holds one document for each item of the list as it now is."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hitl_tui.model.jsontext import for_display, from_json
from hitl_tui.model.search_text import indexed
from hitl_tui.store import queries
from hitl_tui.store.database import Database

SQL = queries.load("search")
BITE_SECONDS = 0.015
"""How long one transaction goes on: others wait for the database meanwhile."""
MOST_LETTERS = 10_000
"""So much of an item's text can be found; what a person reads before deciding is at its beginning."""
_NEWS_AT_ONCE = 500
_REQUESTS_OF_A_THREAD = 20
_FIRST_DOCUMENT = -(2**63)


async def behind(database: Database) -> int:
    """How many entries of the audit the index does not know yet."""
    row = await database.row(SQL["behind"])
    return int(row["behind"]) if row else 0


@dataclass(frozen=True, slots=True)
class Index:
    """Follow the audit a bit further. Any number of processes may do it; each goes on where the last one ended."""

    def __call__(self, connection: sqlite3.Connection) -> None:
        until = time.monotonic() + BITE_SECONDS
        if connection.execute(SQL["renumbered"]).fetchone() is not None:
            connection.execute(SQL["remove_all"], {"first": _FIRST_DOCUMENT})
            connection.execute(SQL["set_mark"], {"audit": 0})
        seen: set[str] = set()
        mark = None
        for row in connection.execute(SQL["news"], {"limit": _NEWS_AT_ONCE}).fetchall():
            if row["thread"] not in seen:
                if time.monotonic() > until and mark is not None:
                    break
                seen.add(row["thread"])
                _bring_up(connection, row["thread"])
            mark = row["id"]
        if mark is not None:
            connection.execute(SQL["set_mark"], {"audit": mark})


def _bring_up(connection: sqlite3.Connection, thread: str) -> None:
    """Make the documents of a thread fit the items that it has now."""
    names = {"thread": thread}
    present = {row["doc"]: row["words"] for row in connection.execute(SQL["documents"], names)}
    # What a request asks never changes, so it is read once.
    items: dict[int, str | None] = dict.fromkeys(row["doc"] for row in connection.execute(SQL["open_requests"], names))
    items = items or _of_thread(connection, thread)
    for doc, words in present.items():
        if doc not in items or words != items[doc]:
            connection.execute(SQL["remove"], {"doc": doc})
    for doc, words in items.items():
        if doc not in present or words != present[doc]:
            words = words if words is not None else _of_request(connection, doc)
            connection.execute(SQL["put"], {"doc": doc, "thread": thread, "words": words})


def _of_request(connection: sqlite3.Connection, doc: int) -> str:
    row = connection.execute(SQL["request"], {"doc": doc}).fetchone()
    return _words([row["thread"], row["graph_name"]], [row])


def _of_thread(connection: sqlite3.Connection, thread: str) -> dict[int, str | None]:
    """The document of a thread that asks nothing: also by what it asked before it can be found."""
    row = connection.execute(SQL["thread"], {"thread": thread}).fetchone()
    if row is None:
        return {}
    asked = connection.execute(SQL["newest_requests"], {"thread": thread, "limit": _REQUESTS_OF_A_THREAD}).fetchall()
    heading = [row["id"], row["graph_name"], row["node"] or "", row["error"] or ""]
    return {row["doc"]: _words(heading, asked)}


def _words(heading: list[str], requests: list[sqlite3.Row]) -> str:
    """The text to find an item by, a line each for what does not belong together."""
    lines, left = [], MOST_LETTERS
    for line in _lines(heading, requests):
        lines.append(indexed(line[:left]))
        left -= len(line) + 1
        if left <= 0:
            break
    return "\n".join(lines)


def _lines(heading: list[str], requests: list[sqlite3.Row]) -> Iterator[str]:
    yield from (line for line in heading if line)
    for request in requests:
        yield request["node"]
        yield request["prompt"]
    for request in requests:
        yield from _values(for_display(from_json(request["context"])))


def _values(value: Any) -> Iterator[str]:
    """Keys and values, each with its key: what somebody remembers of a context."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _values(item)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item)
    elif value is not None:
        yield str(value)
