"""What a node may come to, from what is known now. Pure: our own pure agents are run, no other code is.

A node whose inputs and state are all known comes to one thing, for which its real agent is run. Of the user's agents
and those that touch files it is only known that they may succeed or fail.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hitl_tui.agents import builtins
from hitl_tui.agents.base import Asked, BaseAgent
from hitl_tui.agents.documents import DocumentCall
from hitl_tui.agents.effects import EffectCall
from hitl_tui.agents.interactions import InteractionAgent
from hitl_tui.agents.registry import Registry
from hitl_tui.agents.subgraph import EnterGraph, LeaveGraph
from hitl_tui.agents.values import AlwaysFails, Branching, Input
from hitl_tui.engine.node_run import NodeResult, NodeRun, run_node
from hitl_tui.engine.writes import writes_of
from hitl_tui.graphs.unknown import UNKNOWN, is_known
from hitl_tui.model.effect import Effect
from hitl_tui.model.graph import Node
from hitl_tui.model.kinds import StepStatus

OK, FAILED, PAUSED = StepStatus.OK, StepStatus.FAILED, StepStatus.PAUSED


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One thing that a node may come to; `words` say which, where there are others."""

    status: StepStatus
    output: Any = None
    writes: dict[str, Any] = field(default_factory=dict)
    words: str = ""


def foresee(node: Node, state: dict[str, Any], reference: str | None) -> list[Foreseen]:
    """What the node may come to in this state of its scope, the likeliest first.

    `reference` is that of the thread's agents code. A failure is among them only where the node says where it leads:
    without a failure edge it ends the thread, as everybody knows.
    """
    agent = _ours(node, reference)
    if agent is None:
        return _either(node)
    inputs = {item.param: state[item.key] for item in node.inputs if item.key in state}
    if is_known(inputs) and is_known(state):
        return [_run(node, inputs, state)]
    if isinstance(agent, Input):
        return _input(node, inputs)
    if isinstance(agent, InteractionAgent):
        return [Foreseen(PAUSED)]
    if isinstance(agent, AlwaysFails):
        return [_foreseen(node, FAILED, UNKNOWN)]
    if isinstance(agent, Branching):
        first = next(iter(node.inputs), None)
        if first is None or is_known(inputs.get(first.param)):
            return [_run(node, inputs, {})]
        return [_foreseen(node, OK, UNKNOWN, f"{first.key} is true"), _foreseen(node, FAILED, UNKNOWN, "it is not")]
    if isinstance(agent, (EnterGraph, LeaveGraph)):
        agent.context = node.context
        return [_foreseen(node, OK, agent.process(inputs))]
    return _either(node) if len(node.outputs) > 1 else [_foreseen(node, OK, UNKNOWN)]


def answered(
    node: Node, state: dict[str, Any], reference: str | None, asked: Sequence[Asked], *, is_sure: bool, refused: bool
) -> list[Foreseen]:
    """What a paused node may come to with these answers; unless `is_sure`, what was answered is only made up.

    Code of the user's does with a rejection what it likes.
    """
    agent = _ours(node, reference)
    if not isinstance(agent, InteractionAgent):
        goes_on = _foreseen(node, OK, UNKNOWN, f"{node.name} goes on all the same")
        stops = _foreseen(node, StepStatus.REJECTED, UNKNOWN, f"{node.name} takes no for an answer")
        return [stops, goes_on] if refused else _either(node)
    inputs = {item.param: state[item.key] for item in node.inputs if item.key in state}
    result = _run(node, inputs, state, asked)
    output = result.output if is_sure or result.status is not OK else UNKNOWN
    return [_foreseen(node, result.status, output)]


def runs_again(node: Node, reference: str | None) -> bool:
    """Whether answering the node's question runs code of the user's, from the top of the node."""
    return not isinstance(_ours(node, reference), InteractionAgent)


def _ours(node: Node, reference: str | None) -> BaseAgent | None:
    """The agent, if it is one of ours and pure (`Executor.is_pure`)."""
    registry = _registry()
    here = reference is None or node.agent in registry
    return registry.create(node.agent) if here and registry.is_pure(node.agent) else None


@cache
def _registry() -> Registry:
    return builtins.registry()


def _either(node: Node) -> list[Foreseen]:
    """Success or failure."""
    succeeds = _foreseen(node, OK, UNKNOWN)
    if not node.on_failure:
        return [succeeds]
    return [succeeds, _foreseen(node, FAILED, UNKNOWN, f"{node.name} fails")]


def _input(node: Node, inputs: dict[str, Any]) -> list[Foreseen]:
    """It asks for what is not set."""
    names = [item.param for item in node.inputs]
    passes = _foreseen(node, OK, inputs.get(names[0]) if len(names) == 1 else UNKNOWN)
    if any(inputs.get(name) is None for name in names):
        return [Foreseen(PAUSED)]
    if any(inputs[name] is UNKNOWN for name in names):
        given = ", ".join(item.key for item in node.inputs if inputs[item.param] is UNKNOWN)
        return [_foreseen(node, OK, UNKNOWN, f"{given} is set"), Foreseen(PAUSED, words=f"{given} is not set")]
    return [passes]


def _foreseen(node: Node, status: StepStatus, output: Any, words: str = "") -> Foreseen:
    if output is UNKNOWN:
        return Foreseen(status, output, dict.fromkeys(node.outputs, UNKNOWN), words)
    try:
        return Foreseen(status, output, writes_of(node, output, whole=status is OK), words)
    except ValueError:
        return Foreseen(FAILED, None, {}, words)


def _run(node: Node, inputs: dict[str, Any], state: dict[str, Any], asked: Sequence[Asked] = ()) -> Foreseen:
    run = NodeRun(node, "", "", 1, inputs, state, asked)
    result = _at_once(run_node(_registry().create, run, _NoLedger()))
    return Foreseen(result.status, result.output, dict(result.writes or {}))


def _at_once(running: Coroutine[Any, Any, NodeResult]) -> NodeResult:
    """The result of a coroutine that has nothing to wait for: a pure agent returns at once."""
    try:
        running.send(None)
    except StopIteration as ended:
        result: NodeResult = ended.value
        return result
    running.close()
    raise AssertionError("a pure agent waits for something")


class _NoLedger:
    """Pure agents have no effects."""

    def call(self, call: EffectCall | DocumentCall) -> Any:
        raise AssertionError("a pure agent has an effect")

    async def acall(self, call: EffectCall) -> Effect | None:
        raise AssertionError("a pure agent has an effect")
