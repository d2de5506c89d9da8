"""What each allowed answer to a request would lead to, from the thread as it stands and its graph. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hitl_tui.engine import questions
from hitl_tui.engine.exploring import Exploration, Known, answered_state
from hitl_tui.engine.foresight import OK, PAUSED, Foreseen, answered, foresee, runs_again
from hitl_tui.engine.writes import read_scope
from hitl_tui.graphs.unknown import UNKNOWN
from hitl_tui.model import batch
from hitl_tui.model.consequence import Consequence
from hitl_tui.model.graph import Graph
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse
from hitl_tui.model.kinds import InteractionType, RequestStatus, StepStatus
from hitl_tui.store.requests import StoredRequest
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry, Thread

_OPEN = (RequestStatus.PENDING, RequestStatus.HELD)
_OF_CALLS = {"edit": "Approve with changes", "respond": "Message"}
_LABELS = {"approve": "Approve", "reject": "Reject", "edit": "Submit", "choose": "Choose", "respond": "Submit"}


@dataclass(frozen=True, slots=True)
class Situation:
    """A thread with the steps of its superstep, and what its paused nodes asked, by node and visit."""

    thread: Thread
    graph: Graph
    steps: Sequence[Step]
    asked: Mapping[FrontierEntry, Sequence[StoredRequest]]


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer that a request allows. `is_sure`: what it says is all decided by the key that is pressed."""

    action: str
    label: str
    data: dict[str, Any]
    is_sure: bool
    option: int | None = None


def preview(situation: Situation, request_id: str) -> list[Consequence]:
    """The consequences of each answer that the open request allows, in the order in which they are offered."""
    entry, stored = next(
        (entry, item) for entry, asked in situation.asked.items() for item in asked if item.id == request_id
    )
    return [_consequence(situation, entry, stored, answer) for answer in _answers(stored.request)]


def _consequence(situation: Situation, own: FrontierEntry, stored: StoredRequest, answer: _Answer) -> Consequence:
    graph, thread = situation.graph, situation.thread
    node = graph.nodes[own.node]
    asked = situation.asked[own]
    results: dict[str, list[Foreseen]] = {}
    waits: list[str] = []
    if any(item.status in _OPEN and item.id != stored.id for item in asked):
        waits.append(own.node)
    state = answered_state(thread.state, node)
    for entry in thread.frontier:
        if entry == own:
            results[entry.node] = _own(situation, own, stored, answer)
            continue
        sibling = _Sibling(situation, entry)
        results[entry.node] = sibling.results()
        if sibling.waits:
            waits.append(entry.node)
            state = answered_state(state, graph.nodes[entry.node])
    ran = (own.node,) if runs_again(node, thread.agents) else ()
    exploration = Exploration(graph, thread.agents, ran)
    exploration.begin(results, Known(state, thread.visits, thread.outcome))
    ways = exploration.ways()
    return Consequence(answer.action, answer.label, ways, tuple(waits), answer.option, exploration.whole)


def _own(situation: Situation, own: FrontierEntry, stored: StoredRequest, answer: _Answer) -> list[Foreseen]:
    given = [_answered(item, answer) if item.id == stored.id else item for item in situation.asked[own]]
    return _results(situation, own, given, answer)


def _results(
    situation: Situation, entry: FrontierEntry, given: Sequence[StoredRequest], answer: _Answer | None
) -> list[Foreseen]:
    node = situation.graph.nodes[entry.node]
    state = read_scope(situation.thread.state, node.scope)
    is_sure = answer is None or answer.is_sure
    refused = answer is not None and answer.action == "reject"
    recorded = questions.recorded(given)
    return answered(node, state, situation.thread.agents, recorded, is_sure=is_sure, refused=refused)


class _Sibling:
    """Another node of the same superstep."""

    def __init__(self, situation: Situation, entry: FrontierEntry) -> None:
        self._situation = situation
        self._entry = entry
        self._node = situation.graph.nodes[entry.node]
        self._asked = situation.asked.get(entry, ())
        self.waits = any(item.status in _OPEN for item in self._asked)

    def results(self) -> list[Foreseen]:
        """What it came to, or may come to."""
        done = [step for step in self._situation.steps if FrontierEntry(step.node, step.visit) == self._entry]
        step = done[-1] if done else None
        if step is None:
            return self._not_asked_yet()
        if step.status is PAUSED:
            return list(self._answers())
        if step.again_at is not None or step.retried:
            return self._foreseen()
        return [Foreseen(step.status, step.output, step.writes)]

    def _foreseen(self) -> list[Foreseen]:
        thread = self._situation.thread
        return foresee(self._node, read_scope(thread.state, self._node.scope), thread.agents)

    def _not_asked_yet(self) -> list[Foreseen]:
        """It runs at this moment: what it is going to ask has to be answered too."""
        found = self._foreseen()
        if all(result.status is not PAUSED for result in found):
            return found
        self.waits = True
        unknown = dict.fromkeys(self._node.outputs, UNKNOWN)
        return [
            Foreseen(OK, UNKNOWN, unknown),
            Foreseen(StepStatus.REJECTED, UNKNOWN, unknown, f"{self._node.name}: no"),
        ]

    def _answers(self) -> Iterator[Foreseen]:
        open_one = next((item for item in self._asked if item.status in _OPEN), None)
        if open_one is None:
            yield from _results(self._situation, self._entry, self._asked, None)
            return
        refusable = False
        for answer in _answers(open_one.request):
            given = [_answered(item, answer) if item is open_one else item for item in self._asked]
            for result in _results(self._situation, self._entry, given, answer):
                if result.status is PAUSED:
                    # It asks once more; all that counts is what it comes to in the end.
                    result = Foreseen(OK, UNKNOWN, dict.fromkeys(self._node.outputs, UNKNOWN))
                refusable = refusable or result.status is not OK
                yield replace(result, words=f"{self._node.name}: {answer.label}")
        if not refusable and open_one.request.timeout_seconds is not None:
            unknown = dict.fromkeys(self._node.outputs, UNKNOWN)
            yield Foreseen(StepStatus.TIMED_OUT, UNKNOWN, unknown, f"{self._node.name}: nobody answers")


def _answers(request: HumanInteractionRequest) -> Iterator[_Answer]:
    """The answers that lead to different things, as far as they can be told apart before they are given."""
    for action in request.actions:
        label = _LABELS[action]
        match request.interaction_type:
            case InteractionType.CHOICE if request.takes_several:
                yield _Answer(action, label, {"choices": [1]}, is_sure=False)
            case InteractionType.CHOICE:
                is_batch = request.items is not None
                for number, option in enumerate(request.options, 1):
                    if not (is_batch and number == batch.LATER):
                        yield _Answer(action, option, {"choice": number}, is_sure=True, option=number)
            case InteractionType.CONVERSATION:
                yield _Answer(action, "Send", {"message": "…"}, is_sure=False)
                yield _Answer(action, "End", {"end": True}, is_sure=True)
            case InteractionType.EDIT:
                yield _Answer(action, label, {"edited": ""}, is_sure=False)
            case InteractionType.TEXT_INPUT:
                yield _Answer(action, label, {"text": "…"}, is_sure=False)
            case _:
                label = _OF_CALLS.get(action, label)
                yield _Answer(action, label, {"reason": ""} if action == "reject" else {}, is_sure=True)


def _answered(item: StoredRequest, answer: _Answer) -> StoredRequest:
    response = HumanInteractionResponse.model_construct(
        request_id=item.request.id, action=answer.action, data=answer.data, actor="", timestamp=item.request.created_at
    )
    return replace(item, response=response, status=RequestStatus.ANSWERED)
