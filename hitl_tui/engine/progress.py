"""How far one thread has come: what can run now, and what follows when nothing more can. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hitl_tui.engine.writes import merge, read_scope
from hitl_tui.errors import HitlError
from hitl_tui.graphs.routing import next_nodes
from hitl_tui.model.graph import Graph
from hitl_tui.model.kinds import Outcome, StepStatus, ThreadStatus
from hitl_tui.store.commits import Advance, Finish, ReleasePaused
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry, Thread

MAX_VISITS = 10_000
"""A node that runs more often in one thread is taken for an endless loop."""
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
        self._visits = dict(thread.visits)
        self._outcome = Outcome(thread.outcome) if thread.outcome else None
        self._done = {FrontierEntry(step.node, step.visit): step for step in done}

    def runnable(self, waiting: set[int]) -> list[FrontierEntry]:
        """What can run now; `waiting` are the steps with questions that nobody has answered yet."""
        return [entry for entry in self.frontier if self._runs(entry, waiting)]

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
            if not self._counts(step):
                return self.fail(step.error)
        if any(step.status is StepStatus.PAUSED for step in done) or len(done) < len(self.frontier):
            self.ended = True
            return ReleasePaused()
        return self._complete(done)

    def fail(self, error: dict[str, Any] | None) -> Finish:
        """The thread stops here, and can be retried."""
        return self._finish(ThreadStatus.FAILED, self._outcome, error)

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

    def _failure_edge(self, step: Step) -> bool:
        return bool(self.graph.nodes[step.node].on_failure)

    def _complete(self, done: list[Step]) -> Advance | Finish:
        """Merge the writes of the superstep and find the next frontier, or the thread's end."""
        culprit: str | None = None
        targets: list[str] = []
        try:
            nodes = self.graph.nodes
            state = merge(self.state, [(nodes[step.node].scope, step.node, step.writes) for step in done])
            for step in done:
                culprit = step.node
                targets += self._targets(step, state)
        except HitlError as error:
            return self.fail({"node": culprit, "type": type(error).__name__, "message": error.message})
        visits = dict(self._visits)
        frontier = []
        for name in dict.fromkeys(targets):
            visits[name] = visits.get(name, 0) + 1
            frontier.append(FrontierEntry(name, visits[name]))
        endless = next((entry.node for entry in frontier if entry.visit > MAX_VISITS), None)
        if endless is not None:
            words = f"node '{endless}' ran {MAX_VISITS} times: the graph loops without end"
            return self.fail({"node": endless, "type": "EndlessLoop", "message": words})
        self._outcome = self._worst([step for step in done if not self._failure_edge(step)])
        self.state, self.frontier, self._visits = state, tuple(frontier), visits
        self.superstep += 1
        self._done = {}
        advance = Advance(state, self.frontier, visits, self._outcome)
        if frontier:
            return advance
        if self._outcome is Outcome.TIMED_OUT:
            return self._finish(ThreadStatus.TIMED_OUT, Outcome.TIMED_OUT, advance=advance)
        return self._finish(ThreadStatus.COMPLETED, self._outcome or Outcome.OK, advance=advance)

    def _worst(self, led_nowhere: list[Step]) -> Outcome | None:
        """The outcome so far: a branch that timed out or was rejected marks the thread, whatever the others do."""
        statuses = {step.status for step in led_nowhere}
        if StepStatus.TIMED_OUT in statuses or self._outcome is Outcome.TIMED_OUT:
            return Outcome.TIMED_OUT
        return Outcome.REJECTED if StepStatus.REJECTED in statuses else self._outcome

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
        kept = None if error is None else {key: _plain(error.get(key)) for key in ("node", "type", "message")}
        return Finish(status, outcome, kept, advance)


def _plain(text: str | None) -> str | None:
    """A text that SQLite can take out of JSON again: without lone surrogates, and not endless."""
    return None if text is None else text[:MAX_MESSAGE].encode("utf-8", "replace").decode()
