"""The state of a thread as it was before any of its supersteps, computed from what is stored. Pure.

It uses the same steps, in the same way, as the run did: what came from outside, then the writes of the superstep.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hitl_tui.engine.progress import Progress
from hitl_tui.model.graph import Graph
from hitl_tui.model.kinds import Outcome
from hitl_tui.store.checkpoints import Recorded
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry, Thread


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a thread stood before one superstep."""

    superstep: int
    state: dict[str, Any]
    frontier: tuple[FrontierEntry, ...]
    visits: dict[str, int]
    outcome: Outcome | None


def checkpoints(graph: Graph, recorded: Recorded) -> Iterator[Checkpoint]:
    """One checkpoint for each superstep of the thread, also for the one that it is in; the oldest first."""
    progress = Progress(graph, _beginning(graph, recorded), ())
    for superstep in range(recorded.thread.superstep + 1):
        for given in recorded.given:
            if given.superstep == superstep:
                progress.state = {**progress.state, **given.values}
        yield Checkpoint(superstep, progress.state, progress.frontier, progress.visits, progress.outcome)
        if superstep < recorded.thread.superstep:
            for step in _of(recorded.steps, superstep):
                progress.record(step)
            progress.follow()


def before(graph: Graph, recorded: Recorded, step: Step) -> Checkpoint:
    """The checkpoint of the superstep in which `step` ran."""
    return next(found for found in checkpoints(graph, recorded) if found.superstep == step.superstep)


def _beginning(graph: Graph, recorded: Recorded) -> Thread:
    """The thread before anything came into it."""
    origin = recorded.origin
    return replace(
        recorded.thread,
        state={},
        superstep=0,
        frontier=origin.frontier if origin else (FrontierEntry(graph.start, 1),),
        visits=origin.visits if origin else {graph.start: 1},
        outcome=origin.outcome if origin else None,
    )


def _of(steps: Sequence[Step], superstep: int) -> list[Step]:
    return [step for step in steps if step.superstep == superstep]
