"""One claimed thread: its supersteps, one after the other, until it pauses or ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hitl_tui.engine import questions
from hitl_tui.engine.effects import EffectLog
from hitl_tui.engine.executor import Executor
from hitl_tui.engine.node_run import NodeResult, NodeRun
from hitl_tui.engine.writes import RESPONSES, merge, read_scope
from hitl_tui.errors import DatabaseUnusable, HitlError, LeaseLost
from hitl_tui.graphs.routing import next_nodes
from hitl_tui.model.graph import Graph, Node
from hitl_tui.model.jsontext import iso
from hitl_tui.model.kinds import Outcome, StepStatus, ThreadStatus
from hitl_tui.store import requests, steps
from hitl_tui.store.commits import Advance, Finish, NodeCommit, ReleasePaused, ThreadCommit
from hitl_tui.store.database import Database
from hitl_tui.store.leases import Lease
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry, Thread, graph_of

LOG = logging.getLogger(__name__)

MAX_VISITS = 10_000
"""A node that runs more often in one thread is taken for an endless loop."""
MAX_TAKEOVERS = 3
"""After so many workers died on a thread without one commit, it fails instead of killing the next."""


MAX_MESSAGE = 4000
"""Characters of an error's text that are kept with the thread; the step keeps the whole."""


class ThreadRun:
    """Runs one thread under one lease; every result is committed as its node ends."""

    def __init__(
        self, database: Database, thread: Thread, lease: Lease, executor: Executor, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._thread = thread
        self._lease = lease
        self._executor = executor
        self._clock = clock
        self._graph: Graph
        self._state = thread.state
        self._frontier = thread.frontier
        self._visits = dict(thread.visits)
        self._superstep = thread.superstep
        self._seq = thread.steps
        self._outcome = Outcome(thread.outcome) if thread.outcome else None
        self._done: dict[FrontierEntry, Step] = {}
        self._committing = asyncio.Lock()
        self._broken = False
        self._ends = False
        self._stopping = False

    def stop(self) -> None:
        """Run no further superstep; the thread keeps its lease, which the runner then hands back."""
        self._stopping = True

    async def run(self) -> bool:
        """Run until nothing can run; whether the lease is given up.

        A lost lease ends it quietly: whoever has the thread now goes on. A defect of ours fails the thread, in words.
        """
        try:
            await self._run()
        except BaseExceptionGroup as group:
            await self._failed_by(_first(group))
        except Exception as error:
            await self._failed_by(error)
        return self._ends

    async def _run(self) -> None:
        self._graph = await graph_of(self._database, self._thread.graph)
        if self._thread.takeovers >= MAX_TAKEOVERS:
            await self._fail("WorkerLost", f"{MAX_TAKEOVERS} workers in a row died while running this thread")
        elif self._thread.steps:
            await self._load_superstep()
        while not self._ends and not self._stopping:
            await self._run_superstep()

    async def _failed_by(self, error: BaseException) -> None:
        if isinstance(error, LeaseLost):
            self._ends = True
            return
        if isinstance(error, DatabaseUnusable) or not isinstance(error, Exception):
            raise error
        LOG.error("thread %s failed", self._thread.id, exc_info=error)
        with contextlib.suppress(LeaseLost):
            await self._fail(type(error).__name__, str(error) or "no message")

    async def _load_superstep(self) -> None:
        for step in await steps.of_superstep(self._database, self._thread.id, self._superstep):
            self._done[FrontierEntry(step.node, step.visit)] = step

    async def _run_superstep(self) -> None:
        waiting = await self._waiting_steps()
        runnable = [entry for entry in self._frontier if self._runs(entry, waiting)]
        if not runnable:
            await self._database.write(ThreadCommit(self._lease, self._after_last(), self._now()))
            return
        left = len(runnable)

        async def run_one(entry: FrontierEntry) -> None:
            nonlocal left
            started = self._now()
            run, earlier = await self._node_run(entry)
            effects = EffectLog(self._database, self._lease, run, self._clock)
            result = await self._executor.run(run, self._thread.agents, effects)
            # One commit after the other: the last one speaks for all, so all others must be on disk.
            async with self._committing:
                if self._broken:
                    return
                left -= 1
                try:
                    await self._settle(run, started, result, earlier, last=left == 0)
                except BaseException:
                    self._broken = True
                    raise

        async with asyncio.TaskGroup() as group:
            for entry in runnable:
                group.create_task(run_one(entry))

    async def _waiting_steps(self) -> set[int]:
        if not any(step.status is StepStatus.PAUSED for step in self._done.values()):
            return set()
        return {request.step for request in await requests.open_of_thread(self._database, self._thread.id)}

    def _runs(self, entry: FrontierEntry, waiting: set[int]) -> bool:
        step = self._done.get(entry)
        if step is None:
            return True
        if step.status is StepStatus.PAUSED:
            return step.seq not in waiting
        return step.retried and not self._counts(step)

    def _counts(self, step: Step) -> bool:
        """Whether the thread goes on from this step: from all but a failure that leads nowhere."""
        return step.status is not StepStatus.FAILED or self._failure_edge(step)

    def _complete(self) -> bool:
        return all(
            entry in self._done and self._done[entry].status is not StepStatus.PAUSED for entry in self._frontier
        )

    async def _node_run(self, entry: FrontierEntry) -> tuple[NodeRun, list[requests.StoredRequest]]:
        """What the node gets, and what it asked earlier in this visit."""
        node = self._graph.nodes[entry.node]
        earlier: list[requests.StoredRequest] = []
        if entry in self._done:
            earlier = await requests.asked(self._database, self._thread.id, entry.node, entry.visit)
        state = read_scope(self._state, node.scope)
        run = NodeRun(
            node=node,
            graph=self._graph.name,
            thread_id=self._thread.id,
            visit=entry.visit,
            inputs={item.param: state[item.key] for item in node.inputs if item.key in state},
            state=dict(state),
            recorded=questions.recorded(earlier),
        )
        return run, earlier

    async def _settle(
        self,
        run: NodeRun,
        started: str,
        result: NodeResult,
        earlier: list[requests.StoredRequest],
        *,
        last: bool,
    ) -> None:
        """Commit one node's result; with the last one of the superstep, also what follows for the thread."""
        node, entry = run.node, FrontierEntry(run.node.name, run.visit)
        before = self._done.get(entry)
        resumed = before is not None and before.status is StepStatus.PAUSED
        if before is not None and resumed:
            seq, started = before.seq, before.started_at
        else:
            self._seq += 1
            seq = self._seq
        paused = result.status is StepStatus.PAUSED
        step = Step(
            seq=seq,
            superstep=self._superstep,
            node=entry.node,
            visit=entry.visit,
            status=result.status,
            inputs=run.inputs,
            output=result.output,
            writes=self._with_response(node, result, earlier),
            error=result.error,
            code_sha=result.code_sha,
            started_at=started,
            ended_at=None if paused else self._now(),
            logs=result.logs,
        )
        self._done[entry] = step
        await self._database.write(
            NodeCommit(
                lease=self._lease,
                graph_name=self._graph.name,
                priority=self._thread.priority,
                step=step,
                asks=questions.new_asks(result, earlier, self._clock()),
                then=self._after_last() if last else (),
                now=self._now(),
            )
        )

    def _with_response(self, node: Node, result: NodeResult, earlier: list[requests.StoredRequest]) -> dict[str, Any]:
        """The writes, with the data of the newest answer under `responses.<node>`."""
        writes = dict(result.writes or {})
        answer = questions.newest_answer(earlier)
        if answer is not None and result.status is not StepStatus.PAUSED:
            writes[RESPONSES] = {node.name: answer}
        return writes

    def _after_last(self) -> tuple[Advance | Finish | ReleasePaused, ...]:
        """What follows when nothing more can run now."""
        done = [self._done[entry] for entry in self._frontier if entry in self._done]
        for step in done:
            if not self._counts(step):
                return self._finish(ThreadStatus.FAILED, None, step.error)
        if not self._complete():
            self._ends = True
            return (ReleasePaused(),)
        return self._after_superstep(done)

    def _after_superstep(self, done: list[Step]) -> tuple[Advance | Finish | ReleasePaused, ...]:
        """Merge the writes and find the next frontier, or the thread's end. Called with a complete superstep."""
        culprit: str | None = None
        targets: list[str] = []
        try:
            state = merge(self._state, [(self._graph.nodes[step.node].scope, step.node, step.writes) for step in done])
            for step in done:
                culprit = step.node
                targets += self._targets(step, state)
        except HitlError as error:
            return self._finish(ThreadStatus.FAILED, None, _error(culprit, error))
        frontier = []
        for name in dict.fromkeys(targets):
            self._visits[name] = self._visits.get(name, 0) + 1
            frontier.append(FrontierEntry(name, self._visits[name]))
        endless = next((entry.node for entry in frontier if entry.visit > MAX_VISITS), None)
        if endless is not None:
            words = f"node '{endless}' ran {MAX_VISITS} times: the graph loops without end"
            return self._finish(ThreadStatus.FAILED, None, {"node": endless, "type": "EndlessLoop", "message": words})
        self._state, self._frontier = state, tuple(frontier)
        self._superstep += 1
        self._done = {}
        self._outcome = self._worst([step for step in done if not self._failure_edge(step)])
        advance = Advance(state, self._frontier, dict(self._visits), self._outcome)
        if frontier:
            return (advance,)
        if self._outcome is Outcome.TIMED_OUT:
            return (advance, *self._finish(ThreadStatus.TIMED_OUT, Outcome.TIMED_OUT))
        return (advance, *self._finish(ThreadStatus.COMPLETED, self._outcome or Outcome.OK))

    def _worst(self, led_nowhere: list[Step]) -> Outcome | None:
        """The outcome so far: a branch that timed out or was rejected marks the thread, whatever the others do."""
        statuses = {step.status for step in led_nowhere}
        if StepStatus.TIMED_OUT in statuses or self._outcome is Outcome.TIMED_OUT:
            return Outcome.TIMED_OUT
        return Outcome.REJECTED if StepStatus.REJECTED in statuses else self._outcome

    def _failure_edge(self, step: Step) -> bool:
        return bool(self._graph.nodes[step.node].on_failure)

    def _finish(self, status: ThreadStatus, outcome: Outcome | None, error: Any = None) -> tuple[Finish]:
        self._ends = True
        if status is ThreadStatus.FAILED:
            outcome = self._outcome
        kept = None if error is None else {key: _plain(error.get(key)) for key in ("node", "type", "message")}
        return (Finish(status, outcome, kept),)

    def _targets(self, step: Step, state: dict[str, Any]) -> tuple[str, ...]:
        node = self._graph.nodes[step.node]
        visible = read_scope(state, node.scope)
        return next_nodes(node, failed=step.status is not StepStatus.OK, output=step.output, state=visible)

    async def _fail(self, kind: str, message: str) -> None:
        nodes = ", ".join(entry.node for entry in self._frontier)
        error = {"node": self._frontier[0].node, "type": kind, "message": f"{message} ({nodes})"}
        await self._database.write(
            ThreadCommit(self._lease, self._finish(ThreadStatus.FAILED, None, error), self._now())
        )

    def _now(self) -> str:
        return iso(self._clock())


def _plain(text: str | None) -> str | None:
    """A text that SQLite can take out of JSON again: without lone surrogates, and not endless."""
    return None if text is None else text[:MAX_MESSAGE].encode("utf-8", "replace").decode()


def _error(node: str | None, error: HitlError) -> dict[str, Any]:
    return {"node": node, "type": type(error).__name__, "message": error.message}


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
