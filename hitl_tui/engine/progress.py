"""How far one thread has come: what can run now, and what follows when nothing more can. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hitl_tui.engine.writes import merge, read_scope
from hitl_tui.errors import HitlError
from hitl_tui.graphs.leaving import entered_again, left_once
from hitl_tui.graphs.routing import next_nodes
from hitl_tui.model.graph import Graph
from hitl_tui.model.kinds import ENDLESS_LOOP, ENTERED_AGAIN, Outcome, StepStatus, ThreadStatus
from hitl_tui.model.redaction import redacted
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry, Thread
from hitl_tui.store.turns import Advance, Finish, ReleasePaused

MAX_MESSAGE = 4000
"""Characters of an error's text that are kept with the thread; the step keeps the whole."""


class Progress:
    """A thread's state, frontier and finished steps, as they will be once everything handed in is on disk."""

    def __init__(self, graph: Graph, thread: Thread, done: Iterable[Step]) -> None:
        self.graph = graph
        self.state = thread.state
        self.frontier = thread.frontier
        self.superstep = thread.superstep
        self.ended = False
        """Whether the lease is given up with what follows."""
        self.visits = dict(thread.visits)
        self.outcome = Outcome(thread.outcome) if thread.outcome else None
        self._done = {FrontierEntry(step.node, step.visit): step for step in done}

    def runnable(self, waiting: set[int], now: str) -> list[FrontierEntry]:
        """What can run now; `waiting` are the steps with questions that nobody has answered yet."""
        return [entry for entry in self.frontier if self._runs(entry, waiting, now)]

    def asleep(self, now: str) -> list[FrontierEntry]:
        """What runs again later, when its next attempt may begin."""
        return [entry for entry in self.frontier if (self.again_at(entry) or now) > now]

    def again_at(self, entry: FrontierEntry) -> str | None:
        """When the next attempt at this node may begin, if its newest one failed and is not to count."""
        step = self._done.get(entry)
        return None if step is None else step.again_at

    def earlier(self, entry: FrontierEntry) -> Step | None:
        """The newest step of this node in the superstep, if it has one."""
        return self._done.get(entry)

    def record(self, step: Step) -> None:
        """Take in the result of a node run."""
        self._done[FrontierEntry(step.node, step.visit)] = step

    def follow(self) -> Advance | Finish | ReleasePaused:
        """What follows when nothing more can run now."""
        done = [self._done[entry] for entry in self.frontier if entry in self._done]
        for step in done:
            if step.again_at is None and not self._counts(step):
                return self.fail(_told(step))
        wakes = [step.again_at for step in done if step.again_at is not None]
        if wakes or any(step.status is StepStatus.PAUSED for step in done) or len(done) < len(self.frontier):
            self.ended = True
            return ReleasePaused(min(wakes, default=None))
        return self._complete(done)

    def fail(self, error: dict[str, Any] | None) -> Finish:
        """The thread stops here, and can be retried."""
        return self._finish(ThreadStatus.FAILED, self.outcome, error)

    def _runs(self, entry: FrontierEntry, waiting: set[int], now: str) -> bool:
        step = self._done.get(entry)
        if step is None:
            return True
        if step.status is StepStatus.PAUSED:
            return step.seq not in waiting
        if step.again_at is not None:
            return step.again_at <= now
        return step.retried and (step.status is StepStatus.OK or not self._counts(step))

    def _counts(self, step: Step) -> bool:
        """Whether the thread goes on from this step: from all but a failure that leads nowhere."""
        return step.status is not StepStatus.FAILED or self._failure_edge(step)

    def _failure_edge(self, step: Step) -> bool:
        return bool(self.graph.nodes[step.node].on_failure)

    def _complete(self, done: list[Step]) -> Advance | Finish:
        """Merge the writes of the superstep and find the next frontier, or the thread's end."""
        culprit: str | None = None
        targets: list[str] = []
        try:
            nodes = self.graph.nodes
            writes = [(nodes[step.node].scope, step.node, step.writes) for step in done]
            state = merge(self.state, writes, self.graph.reducers)
            for step in done:
                culprit = step.node
                targets += self._targets(step, state)
        except HitlError as error:
            culprit = culprit or error.details.get("node")
            return self.fail({"node": culprit, "type": type(error).__name__, "message": error.message})
        visits = dict(self.visits)
        frontier = []
        for name in left_once(nodes, {step.node: step.status for step in done}, targets):
            visits[name] = visits.get(name, 0) + 1
            frontier.append(FrontierEntry(name, visits[name]))
        for entry in frontier:
            limit = nodes[entry.node].max_visits
            if entry.visit > limit:
                return self.fail({"node": entry.node, "type": ENDLESS_LOOP, "message": _endless(entry.node, limit)})
        if (clash := entered_again(nodes, [entry.node for entry in frontier])) is not None:
            return self.fail({"node": clash[0], "type": ENTERED_AGAIN, "message": _entered_again(*clash)})
        self.outcome = self._worst([step for step in done if not self._failure_edge(step)])
        self.state, self.frontier, self.visits = state, tuple(frontier), visits
        self.superstep += 1
        self._done = {}
        advance = Advance(state, self.frontier, visits, self.outcome)
        if frontier:
            return advance
        if self.outcome is Outcome.TIMED_OUT:
            return self._finish(ThreadStatus.TIMED_OUT, Outcome.TIMED_OUT, advance=advance)
        return self._finish(ThreadStatus.COMPLETED, self.outcome or Outcome.OK, advance=advance)

    def _worst(self, led_nowhere: list[Step]) -> Outcome | None:
        """The outcome so far: a branch that timed out or was rejected marks the thread, whatever the others do."""
        statuses = {step.status for step in led_nowhere}
        if StepStatus.TIMED_OUT in statuses or self.outcome is Outcome.TIMED_OUT:
            return Outcome.TIMED_OUT
        return Outcome.REJECTED if StepStatus.REJECTED in statuses else self.outcome

    def _targets(self, step: Step, state: dict[str, Any]) -> tuple[str, ...]:
        node = self.graph.nodes[step.node]
        visible = read_scope(state, node.scope)
        return next_nodes(node, failed=step.status is not StepStatus.OK, output=step.output, state=visible)

    def _finish(
        self,
        status: ThreadStatus,
        outcome: Outcome | None,
        error: dict[str, Any] | None = None,
        advance: Advance | None = None,
    ) -> Finish:
        self.ended = True
        return Finish(status, outcome, None if error is None else _kept(error), advance)


def _told(step: Step) -> dict[str, Any] | None:
    """The error of a step for the thread, with how often it was tried."""
    if step.error is None or step.attempt == 1:
        return step.error
    return step.error | {"message": f"after {step.attempt} attempts: {step.error['message']}"}


def _endless(node: str, limit: int) -> str:
    remedy = "set a higher max_visits, on the node or its graph in a file, in .loop() in Python, and start a new thread"
    what = f"node '{node}' has run {limit} times in this thread, which is its limit"
    return f"{what}: if the graph does not loop without end, {remedy}"


def _entered_again(node: str, inside: str) -> str:
    remedy = "put the branches into a graph of their own before it, or include it once for each by a node of its own"
    return (
        f"a branch comes to '{node}' while the graph that it includes still runs, at '{inside}': to begin it anew "
        f"would lose its state; in the workflow file, {remedy}, and start a new thread"
    )


def _kept(error: dict[str, Any]) -> dict[str, Any]:
    """What the thread keeps of an error: one that arose between its nodes may name a value, and that be a secret."""
    message = redacted(error["message"])
    return {"node": _plain(error["node"]), "type": _plain(error["type"]), "message": _plain(message)}


def _plain(text: str | None) -> str | None:
    """A text that SQLite can take out of JSON again: without lone surrogates, and not endless."""
    return None if text is None else text[:MAX_MESSAGE].encode("utf-8", "replace").decode()
