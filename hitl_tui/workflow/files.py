"""A workflow of a YAML or CSV file, run from Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hitl_tui.errors import UsageError
from hitl_tui.workflow import checkpointers
from hitl_tui.workflow.checkpointers import Checkpointer
from hitl_tui.workflow.threads import State, Threads

if TYPE_CHECKING:
    from hitl_tui.inbox import Inbox


class FileWorkflow(Threads):
    """Made by `Workflow.load`; its agents run in processes of their own."""

    def __init__(self, file: Path, graph: str | None, agents: str | None, checkpointer: Checkpointer) -> None:
        checkpointers.check(f"{file}", checkpointer, ["it may pause"])
        self._file = file
        self._graph = graph
        self._agents = agents
        self._checkpointer = checkpointer

    def _database(self) -> Path:
        return checkpointers.database_of(self._checkpointer)

    def _checked(self, given: Any) -> State:
        if not isinstance(given, Mapping):
            raise UsageError(f"the input is {given!r:.60}", hint="give a dict of the values that the state begins with")
        return dict(given)

    def _fitting(self, state: State, values: State) -> State:
        return values

    async def _start(self, inbox: Inbox, given: State, thread_id: str) -> None:
        await inbox.start(self._file, self._graph, given, thread_id=thread_id, agents=self._agents)
