"""Databases with many paused threads: a few are paused by the real engine, then copied row by row in SQL."""

from __future__ import annotations

import asyncio
import sqlite3
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


def build(path: Path, threads: int) -> None:
    """A database at `path` with so many paused threads; does nothing when it is there already."""
    if path.exists():
        return
    partial = path.with_suffix(".part")
    asyncio.run(_pause_one(partial))
    with sqlite3.connect(partial) as connection:
        for table, key, changed in (
            ("thread", "id", {"id": "'release-' || printf('%06d', i)"}),
            ("step", "thread", {"thread": "'release-' || printf('%06d', i)"}),
            (
                "request",
                "thread",
                {
                    "id": "'r-' || i",
                    "thread": "'release-' || printf('%06d', i)",
                    "prompt": "'Release billing number ' || i || ' to production?'",
                    "due_at": "'2099-01-' || printf('%02d', 1 + i % 28) || 'T00:00:00.000000Z'",
                },
            ),
        ):
            copy_rows(connection, table, key, "original", threads - 1, changed)
    connection.close()
    with sqlite3.connect(partial) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    partial.rename(path)


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
