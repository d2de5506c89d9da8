"""The questions of a node between store and agent: what was asked earlier, and what is new. Pure.

Stored positions count an agent's own questions from 0; those about effects of `once` have negative ones.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from hitl_tui.agents.base import Asked
from hitl_tui.engine.node_run import NodeResult
from hitl_tui.model.kinds import RequestStatus, StepStatus
from hitl_tui.store.commits import Ask
from hitl_tui.store.requests import StoredRequest


def recorded(earlier: Sequence[StoredRequest]) -> list[Asked]:
    """What the node asked earlier in this visit, for its agent; a cancelled question has no answer."""
    return [
        Asked(
            item.position,
            item.digest,
            item.request,
            item.response if item.status is not RequestStatus.CANCELLED else None,
        )
        for item in earlier
    ]


def answers(earlier: Sequence[StoredRequest]) -> list[tuple[str, dict[str, Any]]]:
    """The name and the answer's data of each of the agent's own questions that has one, in their order."""
    own = (item for item in earlier if item.response is not None and item.position >= 0)
    return [(item.label, item.response.data or {}) for item in own if item.response is not None]


def unused(result: NodeResult, earlier: Sequence[StoredRequest], effects: Collection[str]) -> list[StoredRequest]:
    """The questions that were answered and that the finished node did not ask again: it went another way.

    `effects` are those to which it came. None of a failed node, whose retry asks them.
    """
    if not earlier or result.status in (StepStatus.PAUSED, StepStatus.FAILED):
        return []
    asked = {request.id for request in result.asked}
    answered = (item for item in earlier if item.response and item.request.id not in asked)
    return [item for item in answered if item.position >= 0 or item.request.context["uncertain_effect"] not in effects]


def new_asks(result: NodeResult, earlier: Sequence[StoredRequest]) -> list[Ask]:
    """The questions that are not stored yet; one of another digest supersedes what stood at its position."""
    if result.status is not StepStatus.PAUSED:
        return []
    stored = {item.position: item for item in earlier}
    asks = []
    for position, request in enumerate(result.asked):
        old = stored.get(position)
        if old is None or old.request.id != request.id:
            asks.append(Ask(position, request, supersedes=old is not None))
    known = {item.request.id for item in earlier}
    doubts = [request for request in result.doubts if request.id not in known]
    first_free = min([0, *stored]) - 1
    asks += [Ask(first_free - place, request, False) for place, request in enumerate(doubts)]
    return asks
