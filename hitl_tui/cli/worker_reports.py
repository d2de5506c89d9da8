"""What a worker says of its threads: a log line for each event, a tally for its end, a status for the terminal."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import datetime
from typing import Any

from hitl_tui.cli.status_line import StatusLine
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Counts, Standing
from hitl_tui.model.jsontext import iso

LOG = logging.getLogger(__name__)
PAUSE_SECONDS = 0.2
"""At most so often is anything looked up: saying what was done must not cost more than doing it."""
_KINDS = {"completed": "done", "failed": "failed", "timed_out": "failed", "paused": "paused"}
_CAP = 1000


class Reports:
    """Hears what the runner does, and looks up in batches how it left its threads."""

    def __init__(self, inbox: Inbox, screen: StatusLine | None) -> None:
        self._inbox = inbox
        self._screen = screen
        self._since = datetime.now().astimezone()
        self._taken: Counter[str] = Counter()
        self._left: dict[str, None] = {}
        self._news = asyncio.Event()
        self._tally: Counter[str] = Counter()
        self._counts = Counts()

    def hear(self, thread: Any, event: str) -> None:
        """Note what the runner does with a thread: a `Watcher`."""
        if event == "claimed":
            self._taken[thread.id] += 1
            nodes = ", ".join(entry.node for entry in thread.frontier)
            LOG.info("%s: %s runs %s", thread.id, thread.graph_name, nodes)
            return
        self._taken[thread.id] -= 1
        if event == "lost":
            # What becomes of it is another's to report.
            return
        self._left[thread.id] = None
        self._news.set()

    async def serve(self) -> None:
        """Report until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._report_all())
            if self._screen is not None:
                group.create_task(self._count_all())

    async def end(self) -> dict[str, int]:
        """Report what is left to report; how many times a thread was done, failed, paused and handed back."""
        # What was cut off was not released by its run; the runner has handed it back, or somebody else has it.
        self._left.update(dict.fromkeys(thread for thread, count in self._taken.items() if count > 0))
        await self._report(ended=True)
        return {kind: self._tally[kind] for kind in ("done", "failed", "paused", "handed_back")}

    async def _report_all(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._report(ended=False)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _report(self, *, ended: bool) -> None:
        left, self._left = self._left, {}
        for standing in await self._inbox.standings(left) if left else ():
            if standing.status in _KINDS:
                self._tally[_KINDS[standing.status]] += 1
            elif ended and standing.status == "ready" and standing.sleeps_until is None:
                self._tally["handed_back"] += 1
            if standing.status != "running":
                LOG.info("%s: %s", standing.thread_id, in_words(standing))
        if not ended:
            self._show()

    async def _count_all(self) -> None:
        async for _ in self._inbox.changes():
            self._counts = await self._inbox.counts()
            self._show()
            await asyncio.sleep(PAUSE_SECONDS)

    def _show(self) -> None:
        if self._screen is not None:
            self._screen.show(
                f"running {_count(self._counts.running)} · done {self._tally['done']} · "
                f"failed {self._tally['failed']} · waiting {_count(self._counts.waiting)} · since {self._since:%H:%M}"
            )


def in_words(standing: Standing) -> str:
    """How a thread stands, in one line."""
    if standing.error is not None:
        return f"{standing.status} at {standing.error.node}: {standing.error.type}: {standing.error.message}"
    if standing.waits:
        waits = ", ".join(f"{node} ({kind})" for node, kind in standing.waits)
        return f"{standing.status}, waits for an answer at {waits}"
    if standing.sleeps_until is not None:
        return f"{standing.status}, runs again at {iso(standing.sleeps_until)}"
    return f"{standing.status} ({standing.outcome})" if standing.outcome else standing.status


def _count(number: int) -> str:
    return str(number) if number <= _CAP else f"{_CAP}+"
