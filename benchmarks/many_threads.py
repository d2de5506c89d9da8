"""Databases with many threads: one is run by the real engine to its pause, then copied row by row in SQL."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from hitl_tui.inbox import Inbox

GRAPH = """
graph: Release
nodes:
  gate:
    agent: approval_interaction
    prompt: "Release {service} number {number} to production?"
    inputs: [service, number]
    next: done
  done: {agent: output, prompt: "released {service}"}
"""

COPY = """
with recursive n(i) as (select 1 union all select i + 1 from n where i < :copies)
insert into {table} ({columns}) select {values} from {table}, n where {table}.{key} = :original
"""

REQUEST = "printf('00000000-0000-4000-8000-%012d', i)"
"""The id of a copy's request in SQL: a UUID."""


def build(path: Path, threads: int) -> None:
    """A database at `path` with so many paused threads; does nothing when it is there already."""
    if path.exists():
        return
    partial = path.with_suffix(".part")
    asyncio.run(_pause_one(partial))
    name = "'release-' || printf('%06d', i)"
    request = {
        "id": REQUEST,
        "thread": name,
        "prompt": "'Release billing number ' || i || ' to production?'",
        "due_at": "'2099-01-' || printf('%02d', 1 + i % 28) || 'T00:00:00.000000Z'",
    }
    with closing(sqlite3.connect(partial)) as connection:
        with connection:
            copy_rows(connection, "thread", "id", "original", threads - 1, {"id": name})
            copy_rows(connection, "step", "thread", "original", threads - 1, {"thread": name})
            copy_rows(connection, "request", "thread", "original", threads - 1, request)
            copy_rows(connection, "audit", "thread", "original", threads - 1, {"id": "null", "thread": name})
            index_search(connection)
        connection.execute("pragma wal_checkpoint(truncate)")
    partial.rename(path)


def index_search(connection: sqlite3.Connection) -> None:
    """Put into the search index, at once, what workers would have put there one by one."""
    triggers = connection.execute(
        "select name, sql from sqlite_master where type = 'trigger' and tbl_name = 'searched'"
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f"drop trigger {name}")
    connection.execute("delete from searched")
    connection.execute(
        "insert into searched select rowid, thread, thread || ' ' || graph_name || ' ' || node || ' ' || prompt"
        " from request where closed_at is null union all select -rowid, id, id || ' ' || graph_name"
        " from thread where open_requests = 0"
    )
    connection.execute("insert into search (search) values ('rebuild')")
    connection.execute("update search_mark set audit = (select max(id) from audit)")
    for _, trigger in triggers:
        connection.execute(trigger)


def copy_rows(
    connection: sqlite3.Connection, table: str, key: str, original: str, copies: int, changed: dict[str, str]
) -> None:
    """Copy the rows whose `key` is `original`; `changed` are SQL expressions by column, with the copy's number `i`."""
    names = [row[1] for row in connection.execute(f"pragma table_info({table})")]
    values = ", ".join(changed.get(name, f"{table}.{name}") for name in names)
    sql = COPY.format(table=table, key=key, columns=", ".join(names), values=values)
    connection.execute(sql, {"copies": copies, "original": original})


async def _pause_one(path: Path) -> None:
    file = path.with_name("release.yaml")
    file.write_text(GRAPH, encoding="utf-8")
    async with Inbox.open(path, actor="ann", via="api") as inbox:
        await inbox.start(file, inputs={"service": "billing", "number": 0}, thread_id="original")
        await inbox.settled("original")
