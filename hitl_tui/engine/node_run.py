"""One run of one node: what it gets, what comes of it, and the run itself."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hitl_tui.agents.base import Asked, BaseAgent, ExecutionContext, Failure, Pause, Questions, words_of
from hitl_tui.agents.effects import Effects, Ledger
from hitl_tui.engine.writes import writes_of
from hitl_tui.model.graph import Node
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import to_json
from hitl_tui.model.kinds import StepStatus


@dataclass(frozen=True, slots=True)
class NodeRun:
    """What a node gets: its inputs, the state of its scope, and what it asked earlier in this visit."""

    node: Node
    graph: str
    thread_id: str
    visit: int
    inputs: dict[str, Any]
    state: dict[str, Any]
    recorded: Sequence[Asked] = ()

    @property
    def context(self) -> ExecutionContext:
        """Which run this is, for the agent."""
        return ExecutionContext(self.thread_id, self.node.name, self.visit, self.graph)


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What came of it. `asked` are all questions in their order, also those that were answered already; `doubts` those
    about effects whose end is not known.
    """

    status: StepStatus
    output: Any = None
    writes: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    asked: Sequence[HumanInteractionRequest] = ()
    code_sha: str | None = None
    doubts: Sequence[HumanInteractionRequest] = ()
    logs: str | None = None


FAILURES = {status.value: status for status in (StepStatus.REJECTED, StepStatus.TIMED_OUT, StepStatus.ENDED)}
"""The kinds of `Failure` that are more than a plain one."""


def failed(node: str, kind: str, message: str, trace: str = "") -> NodeResult:
    """The result of a run that raised."""
    error = {"node": node, "type": kind, "message": message}
    return NodeResult(StepStatus.FAILED, writes={}, error=error | ({"traceback": trace} if trace else {}))


async def run_node(create: Callable[[str], BaseAgent], run: NodeRun, ledger: Ledger) -> NodeResult:
    """Run the node once. A question without an answer pauses it, whatever it returns or raises after that."""
    questions = Questions(run.recorded)
    try:
        output = await _process(create(run.node.agent), run, questions, ledger)
        result = _finished(run, output)
    except Pause:
        result = NodeResult(StepStatus.PAUSED)
    except (Exception, SystemExit, asyncio.CancelledError) as error:
        if isinstance(error, asyncio.CancelledError) and _cancelled_by_runner():
            raise
        # Frames of the agent only, and never their local variables: those may hold secrets.
        trace = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)[2:]))
        result = failed(run.node.name, type(error).__name__, words_of(error), trace)
    if questions.unanswered:
        result = NodeResult(StepStatus.PAUSED)
    return replace(result, asked=tuple(questions.asked), doubts=tuple(questions.doubts))


async def _process(agent: BaseAgent, run: NodeRun, questions: Questions, ledger: Ledger) -> Any:
    agent.execution_context = run.context
    agent.interaction_handler = questions
    agent.effects = Effects(run.context, questions, ledger)
    agent.node_name = run.node.name
    agent.prompt_template = run.node.prompt
    agent.context = dict(run.node.context)
    agent.state = run.state
    agent.inputs = run.inputs
    agent.input_names = tuple(item.param for item in run.node.inputs)
    output = agent.process(dict(run.inputs))
    return await output if inspect.isawaitable(output) else output


def _finished(run: NodeRun, output: Any) -> NodeResult:
    status, error, value = StepStatus.OK, None, output
    if isinstance(output, Failure):
        status, value = FAILURES.get(output.kind, StepStatus.FAILED), output.output
        error = {"node": run.node.name, "type": output.kind, "message": output.message}
    writes = writes_of(run.node, value, whole=status is StepStatus.OK)
    to_json(writes)
    to_json(value, f"output of {run.node.name}")
    return NodeResult(status, value, writes, error)


def _cancelled_by_runner() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
