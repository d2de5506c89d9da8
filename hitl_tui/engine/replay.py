"""The state of a thread as it was before any of its supersteps, computed from what is stored. Pure.

It uses the same steps, in the same way, as the run did: what came from outside, then the writes of the superstep.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hitl_tui.engine import growth
from hitl_tui.engine.progress import Progress
from hitl_tui.engine.writes import read_scope
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
    return (checkpoint for checkpoint, _ in supersteps(graph, recorded))


def whole_steps(graph: Graph, recorded: Recorded) -> list[Step]:
    """The steps of the thread in their order, each with all that it wrote, as it was before `growth.shortened`."""
    whole = [step for _, steps in supersteps(graph, recorded) for step in steps]
    return sorted(whole, key=lambda step: step.seq)


def before(graph: Graph, recorded: Recorded, step: Step) -> Checkpoint:
    """The checkpoint of the superstep in which `step` ran."""
    return next(found for found in checkpoints(graph, recorded) if found.superstep == step.superstep)


def supersteps(graph: Graph, recorded: Recorded) -> Iterator[tuple[Checkpoint, list[Step]]]:
    """Each superstep with the checkpoint before it and its whole steps."""
    ran: defaultdict[int, list[Step]] = defaultdict(list)
    for step in recorded.steps:
        ran[step.superstep].append(step)
    progress = Progress(graph, _beginning(graph, recorded), ())
    for superstep in range(recorded.thread.superstep + 1):
        for given in recorded.given:
            if given.superstep == superstep:
                progress.state = {**progress.state, **given.values}
        steps = [_whole(graph, step, progress.state) for step in ran[superstep]]
        yield Checkpoint(superstep, progress.state, progress.frontier, progress.visits, progress.outcome), steps
        if superstep < recorded.thread.superstep:
            for step in steps:
                progress.record(step)
            progress.follow()
            _as_it_was(progress, recorded.thread, ran[superstep + 1])


def _as_it_was(progress: Progress, thread: Thread, steps: Sequence[Step]) -> None:
    """The frontier that a thread had: one that began with an older version may have gone on by other rules."""
    now = progress.superstep == thread.superstep
    frontier = thread.frontier if now else tuple(dict.fromkeys(FrontierEntry(step.node, step.visit) for step in steps))
    if set(frontier) != set(progress.frontier):
        progress.frontier = frontier
        progress.visits |= {entry.node: entry.visit for entry in frontier}


def _whole(graph: Graph, step: Step, state: dict[str, Any]) -> Step:
    node = graph.nodes[step.node]
    return growth.restored(step, node, read_scope(state, node.scope))


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
