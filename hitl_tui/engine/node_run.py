"""One run of one node: what it gets, what comes of it, and the run itself."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hitl_tui.agents.base import Asked, BaseAgent, ExecutionContext, Failure, Interrupted, Pause, Questions, words_of
from hitl_tui.agents.effects import Effects, Ledger
from hitl_tui.agents.handler import Notifications, equip
from hitl_tui.agents.interactions import outcome
from hitl_tui.agents.update import Update
from hitl_tui.engine.raised import kinds_of, traceback_of
from hitl_tui.engine.writes import writes_of
from hitl_tui.model.graph import Node
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import to_json
from hitl_tui.model.kinds import StepStatus
from hitl_tui.model.redaction import redacted


@dataclass(slots=True)
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


@dataclass(slots=True)
class NodeResult:
    """What came of it. `asked` are all questions in their order, also those that were answered already; `doubts` those
    about effects whose end is not known. `raised` are the names of the error's classes, if it raised; `notices` the
    messages of the interaction handler. `automatic` names what was decided without a person (rows 79 and 106).
    """

    status: StepStatus
    output: Any = None
    writes: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    asked: Sequence[HumanInteractionRequest] = ()
    code_sha: str | None = None
    doubts: Sequence[HumanInteractionRequest] = ()
    logs: str | None = None
    raised: Sequence[str] = ()
    notices: Sequence[dict[str, Any]] = ()
    automatic: str | None = None


FAILURES = {status.value: status for status in (StepStatus.REJECTED, StepStatus.TIMED_OUT, StepStatus.ENDED)}
"""The kinds of `Failure` that are more than a plain one."""
AUTOMATIC = frozenset({"auto_approved", "automated_processing"})
"""The `status` in an agent's output that says of it that nobody was asked, where that is so."""


def failed(node: str, kind: str, message: str) -> NodeResult:
    """The result of a run that broke off, as if its agent had raised an error of this kind."""
    return NodeResult(StepStatus.FAILED, writes={}, error=_error(node, kind, message), raised=(kind,))


async def run_node(create: Callable[[str], BaseAgent], run: NodeRun, ledger: Ledger) -> NodeResult:
    """Run the node once. A question without an answer pauses it, whatever it returns or raises after that."""
    questions = Questions(run.recorded)
    notifications = Notifications()
    try:
        agent = create(run.node.agent)
        notifications = equip(agent, questions, ledger)
        output = await _process(agent, run, questions, ledger)
        result = _finished(run, _as_answered(output, questions))
        if not agent.pure and not questions.asked:
            result.automatic = _automatic(output)
    except Pause:
        result = NodeResult(StepStatus.PAUSED)
    except (Interrupted, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError) and _cancelled_by_runner():
            raise
        result = _raised(run, error)
    if questions.unanswered:
        result = NodeResult(StepStatus.PAUSED, notices=tuple(notifications.notices))
    result.asked, result.doubts = tuple(questions.asked), tuple(questions.doubts)
    return result


async def _process(agent: BaseAgent, run: NodeRun, questions: Questions, ledger: Ledger) -> Any:
    agent.execution_context = context = run.context
    agent.effects = Effects(context, questions, ledger)
    agent.node_name = run.node.name
    agent.prompt_template = run.node.prompt
    agent.context = dict(run.node.context)
    agent.state = run.state
    agent.inputs = run.inputs
    agent.input_names = tuple(item.param for item in run.node.inputs)
    output = agent.process(dict(run.inputs))
    if not inspect.isawaitable(output):
        return output
    # An agent's host has no loop until here, so that an agent that is not async may run one of its own.
    with contextlib.closing(output) if inspect.iscoroutine(output) else contextlib.nullcontext():
        await asyncio.sleep(0)
        return await output


def _as_answered(output: Any, questions: Questions) -> Any:
    """The output, as a failure where a person said no, or nobody answered, and the agent could not know.

    An agent that only displays its request returns the same whatever the answer is.
    """
    if isinstance(output, Failure):
        return output
    heard = (outcome(request, response) for request, response in questions.unheard)
    failure = next((one for one in heard if isinstance(one, Failure)), None)
    return output if failure is None else replace(failure, output=output)


def _automatic(output: Any) -> str | None:
    status = output.get("status") if isinstance(output, dict) else None
    return status if isinstance(status, str) and status in AUTOMATIC else None


def _raised(run: NodeRun, error: BaseException) -> NodeResult:
    kinds = kinds_of(error)
    words = _error(run.node.name, kinds[0], words_of(error)) | {"traceback": traceback_of(error)}
    return NodeResult(StepStatus.FAILED, writes={}, error=words, raised=kinds)


def _error(node: str, kind: str, message: str) -> dict[str, Any]:
    return {"node": node, "type": kind, "message": redacted(message)}


def _finished(run: NodeRun, output: Any) -> NodeResult:
    own: dict[str, Any] = {}
    if isinstance(output, Update):
        own, output = output.writes, output.output
    status, error, value = StepStatus.OK, None, output
    if isinstance(output, Failure):
        status, value = FAILURES.get(output.kind, StepStatus.FAILED), output.output
        error = _error(run.node.name, output.kind, str(output.message))
    writes = writes_of(run.node, value, whole=status is StepStatus.OK) | own
    to_json(writes)
    if not any(value is written for written in writes.values()):
        to_json(value, f"output of {run.node.name}")
    return NodeResult(status, value, writes, error)


def _cancelled_by_runner() -> bool:
    with contextlib.suppress(RuntimeError):  # no loop runs: see `_process`
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    return False
