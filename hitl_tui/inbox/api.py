"""`Inbox`: the door itself. Each use case is a room of its own, opened on first use: `hitl list` must start fast."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hitl_tui.inbox.filters import Filter, Sort
from hitl_tui.inbox.session import Session, short_id, utc_now
from hitl_tui.inbox.views import (
    AuditView,
    Change,
    Counts,
    CutOff,
    Decided,
    Forked,
    Lasting,
    NoteView,
    Page,
    Pruned,
    SnoozeView,
    Standing,
    StepView,
    ThreadView,
)
from hitl_tui.model.chart import Chart
from hitl_tui.model.consequence import Consequence
from hitl_tui.store.database import Database

if TYPE_CHECKING:
    from hitl_tui.engine.hosts import Hosts
    from hitl_tui.engine.runner import Watcher
    from hitl_tui.inbox.activity import Activity
    from hitl_tui.inbox.documents import Documents
    from hitl_tui.inbox.local_runner import LocalRunner, OwnCode
    from hitl_tui.inbox.metrics import Metrics
    from hitl_tui.model.graph import Graph

_ALL = Filter()

# Aliases, because inside the class `list` is the use case.
GraphNames = list[str]
History = list[StepView]
Audit = list[AuditView]
Timeouts = list[dict[str, Any]]
Standings = list[Standing]
Notes = list[NoteView]
Consequences = list[Consequence]


class Inbox:
    """Start, list, read and decide threads of one database, and run them."""

    def __init__(self, session: Session, hosts: Hosts | None = None) -> None:
        self._session = session
        self._hosts = hosts
        self._local: LocalRunner | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        *,
        actor: str,
        via: str,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], str] = short_id,
        aside: bool = False,
    ) -> AsyncIterator[Inbox]:
        """As `Database.open`; a step of `running` may end for 3 s. Raises `UsageError` for an actor named `system`."""
        async with Database.open(path, aside=aside) as database:
            inbox = cls(Session(database, actor, via, clock, new_id))
            try:
                yield inbox
            finally:
                if inbox._local is not None:
                    await inbox._local.end()

    @property
    def path(self) -> Path:
        """The database file."""
        return self._session.database.path

    @property
    def is_storing(self) -> bool:
        """Whether something was handed in of which nobody knows yet whether it is stored."""
        return self._session.database.is_writing

    async def start(
        self,
        file: Path,
        graph_name: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        *,
        thread_id: str | None = None,
        agents: str | None = None,
        priority: int = 0,
    ) -> str:
        """Start a thread of a workflow file; returns its id. Starting it is also trusting its agents code.

        Raises `InvalidGraph`, `AgentsNotLoaded`, `ThreadExists`, `UsageError`, `FileMissing`, `NotSerialisable`.
        """
        from hitl_tui.inbox import starting

        return await starting.start(self._session, file, graph_name, dict(inputs or {}), thread_id, agents, priority)

    async def start_graph(self, graph: Graph, inputs: dict[str, Any], thread_id: str, source: str) -> None:
        """Start a graph that was built in Python, and trust the file of its agents code. Raises as `start`."""
        from hitl_tui.inbox import starting

        await starting.start_graph(self._session, graph, inputs, thread_id, source)

    async def go_on(self, thread_id: str) -> None:
        """Let a thread go on from its interrupts, as its state says, or from its failure. Raises as `decide`."""
        from hitl_tui.inbox import resuming

        await resuming.go_on(self._session, thread_id)

    async def list(
        self, which: Filter = _ALL, sort: Sort = "due", limit: int = 50, offset: int = 0, cursor: str | None = None
    ) -> Page:
        """A window of the inbox; `cursor` is the `next` of an earlier page and goes before `offset`."""
        from hitl_tui.inbox import listing

        return await listing.page(self._session, which, sort, limit, offset, cursor)

    async def rank(self, which: Filter, sort: Sort, key: str) -> int | None:
        """The row number of an item (counted from 0) by its `key`, or None when it is not listed."""
        from hitl_tui.inbox import listing

        return await listing.rank(self._session, which, sort, key)

    async def counts(self) -> Counts:
        """The header's figures."""
        from hitl_tui.inbox import listing

        return await listing.counts(self._session)

    async def catch_up_search(self, seconds: float = float("inf")) -> int:
        """Let search know what is new, for at most so long, as a search does for a moment; how many events are left."""
        from hitl_tui.inbox import searching

        return await searching.catch_up(self._session, seconds)

    async def graph_names(self) -> GraphNames:
        """The names of the graphs that threads of this database started with."""
        from hitl_tui.store import threads

        return await threads.graph_names(self._session.database)

    async def thread(self, thread_id: str) -> ThreadView:
        """One thread with its open requests and transcript; raises `ThreadNotFound`."""
        from hitl_tui.inbox import reading

        return await reading.thread(self._session, thread_id)

    async def history(self, thread_id: str) -> History:
        """The node runs of a thread, oldest first, each with the decision it got; raises `ThreadNotFound`."""
        from hitl_tui.inbox import reading

        return await reading.history(self._session, thread_id)

    async def preview(self, thread_id: str, request_id: str) -> Consequences:
        """What each allowed answer would run up to the next pause; raises `ThreadNotFound`, `RequestNotFound`."""
        from hitl_tui.inbox import previewing

        return await previewing.consequences(self._session, thread_id, request_id)

    async def chart(self, thread_id: str) -> Chart:
        """The workflow that the thread started with, and the path it took; raises `ThreadNotFound`."""
        from hitl_tui.inbox import charting

        return await charting.chart(self._session, thread_id)

    async def inputs(self, thread_id: str) -> dict[int, dict[str, Any]]:
        """What each step of a thread's history was given, by its number; raises `ThreadNotFound`."""
        from hitl_tui.inbox import timeline

        return await timeline.inputs(self._session, thread_id)

    async def decide(
        self,
        thread_id: str,
        action: str | None,
        data: dict[str, Any] | None = None,
        *,
        request_id: str | None = None,
        expect: str | None = None,
        hold: float = 0,
        asked_by: datetime | None = None,
    ) -> Decided:
        """Answer a request: the one decision path. Nothing is stored unless every check passes.

        Without an action the data says it, `{"decision": "edit", "args": {…}}` (D-15); without a `request_id` it is the
        only one that was asked by `asked_by`, when the caller began, or by now. `expect` is the digest of what was
        shown; `hold` is the undo window in seconds, from when it is stored. Raises `ThreadNotFound`, `RequestNotFound`,
        `SeveralPending`, `NothingPending`, `AlreadyDecided`, `ActionNotAllowed`, `InvalidData`, `Stale`, `UsageError`.
        """
        from hitl_tui.inbox import deciding, undoing
        from hitl_tui.model.answer import check_size
        from hitl_tui.model.dialect import of_decision

        latest, held = None if request_id else asked_by or self._session.clock(), undoing.window(hold)
        check_size(data)
        if action is None:
            action, data = of_decision(data)
        return await deciding.decide(self._session, thread_id, action, data, request_id, expect, held, asked_by=latest)

    async def undo(self, thread_id: str, request_id: str | None = None) -> Decided:
        """Take back a held decision, the newest or the named; raises `ThreadNotFound`, `NotPossible` once released."""
        from hitl_tui.inbox import undoing

        return await undoing.undo(self._session, thread_id, request_id)

    async def snooze(self, thread_id: str, until: datetime | None, request_id: str | None = None) -> SnoozeView:
        """Put a pending request aside until then, or take it back with None; its deadline goes on.

        It is back before a deadline, while there is time to answer. Raises `ThreadNotFound`, `RequestNotFound`,
        `NothingPending`, `SeveralPending`, `UsageError`.
        """
        from hitl_tui.inbox import triage

        return await triage.snooze(self._session, thread_id, until, request_id)

    async def assign(self, thread_id: str, who: str | None, *, escalate: bool = False) -> str | None:
        """Give a thread to somebody, or to nobody; returns who had it. With `escalate` the audit says so (row 100).

        Raises `ThreadNotFound`, `NotPossible`, `UsageError`.
        """
        from hitl_tui.inbox import triage

        return await triage.assign(self._session, thread_id, who, escalate=escalate)

    async def prioritise(self, thread_id: str, priority: int) -> None:
        """Say how urgent a thread is, from -9 to 9; raises `ThreadNotFound`, `NotPossible`, `UsageError`."""
        from hitl_tui.inbox import triage

        await triage.prioritise(self._session, thread_id, priority)

    async def note(self, thread_id: str, text: str) -> None:
        """Leave a note on a thread; raises `ThreadNotFound`, `UsageError`."""
        from hitl_tui.inbox import triage

        await triage.note(self._session, thread_id, text)

    async def notes(self, thread_id: str) -> Notes:
        """The notes on a thread, oldest first."""
        from hitl_tui.inbox import triage

        return await triage.notes(self._session, thread_id)

    async def draft(self, request_id: str) -> Any:
        """What this actor wrote for a request and did not send, None for nothing."""
        from hitl_tui.inbox import triage

        return await triage.draft(self._session, request_id)

    async def save_draft(self, request_id: str, data: Any) -> None:
        """Keep what this actor wrote for a request; None forgets it. A draft decides nothing."""
        from hitl_tui.inbox import triage

        await triage.save_draft(self._session, request_id, data)

    async def check_timeouts(self) -> Timeouts:
        """Apply overdue policies, as workers do (row 63): a dict of `thread_id, request_id, timeout_duration` each."""
        from hitl_tui.inbox import working

        return await working.check_timeouts(self._session)

    async def audit(self, thread_id: str | None = None, limit: int = 50, before: int | None = None) -> Audit:
        """The newest audit entries, of one thread or all; raises `ThreadNotFound`."""
        from hitl_tui.inbox import auditing

        return await auditing.audit(self._session, thread_id, limit, before)

    async def metrics(self, days: int = 30, graph: str | None = None) -> Metrics:
        """How much was asked in the last days, how fast it was answered, and where it piles up (rows 107 to 110)."""
        from hitl_tui.inbox import metrics

        return await metrics.metrics(self._session, days, graph)

    async def activity(self) -> Activity:
        """What the workers are doing: what runs, who has it, how fast it goes, what failed."""
        from hitl_tui.inbox import activity

        return await activity.activity(self._session)

    @property
    def documents(self) -> Documents:
        """Documents by collection, as interaction handlers see them."""
        from hitl_tui.inbox.documents import Documents

        return Documents(self._session)

    async def cancel(self, thread_id: str) -> CutOff:
        """End a thread for good; returns what that cut off. Raises `ThreadNotFound`, `NotPossible`."""
        from hitl_tui.inbox import controlling

        return await controlling.cancel(self._session, thread_id)

    async def retry(self, thread_id: str) -> None:
        """Make a failed thread ready again, at the node that failed; raises `ThreadNotFound`, `NotPossible`."""
        from hitl_tui.inbox import controlling

        await controlling.retry(self._session, thread_id)

    async def set_state(self, thread_id: str, values: dict[str, Any]) -> Lasting:
        """Merge values into a state; returns what stands. Raises `ThreadNotFound`, `NotPossible`, `NotSerialisable`."""
        from hitl_tui.inbox import controlling

        return await controlling.set_state(self._session, thread_id, values)

    async def fork(
        self,
        thread_id: str,
        at: int,
        values: Mapping[str, Any] | None = None,
        *,
        new_id: str | None = None,
        effects_again: bool = False,
    ) -> Forked:
        """A new, ready thread from before step `at` of another, with `values` merged into its state.

        Raises `ThreadNotFound`, `StepNotFound`, `NotPossible` for a pruned thread, `ThreadExists`, and `EffectsAgain`
        unless it may repeat recorded effects.
        """
        from hitl_tui.inbox import forking

        return await forking.fork(self._session, thread_id, at, dict(values or {}), new_id, effects_again=effects_again)

    async def prune(
        self, older_than: timedelta, *, threads: bool = False, dry_run: bool = False, vacuum: bool = False
    ) -> Pruned:
        """Remove what the steps of threads took and gave that ended before so long; or those threads, whole."""
        from hitl_tui.inbox import pruning

        return await pruning.prune(self._session, older_than, threads=threads, dry_run=dry_run, vacuum=vacuum)

    async def settled(self, thread_id: str, timeout: float | None = None, *, run: bool = True) -> ThreadView:
        """Run the thread here, or wait for the worker that has it, until it pauses, ends, or is blocked.

        After `timeout` seconds, or when it is blocked, the view as it then stands. `run=False` only waits. Many tasks
        may wait for threads of their own: eight run at a time.
        """
        from hitl_tui.inbox import working

        async with self.running() if run else nullcontext():
            return await working.settled(self._session, self._local, thread_id, timeout)

    @asynccontextmanager
    async def running(self, own: OwnCode | None = None) -> AsyncIterator[None]:
        """What is started or answered inside is claimed with the same commit, and run by `settled`.

        `own` are agents of this program, which run in its own process; of many tasks inside, those of the first.
        """
        if self._local is None:
            from hitl_tui.inbox.local_runner import LocalRunner

            self._local = LocalRunner.of(self._session, own, self._hosts)
            self._session = replace(self._session, runner=self._local)
        self._local.users += 1
        try:
            yield
        finally:
            self._local.users -= 1
            if self._local.users == 0:
                local, self._local, self._session = self._local, None, replace(self._session, runner=None)
                await local.close()

    async def standings(self, thread_ids: Collection[str]) -> Standings:
        """How these threads stand, in short; those that are not there are left out."""
        from hitl_tui.inbox import standings

        return await standings.standings(self._session, thread_ids)

    async def work(self, concurrency: int, stop: asyncio.Event, watcher: Watcher | None = None) -> None:
        """Be a worker: run whatever becomes ready until `stop` is set."""
        from hitl_tui.inbox import working

        await working.work(self._session, concurrency, stop, watcher)

    async def deliver(self, command: str) -> None:
        """Run a shell command for each message of the outbox, such as a reminder, until cancelled.

        It gets the message as JSON on stdin, at least once: again later, unless it ends with exit code 0.
        """
        from hitl_tui.inbox import delivering

        await delivering.deliver(self._session, command)

    async def changes(self) -> AsyncGenerator[Change]:
        """One item now, then one after each change, until it is closed: our own at once, others' within 200 ms."""
        async for _ in self._session.database.changes.listen():
            yield Change()
