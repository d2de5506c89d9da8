"""Databases with threads in every state, made through the real inbox, and the real app on them."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from uuid import UUID

from textual.pilot import Pilot

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.inbox.views import DecisionView, Item
from hitl_tui.tui.app import HitlApp
from hitl_tui.tui.screens.confirm import ConfirmScreen
from hitl_tui.tui.screens.inbox import InboxScreen
from tests.waiting import eventually

WORKFLOWS = """
graph: {graph}
nodes:
  ask:
    agent: {agent}
    prompt: "{prompt}"
    context: {context}
    output: answer
    next: done
    on_failure: refused
  done: {{agent: output, prompt: "done with {{answer}}", output: result}}
  refused: {{agent: output, prompt: "refused", output: result}}
"""
KINDS = {
    "approval": ("approval_interaction", "{}"),
    "high": ("approval_interaction", "{risk: high}"),
    "edit": ("edit_interaction", "{original_content: Hello}"),
    "choice": ("choice_interaction", "{options: [one, two, three]}"),
    "text_input": ("text_input_interaction", "{}"),
    "conversation": ("conversation_interaction", "{}"),
}
BROKEN = "graph: Broken\nnodes:\n  work: {agent: failure, prompt: it is broken}\n"


def workflow(folder: Path, kind: str = "approval", prompt: str = "Go ahead?", graph: str = "Gate") -> Path:
    """A workflow that asks one question of a type."""
    agent, context = KINDS[kind]
    path = folder / f"{graph.lower()}_{kind}.yaml"
    path.write_text(WORKFLOWS.format(graph=graph, agent=agent, prompt=prompt, context=context), encoding="utf-8")
    return path


async def ask(inbox: Inbox, folder: Path, *names: str, kind: str = "approval", prompt: str = "Go ahead?") -> None:
    """Threads of these names that wait for a person, due in this order."""
    for name in names:
        await inbox.start(workflow(folder, kind, prompt), thread_id=name)
        await inbox.settled(name, 20)


def fill(database: Path, count: int) -> None:
    """Waiting approvals `t000000`…, straight into the tables: running a hundred thousand threads takes minutes."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("insert into graph values ('g', 'Many', '{}', null, '2026-01-01T00:00:00.000000Z')")
        connection.executemany(
            "insert into thread (id, graph, graph_name, status, state, frontier, open_requests, created_at, updated_at)"
            " values (?, 'g', 'Many', 'paused', '{}', '[]', 1, ?, ?)",
            ((f"t{n:06d}", *["2026-01-01T00:00:00.000000Z"] * 2) for n in range(count)),
        )
        connection.executemany(
            "insert into request (id, thread, step, node, visit, position, graph_name, type, prompt, context, options,"
            " allowed, digest, status, created_at)"
            " values (?, ?, 1, 'ask', 1, 0, 'Many', 'approval', ?, '{}', '[]', '[]', 'd', 'pending', ?)",
            ((str(UUID(int=n)), f"t{n:06d}", f"Question {n}?", "2026-01-01T00:00:00.000000Z") for n in range(count)),
        )
        connection.commit()


@asynccontextmanager
async def opened(
    database: Path, *, size: tuple[int, int] = (120, 30), rows: int | None = None, **named: Any
) -> AsyncIterator[tuple[Pilot[None], InboxScreen, Inbox]]:
    """The app on a database; once `rows` items are listed and the first of them is shown, if any."""
    async with Inbox.open(database, actor="ann", via="tui") as inbox:
        app = HitlApp(inbox, actor="ann", **{"undo_seconds": 0, **named})
        async with app.run_test(size=size, notifications=True) as pilot:
            screen = app.inbox_screen
            await eventually(lambda: screen.counts is not None)
            if rows is not None:
                await listed(screen, rows)
            yield pilot, screen, inbox


async def listed(screen: InboxScreen, rows: int) -> None:
    """Wait until the list has so many items, and the request side shows the selected one."""
    await eventually(lambda: screen.inbox_list.total == rows)
    if rows:
        await shown(screen)


async def shown(screen: InboxScreen, thread_id: str | None = None) -> None:
    """Wait until the request side has painted the selected item, and the keys are safe again."""

    def ready() -> bool:
        item = screen.inbox_list.selected
        if item is None or (thread_id is not None and item.thread_id != thread_id):
            return False
        return not screen.search_pending and screen.showing.refusal(item) == ""

    await eventually(ready)


def selected(screen: InboxScreen) -> str:
    """The id of the selected thread."""
    item: Item | None = screen.inbox_list.selected
    return item.thread_id if item else ""


def painted(pilot: Pilot[None]) -> list[str]:
    """The screen, line by line."""
    strips = pilot.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


def on_screen(pilot: Pilot[None], text: str) -> Callable[[], bool]:
    """Whether a text is painted."""
    return lambda: any(text in line for line in painted(pilot))


async def waiting(inbox: Inbox) -> list[str]:
    """The threads that wait, in the order of the list."""
    return [item.thread_id for item in (await inbox.list(Filter(shelf="waiting"))).items]


async def decision_of(inbox: Inbox, thread_id: str) -> DecisionView:
    """The one decision that a thread has had."""
    (decision,) = [step.decision for step in await inbox.history(thread_id) if step.decision is not None]
    return decision


async def agree(pilot: Pilot[None]) -> None:
    """Say yes to a question, once it may have been read."""

    def asked() -> bool:
        screen = pilot.app.screen
        return isinstance(screen, ConfirmScreen) and not screen.settles

    await eventually(asked)
    await pilot.press("y")
