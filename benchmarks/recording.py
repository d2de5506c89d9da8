"""What hitl-tui writes for one thread: its rows, by the COMMIT that put them on disk.

Triggers of the writer's own connection note the rows inside the transactions that change them, so it does not matter
through which door a transaction came, how many share a COMMIT, or whether one was undone and run again.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from hitl_contender import HitlRunning, HitlTui

RUNS = 15
_SHARED = "graph"
"""Written once for all threads, so no part of a pause."""
_SCHEMA = "from main.sqlite_master where tbl_name not like 'search%' and sql is not null"
"""But for the search index, which a worker writes when it has time."""


@dataclass(frozen=True, slots=True)
class Change:
    """One row written; `:thread` and `:request` in the statement are those of the thread at hand."""

    sql: str
    values: dict[str, Any]


Transaction = Sequence[Change]


@dataclass(frozen=True, slots=True)
class Recording:
    """What one thread writes until it pauses, and from its answer to its end: one transaction for each COMMIT."""

    tables: str
    pause: Sequence[Transaction]
    resume: Sequence[Transaction]


@dataclass(frozen=True, slots=True)
class _Noted:
    """A row that one COMMIT left changed."""

    commit: int
    table: str
    before: dict[str, Any] | None
    after: dict[str, Any]


class _Notes:
    """Counts the COMMITs, and has triggers note the rows with the number of theirs."""

    def __init__(self) -> None:
        self.commits = 0

    def note(self, statement: str) -> None:
        """Hear a statement of the writer's connection."""
        self.commits += statement.lower().startswith("commit")

    def install(self, connection: sqlite3.Connection) -> None:
        """Put the triggers into the connection; they are gone with it."""
        connection.create_function("commits_so_far", 0, lambda: self.commits)
        connection.execute('create temp table noted (number integer primary key, "commit", "table", before, after)')
        for table, columns in _columns(connection).items():
            old, new = (", ".join(f"'{name}', {row}.{name}" for name in columns) for row in ("old", "new"))
            for event, before in (("insert", "null"), ("update", f"json_object({old})")):
                connection.execute(
                    f"create temp trigger noted_{event}_{table} after {event} on main.{table} begin "
                    f'insert into noted ("commit", "table", before, after) '
                    f"values (commits_so_far(), '{table}', {before}, json_object({new})); end"
                )


async def record() -> Recording:
    """The writes of one thread at a time: of several threads, one with the usual number of COMMITs."""
    notes = _Notes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hitl.db"
        async with HitlTui().at_work(path, 1) as running:
            await running.pause("warm-up")
            await running.resume("warm-up")
            await running.trace(notes.note)
            await running.database.write(notes.install)
            runs = [await _recorded(running, notes, f"recorded-{number}") for number in range(RUNS)]
        with closing(sqlite3.connect(path)) as connection:
            tables = [row[0] for row in connection.execute(f"select sql {_SCHEMA}")]
            keys = _keys(connection)
    usual = statistics.median_low(len(pause) + len(resume) for pause, resume in runs)
    pause, resume = next(run for run in runs if len(run[0]) + len(run[1]) == usual)
    names = _names(pause)
    return Recording(
        ";\n".join(tables),
        [list(_changes(rows, keys, names)) for rows in pause],
        [list(_changes(rows, keys, names)) for rows in resume],
    )


async def _recorded(
    running: HitlRunning, notes: _Notes, thread_id: str
) -> tuple[list[list[_Noted]], list[list[_Noted]]]:
    """The rows of a pause and of a resume by their COMMITs."""
    await running.database.write(lambda connection: connection.execute("delete from noted").rowcount)
    await running.pause(thread_id)
    paused = notes.commits
    await running.resume(thread_id)
    rows = await running.database.write(
        lambda connection: connection.execute('select "commit", "table", before, after from noted').fetchall()
    )
    noted = [_Noted(row[0], row[1], json.loads(row[2]) if row[2] else None, json.loads(row[3])) for row in rows]
    groups = [list(group) for _, group in groupby(noted, key=lambda row: row.commit)]
    return [rows for rows in groups if rows[0].commit < paused], [rows for rows in groups if rows[0].commit >= paused]


def _columns(connection: sqlite3.Connection) -> dict[str, list[str]]:
    tables = [row[0] for row in connection.execute(f"select name {_SCHEMA} and type = 'table'")]
    return {
        table: [column[1] for column in connection.execute(f"pragma table_info({table})")]
        for table in tables
        if table != _SHARED
    }


def _keys(connection: sqlite3.Connection) -> dict[str, dict[str, bool]]:
    """The columns of each table's primary key, and whether SQLite gives them their values."""
    return {
        table: {
            column[1]: column[2].lower() == "integer" and column[1] == "id"
            for column in connection.execute(f"pragma table_info({table})")
            if column[5]
        }
        for table in _columns(connection)
    }


def _names(pause: list[list[_Noted]]) -> dict[Any, str]:
    """The values that are another thread's own, and their parameters."""
    inserted = [row for rows in pause for row in rows if row.before is None]
    own = {"thread": ":thread", "request": ":request"}
    return {row.after["id"]: own[row.table] for row in inserted if row.table in own}


def _changes(rows: list[_Noted], keys: dict[str, dict[str, bool]], names: dict[Any, str]) -> Iterator[Change]:
    """The statements that do in one go what a COMMIT did to each row."""
    first: dict[tuple[Any, ...], _Noted] = {}
    last: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        place = (row.table, *(row.after[name] for name in keys[row.table]))
        first.setdefault(place, row)
        last[place] = row.after
    for place, row in first.items():
        key = keys[row.table]
        after = {name: value for name, value in last[place].items() if not key.get(name)}
        marks = {name: names.get(value, f":{name}_") for name, value in after.items()}
        if row.before is None:
            sql = f"insert into {row.table} ({', '.join(marks)}) values ({', '.join(marks.values())})"
        else:
            changed = [f"{name} = {marks[name]}" for name in marks if after[name] != row.before[name]]
            if not changed:
                continue
            which = " and ".join(f"{name} = {marks[name]}" for name in key)
            sql = f"update {row.table} set {', '.join(changed)} where {which}"
        yield Change(sql, {f"{name}_": value for name, value in after.items() if marks[name] == f":{name}_"})
