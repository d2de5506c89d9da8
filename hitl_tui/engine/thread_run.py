"""One claimed thread: its supersteps, one after the other, until it pauses or ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from hitl_tui.engine import attempts, growth, questions
from hitl_tui.engine.effects import EffectLog
from hitl_tui.engine.executor import Executor
from hitl_tui.engine.node_run import NodeResult, NodeRun
from hitl_tui.engine.outgoing import Outgoing
from hitl_tui.engine.progress import Progress
from hitl_tui.engine.siblings import Siblings
from hitl_tui.engine.writes import read_scope
from hitl_tui.errors import DatabaseUnusable, LeaseLost
from hitl_tui.model.graph import Graph, Node
from hitl_tui.model.interaction import RESPONSES
from hitl_tui.model.jsontext import from_iso, iso
from hitl_tui.model.kinds import RequestStatus, StepStatus
from hitl_tui.store.commits import NodeCommit, ThreadCommit
from hitl_tui.store.database import Database
from hitl_tui.store.leases import Claimed
from hitl_tui.store.requests import StoredRequest
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry
from hitl_tui.store.turns import completes

LOG = logging.getLogger(__name__)

MAX_TAKEOVERS = 3
"""After so many workers died on a thread without one commit, it fails instead of killing the next."""
OPEN = (RequestStatus.PENDING, RequestStatus.HELD)


class ThreadRun:
    """Runs one thread under one lease. Every result is committed when its node ends.

    Of this there is one relaxation, which a crash cannot tell from having come a moment earlier: next to a node that is
    pure (`BaseAgent.pure`) nobody waits for the disk, so that its result shares a commit with its neighbour's.
    """

    def __init__(
        self, database: Database, claimed: Claimed, graph: Graph, executor: Executor, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._thread = claimed.thread
        self._lease = claimed.lease
        self._asked = claimed.asked
        self._executor = executor
        self._clock = clock
        self._progress = Progress(graph, claimed.thread, claimed.steps)
        self._seq = claimed.thread.steps
        self._outgoing = Outgoing(database)
        self._settling = asyncio.Lock()
        self._broken = False
        self._stopping = False

    @property
    def has_ended(self) -> bool:
        """Whether it has handed in what gives the lease up, or heard that it lost it."""
        return self._progress.ended

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
        finally:
            self._outgoing.close()
        return self.has_ended

    async def _run(self) -> None:
        if self._thread.takeovers >= MAX_TAKEOVERS:
            await self._fail("WorkerLost", f"{MAX_TAKEOVERS} workers in a row died while running this thread")
        waiting = {request.step for request in self._asked if request.status in OPEN}
        while not self._progress.ended and not self._stopping:
            await self._run_superstep(waiting)
        await self._outgoing.flush()

    async def _failed_by(self, error: BaseException) -> None:
        if isinstance(error, LeaseLost):
            self._progress.ended = True
            return
        if isinstance(error, DatabaseUnusable) or not isinstance(error, Exception):
            raise error
        LOG.error("thread %s failed", self._thread.id, exc_info=error)
        with contextlib.suppress(LeaseLost):
            await self._fail(type(error).__name__, str(error) or "no message")

    async def _run_superstep(self, waiting: set[int]) -> None:
        now = self._now()
        runnable, asleep = self._progress.runnable(waiting, now), self._progress.asleep(now)
        if not runnable:
            await self._outgoing.put(ThreadCommit(self._lease, self._progress.follow(), now))
            return
        nodes = [self._progress.graph.nodes[entry.node] for entry in runnable]
        pure = all(self._executor.is_pure(node, self._thread.agents) for node in nodes)
        if not pure:
            await self._outgoing.make_sure()
        siblings = Siblings(len(runnable))
        if len(runnable) == 1 and not asleep:
            await self._run_node(runnable[0], siblings, pure=pure)
            return
        async with asyncio.TaskGroup() as group:
            for entry in runnable:
                group.create_task(self._run_beside(entry, siblings))
            for entry in asleep:
                group.create_task(self._run_again(entry, siblings))

    async def _run_beside(self, entry: FrontierEntry, siblings: Siblings) -> None:
        await self._run_node(entry, siblings, pure=False)
        await self._run_again(entry, siblings)

    async def _run_again(self, entry: FrontierEntry, siblings: Siblings) -> None:
        """Further attempts at a node that failed, as they become due while others run; later ones wake the thread."""
        while (again_at := self._progress.again_at(entry)) is not None:
            await siblings.wait((from_iso(again_at) - self._clock()).total_seconds())
            if self._stopping or not siblings.join():
                return
            await self._run_node(entry, siblings, pure=False)

    async def _run_node(self, entry: FrontierEntry, siblings: Siblings, *, pure: bool) -> None:
        """Run one node and hand in its result; with the last one that runs, also what follows."""
        started = self._now()
        run, earlier = self._node_run(entry)
        effects = EffectLog(self._database, self._lease, run, self._clock)
        result = await self._executor.run(run, self._thread.agents, effects)
        # One after the other: the last one speaks for all, so the others must have been handed in.
        async with self._settling:
            if self._broken:
                return
            last = siblings.leave()
            try:
                commit = self._settle(run, started, result, earlier, effects.met, last=last)
                await self._outgoing.put(commit, pure=pure)
                if not last:
                    await self._outgoing.flush()
            except BaseException:
                self._broken = True
                raise

    def _node_run(self, entry: FrontierEntry) -> tuple[NodeRun, list[StoredRequest]]:
        """What the node gets, and what it asked earlier in this visit."""
        node = self._progress.graph.nodes[entry.node]
        before = self._progress.earlier(entry)
        earlier = [] if before is None else [asked for asked in self._asked if _place_of(asked) == entry]
        state = read_scope(self._progress.state, node.scope)
        run = NodeRun(
            node=node,
            graph=self._progress.graph.name,
            thread_id=self._thread.id,
            visit=entry.visit,
            inputs={item.param: state[item.key] for item in node.inputs if item.key in state},
            state=dict(state),
            recorded=questions.recorded(earlier),
        )
        return run, earlier

    def _settle(
        self,
        run: NodeRun,
        started: str,
        result: NodeResult,
        earlier: list[StoredRequest],
        met: Collection[str],
        *,
        last: bool,
    ) -> NodeCommit:
        """One node's result as it is to be stored; with the last one of the superstep, also what follows."""
        node, entry = run.node, FrontierEntry(run.node.name, run.visit)
        before = self._progress.earlier(entry)
        superstep = self._progress.superstep
        if before is not None and before.status is StepStatus.PAUSED:
            seq, started = before.seq, before.started_at
        else:
            self._seq += 1
            seq = self._seq
        paused = result.status is StepStatus.PAUSED
        now = self._clock()
        ended_at = iso(now)
        attempt = attempts.number(before)
        again_at = attempts.next_at(run, result, attempt, now)
        step = Step(
            seq=seq,
            superstep=superstep,
            node=entry.node,
            visit=entry.visit,
            status=result.status,
            output=result.output,
            writes=_with_response(node, result, earlier),
            error=result.error,
            code_sha=result.code_sha,
            started_at=started,
            ended_at=None if paused else ended_at,
            attempt=attempt,
            retried=again_at is not None,
            again_at=again_at,
            logs=result.logs,
        )
        self._progress.record(step)
        seen = read_scope(self._progress.state, node.scope)
        then = self._progress.follow() if last else None
        # What was pruned cannot be added to.
        if completes(then) and self._thread.pruned_at is None:
            step = growth.shortened(step, node, seen)
        return NodeCommit(
            lease=self._lease,
            graph_name=self._progress.graph.name,
            step=step,
            asks=questions.new_asks(result, earlier),
            unused=questions.unused(result, earlier, met),
            closes=not paused and any(request.status in OPEN for request in earlier),
            then=then,
            now=ended_at,
            clock=self._clock,
            notices=result.notices,
            automatic=result.automatic,
        )

    async def _fail(self, kind: str, message: str) -> None:
        # Where not even the end could be stored nothing is left to run: the thread stays at what it was claimed for.
        frontier = self._progress.frontier or self._thread.frontier
        names = ", ".join(entry.node for entry in frontier)
        error = {"node": frontier[0].node, "type": kind, "message": f"{message} ({names})"}
        # What nodes came to before stands, unless that is what cannot be stored.
        with contextlib.suppress(Exception):
            await self._outgoing.flush()
        await self._outgoing.put(ThreadCommit(self._lease, self._progress.fail(error), self._now()))
        await self._outgoing.flush()

    def _now(self) -> str:
        return iso(self._clock())


def _place_of(asked: StoredRequest) -> FrontierEntry:
    return FrontierEntry(asked.request.node_name, asked.visit)


def _with_response(node: Node, result: NodeResult, earlier: list[StoredRequest]) -> dict[str, Any]:
    """The writes, with the data of the newest answer under `responses.<node>`.

    Questions to which their agent gave names of their own have their answers there by these names as well.
    """
    writes = dict(result.writes or {})
    answers = questions.answers(earlier)
    if answers and result.status is not StepStatus.PAUSED:
        named = {name: data for name, data in answers if name != node.name}
        writes[RESPONSES] = {**named, node.name: answers[-1][1]}
    return writes


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
