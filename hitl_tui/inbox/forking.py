"""Fork a thread: begin anew from one of its checkpoints (architecture, "History and time travel")."""

from __future__ import annotations

import shlex
from typing import Any

from hitl_tui.engine import replay
from hitl_tui.errors import EffectsAgain, NotPossible, StepNotFound, ThreadExists
from hitl_tui.inbox import lasting
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.starting import check_id, slug
from hitl_tui.inbox.views import EffectView, Forked, Lasting
from hitl_tui.model.answers_kept import with_answers
from hitl_tui.model.jsontext import iso, to_json
from hitl_tui.store.checkpoints import Origin, Recorded, recorded
from hitl_tui.store.forks import Fork
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import graph_of


async def fork(
    session: Session, thread_id: str, at: int, values: dict[str, Any], name: str | None, *, effects_again: bool
) -> Forked:
    """A new, ready thread from the checkpoint before step `at` ran.

    The whole superstep of that step runs again, and so do the questions in it: an answer given in one thread is no
    consent in another.
    """
    if name is not None:
        check_id(name)
    to_json(values)
    found = await session.database.read(lambda connection: recorded(connection, thread_id))
    step = _step(found, at)
    graph = await graph_of(session.database, found.thread.graph)
    checkpoint = replay.before(graph, found, step)
    corrected = with_answers(values, checkpoint.state, graph)
    effects = _effects_since(found, checkpoint.superstep)
    if effects and not effects_again:
        raise EffectsAgain(
            f"these effects of thread '{thread_id}' would happen again: {', '.join(map(str, effects))}",
            hint="add --yes if that is what you want",
            effects_again=[effect.as_dict() for effect in effects],
        )
    stand = Lasting()
    if values:
        stand = await session.database.read(lambda connection: lasting.before(connection, thread_id, step.superstep))
    outcome = checkpoint.outcome.value if checkpoint.outcome else None
    origin = Origin(thread_id, at, checkpoint.frontier, checkpoint.visits, outcome)
    for _ in range(10):
        new = name or f"{slug(found.thread.graph_name)}-{session.new_id()}"
        state = {**checkpoint.state, **corrected}
        fork = Fork(new, found.thread, origin, state, list(values), session.actor, session.via, iso(session.clock()))
        try:
            await session.wake(new, fork)
        except ThreadExists:
            if name is not None:
                raise
            continue
        return Forked(new, thread_id, at, effects, stand)
    raise ThreadExists("no free thread id was found", hint="give one with --thread-id")


def _step(found: Recorded, at: int) -> Step:
    thread_id = found.thread.id
    step = next((step for step in found.steps if step.seq == at), None)
    if step is None:
        raise StepNotFound(
            f"Thread '{thread_id}' has no step {at}; it has {len(found.steps)}",
            hint=f"`hitl history {shlex.quote(thread_id)}` lists them",
            thread_id=thread_id,
        )
    if found.thread.pruned_at is not None:
        raise NotPossible(
            f"what the steps of thread '{thread_id}' took and gave was pruned at {found.thread.pruned_at}",
            hint="start the workflow anew with `hitl run`",
            status=found.thread.status.value,
        )
    return step


def _effects_since(found: Recorded, superstep: int) -> list[EffectView]:
    # A node that was cut off in its midst has effects, but no step.
    before = {(step.node, step.visit) for step in found.steps if step.superstep < superstep}
    effects = [effect for effect in found.effects if (effect.node, effect.visit) not in before]
    return [EffectView(effect.node, effect.visit, effect.key, effect.done) for effect in effects]
