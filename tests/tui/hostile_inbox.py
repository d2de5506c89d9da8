"""An inbox with the hostile corpus in every field that comes from outside: one thread of each kind, all in one file."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from hitl_tui import locations
from hitl_tui.inbox import Inbox
from tests.tui.hostile import ALL, IDS, MEGABYTE, TEXTS
from tests.tui.threads import ask

ACTOR = "ann é [/x] [@click=app.quit]"
TEXT = ALL.encode("utf-8", "replace").decode()
"""All of it as SQLite can hold it; lone surrogates come in as JSON."""
NODE, GRAPH = f"node {TEXT}", f"graph {TEXT}"
KINDS = ("approval", "choice", "text_input", "edit", "conversation", "form", "tool", "batch")
"""In the order in which they are due; the threads are called `approval/1` and so on."""
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [ALL],
    "properties": {
        ALL: {"type": "string", "title": ALL, "description": ALL, "default": ALL, "pattern": "^never"},
        "pick": {"enum": [ALL, "x" * 300]},
        "inner": {"type": "object", "title": ALL, "properties": {ALL: {"const": ALL}}},
    },
}
_CONTEXT: dict[str, Any] = {
    **TEXTS,
    ALL: ALL,
    "nested": {"[/x]": [ALL, {"original_content": ALL}]},
    "original_content": ALL,
}
_HUGE = {**_CONTEXT, "huge": MEGABYTE, **{f"key {number}": TEXTS["escape"] for number in range(5000)}}
"""Of the first thread only: the walk past the others is to be quick."""
_ASKED = {
    "choice": ("choice", {}, [ALL, "two"], None),
    "form": ("text_input", {}, [], _SCHEMA),
    "tool": ("approval", {"tool": ALL, "args": {ALL: ALL, "huge": MEGABYTE}, "args_schema": _SCHEMA}, [], None),
    "batch": ("approval", {"items": [{ALL: ALL, "b": MEGABYTE}, {ALL: "x", "b": 1}, ALL]}, [], {"batch": True}),
}
_MADE = {"form": "text_input", "tool": "approval", "batch": "approval"}


def hostile_inbox(folder: Path) -> Path:
    """The database, and beside it a workflow that is none."""
    database = folder / "hitl.db"
    asyncio.run(_begin(database, folder))
    with closing(sqlite3.connect(database)) as connection:
        _spoil(connection)
        connection.commit()
    (folder / "nasty.yaml").write_text(f"graph: {json.dumps(TEXT)}\ndescription: {json.dumps(TEXT)}\nnodes: [\n")
    return database


def hostile_settings() -> None:
    """A configuration with foreign words in it, right and wrong ones, and a worker's log."""
    config = locations.config_dir() / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    name = json.dumps(TEXT.replace("\x7f", ""), ensure_ascii=False)
    views = '[views.1]\nname = "[/x] é [@click=app.quit] "\ntext = "owned"\n'
    config.write_text(f'{views}\n[views.2]\nname = {name}\n\n[keys]\n{name} = "x"\n', encoding="utf-8")
    log = locations.log_file("worker")
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"{TEXT}\n" * 30, encoding="utf-8")


async def _begin(database: Path, folder: Path) -> None:
    async with Inbox.open(database, actor=ACTOR, via="cli") as inbox:
        for kind in KINDS:
            await ask(inbox, folder, f"{kind}/1", kind=_MADE.get(kind, kind))
        await ask(inbox, folder, *IDS)
        for name in (*(f"{kind}/1" for kind in KINDS), *IDS):
            await inbox.note(name, TEXT)
        await inbox.decide("é", "reject", {"reason": TEXT})
        await inbox.settled("é", 20)


def _spoil(connection: sqlite3.Connection) -> None:
    write = connection.execute
    write("update graph set name = ?, definition = replace(definition, '\"ask\"', ?)", (GRAPH, json.dumps(NODE)))
    write(
        "update thread set graph_name = ?, state = ?, frontier = replace(frontier, '\"ask\"', ?), assignee = ?",
        (GRAPH, json.dumps(_CONTEXT), json.dumps(NODE), TEXT),
    )
    write(
        "update request set prompt = ?, context = ?, node = ?, graph_name = ?, assignee = ?, risk = 'high'",
        (TEXT, json.dumps(_CONTEXT), NODE, GRAPH, TEXT),
    )
    write("update request set due_at = null")
    write("update request set context = ? where thread = 'approval/1'", (json.dumps(_HUGE),))
    write("update thread set state = ? where id = 'approval/1'", (json.dumps(_HUGE),))
    for number, kind in enumerate(KINDS):
        name, due = f"{kind}/1", f"2040-01-01T00:00:{number:02}.000000Z"
        write("update request set due_at = ? where thread = ?", (due, name))
        if kind in _ASKED:
            as_type, context, options, schema = _ASKED[kind]
            write(
                "update request set type = ?, context = ?, options = ?, schema = ? where thread = ?",
                (as_type, json.dumps(context or _CONTEXT), json.dumps(options), schema and json.dumps(schema), name),
            )
    error = json.dumps({"node": TEXT, "type": TEXT, "message": TEXT, "traceback": TEXT})
    write("update step set node = ?, logs = ?, error = ?, output = ?", (NODE, TEXT, error, json.dumps(ALL)))
    write("update thread set status = 'failed', open_requests = 0, error = ? where id = ?", (error, IDS[0]))
    write("update request set status = 'cancelled', closed_at = created_at where thread = ?", (IDS[0],))
    write(
        "update thread set status = 'running', open_requests = 0, lease_owner = ?, lease_until = ? where id = ?",
        (f"{TEXT}:1", "2040-01-01T00:00:00.000000Z", IDS[2]),
    )
    write("update request set status = 'cancelled', closed_at = created_at where thread = ?", (IDS[2],))
