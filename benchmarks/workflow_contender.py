"""hitl-tui as a program calls it: `Workflow.invoke` and `resume`, as `pause_resume.py` measures them."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from contenders import DRAFT, PROMPT, STATE, Running
from hitl_contender import HitlTui, pragmas

from hitl_tui import StateModel, Workflow, WorkflowPaused
from hitl_tui.inbox.visits import visit

logging.getLogger("hitl_tui").setLevel(logging.WARNING)


class _State(StateModel):
    service: str
    number: int
    draft: str | None = None
    result: str | None = None


class _Release(Workflow):
    state_model = _State
    checkpointer = "sqlite"

    def build_graph(self) -> Any:
        return self.start().then(self.prepare).interrupt(PROMPT).then(self.finish).end()

    def prepare(self, state: _State) -> None:
        state.draft = DRAFT

    def finish(self, state: _State) -> None:
        state.result = "released"


class _Running:
    def __init__(self, database: Path) -> None:
        self._database = database
        self._workflow = _Release()

    async def pause(self, thread_id: str) -> None:
        with suppress(WorkflowPaused):
            await self._workflow.invoke(dict(STATE), _config(thread_id))

    async def resume(self, thread_id: str) -> None:
        state = await self._workflow.resume(_config(thread_id), "approve")
        assert state["result"] == "released", thread_id

    async def settings(self) -> dict[str, Any]:
        return await visit(self._database, "ann", lambda inbox: inbox._session.database.write(pragmas))

    async def trace(self, note: Callable[[str], None]) -> None:
        raise NotImplementedError("its commits are those of hitl-tui")


def _config(thread_id: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": thread_id}}


class Called(HitlTui):
    """The column of the Python interface: calls from one event loop, each of which comes back with the state."""

    name = "Workflow"

    @asynccontextmanager
    async def at_work(self, database: Path, at_once: int) -> AsyncIterator[Running]:  # type: ignore[override]
        # Nobody asks this one for its runner.
        os.environ["HITL_DB"] = str(database)
        yield _Running(database)
