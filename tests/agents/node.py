"""One node run by hand: its agent gets what the engine would give it, and recorded answers to its questions."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from hitl_tui.agents.base import Asked, BaseAgent, ExecutionContext, Pause, Questions
from hitl_tui.agents.builtins import registry
from hitl_tui.agents.handler import equip
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse

Answer = tuple[str, dict[str, Any] | None]


class Node:
    """A node of the given agent; `asked` holds the questions of its newest run."""

    def __init__(
        self,
        source: str | BaseAgent,
        inputs: dict[str, Any] | None = None,
        *,
        context: dict[str, Any] | None = None,
        prompt: str = "",
        state: dict[str, Any] | None = None,
        names: tuple[str, ...] | None = None,
        visit: int = 1,
    ) -> None:
        self.agent = registry().create(source) if isinstance(source, str) else source
        self.inputs = inputs or {}
        self.agent.execution_context = ExecutionContext("thread_1", "gate", visit, "Flow")
        self.agent.node_name = "gate"
        self.agent.context = context or {}
        self.agent.prompt_template = prompt
        self.agent.inputs = self.inputs
        self.agent.input_names = tuple(self.inputs) if names is None else names
        self.agent.state = state or {}
        self.asked: list[HumanInteractionRequest] = []

    def run(self, *answers: Answer) -> Any:
        """The output, once every question has its answer; raises `Pause` at one that has none."""
        recorded: list[Asked] = []
        for action, data in answers:
            self._until_pause(recorded)
            request = self.asked[-1]
            response = HumanInteractionResponse(request_id=request.id, action=action, data=data)
            recorded.append(Asked(len(recorded), request.digest(), request, response))
        return self._once(recorded)

    def question(self, *answers: Answer) -> HumanInteractionRequest:
        """The question at which the node pauses after these answers."""
        try:
            output = self.run(*answers)
        except Pause:
            return self.asked[-1]
        raise AssertionError(f"the node did not ask, but returned {output!r}")

    def _until_pause(self, recorded: list[Asked]) -> None:
        try:
            self._once(recorded)
        except Pause:
            return
        raise AssertionError("the node did not ask")

    def _once(self, recorded: list[Asked]) -> Any:
        questions = Questions(tuple(recorded))
        equip(self.agent, questions, NoLedger())
        try:
            output = self.agent.process(dict(self.inputs))
            return asyncio.run(_awaited(output)) if inspect.isawaitable(output) else output
        finally:
            self.asked = questions.asked


class NoLedger:
    """Of a node whose agent has no effects and reads no documents."""

    def call(self, call: Any) -> Any:
        raise AssertionError(f"{call} was not expected")

    async def acall(self, call: Any) -> Any:
        raise AssertionError(f"{call} was not expected")


async def _awaited(output: Any) -> Any:
    return await output
