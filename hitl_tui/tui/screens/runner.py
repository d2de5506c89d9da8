"""The runner screen: what runs and who has it, how fast it goes, what failed, and the end of the worker's log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.activity import Activity
from hitl_tui.tui.log_tail import LogTail
from hitl_tui.tui.screens.dashboard import Dashboard
from hitl_tui.tui.widgets.lines import Line
from hitl_tui.tui.widgets.runner_view import runner_lines
from hitl_tui.tui.worker_child import worker_log

_TICK_SECONDS = 1.0
_MOVING_ON = timedelta(seconds=20)
"""So often are figures that only time changes read anew: the minutes of the pace move on."""


class RunnerScreen(Dashboard):
    """The workers' side of the database. Nothing is painted while nothing runs and nothing changes."""

    NAME = "Runner"

    def __init__(self, inbox: Inbox, *, now: Callable[[], datetime]) -> None:
        super().__init__(inbox, now=now)
        self._found: Activity | None = None
        self._log = LogTail(worker_log())
        self._asked_at = now()

    def on_mount(self) -> None:
        self.set_interval(_TICK_SECONDS, self._tick)

    async def read(self) -> None:
        self._found = await self._inbox.activity()

    def drawn(self, width: int, height: int) -> tuple[str, Sequence[Line]] | None:
        if self._found is None:
            return None
        lines = runner_lines(self._found, self._log.read(), str(self._log.path), self._now(), width, height)
        return "what the workers do", lines

    def _tick(self) -> None:
        found, now = self._found, self._now()
        # Once: asking again would throw away what a slow database is about to answer.
        if found is not None and found.moves and now - max(found.now, self._asked_at) > _MOVING_ON:
            self._asked_at = now
            self.read_again()
        self.draw()
