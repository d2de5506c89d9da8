"""The conversation of an `llm` node: the model's turns, its tool calls as people allow them, its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_ai import Agent, DeferredToolResults, ModelRetry, StructuredDict, ToolDefinition
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.settings import ModelSettings
from pydantic_ai.toolsets import ExternalToolset

from hitl_tui.agents.human_in_the_loop import NOT_DECIDED, denial
from hitl_tui.agents.llm_recording import Recording
from hitl_tui.agents.models import model_of
from hitl_tui.agents.signatures import Tool, tools_of
from hitl_tui.agents.tool_node import Tools, policy_of
from hitl_tui.agents.tools import ToolPolicy, ToolResult
from hitl_tui.errors import InvalidData, InvalidGraph
from hitl_tui.graphs.llm_settings import LlmSettings
from hitl_tui.graphs.names import remedy
from hitl_tui.model.data_schema import misfits

if TYPE_CHECKING:
    from pydantic_ai import DeferredToolRequests, RunContext
    from pydantic_ai.toolsets import ToolsetTool

    from hitl_tui.agents.llm_node import Llm


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's last answer, and all messages as JSON values."""

    output: Any
    messages: list[Any]


async def converse(node: Llm, settings: LlmSettings, prompt: str) -> Answer:
    """Ask the model, run the tools that it calls, give it their results, until it calls none.

    Raises `InvalidGraph` naming what the node asks for that is not there, `InvalidData` for a history that is none.
    """
    tools = _tools(node, settings)
    agent = _agent(node, settings, tools)
    calls = _Calls(node, tools, policy_of(node, node.calling or Tools) if tools else ToolPolicy())
    result = await agent.run(prompt, message_history=_history(node, settings), capabilities=[calls])
    messages = ModelMessagesTypeAdapter.dump_python(result.all_messages(), mode="json")
    return Answer(result.output, messages)


class _Calls(Recording):
    """Runs the calls of a turn as `call_tools` does: asked about together, then in their order."""

    def __init__(self, node: Llm, tools: Mapping[str, Tool], policy: ToolPolicy) -> None:
        super().__init__(node)
        self._functions = [tool.function for tool in tools.values()]
        self._policy = policy

    async def handle_deferred_tool_calls(
        self, ctx: RunContext[Any], *, requests: DeferredToolRequests
    ) -> DeferredToolResults:
        """The results of the calls; stops the node while a person has to decide one."""
        calls = [
            {"id": call.tool_call_id, "name": call.tool_name, "args": call.args_as_dict()} for call in requests.calls
        ]
        results = await self.node.acall_tools(self._functions, calls, self._policy)
        self.settled()
        return DeferredToolResults(calls={str(each.id): _heard(each) for each in results})


class _Toolset(ExternalToolset[None]):
    """Tools whose calls of a turn come to us together. A call that is no JSON goes back to the model, as an answer that
    does not fit does; pydantic-ai would give up at once.
    """

    async def get_tools(self, ctx: RunContext[None]) -> dict[str, ToolsetTool[None]]:
        found = await super().get_tools(ctx)
        return {name: replace(tool, max_retries=ctx.max_retries) for name, tool in found.items()}


def _agent(node: Llm, settings: LlmSettings, tools: Mapping[str, Tool]) -> Agent[None, Any]:
    definitions = [
        ToolDefinition(name=tool.name, description=tool.description, parameters_json_schema=tool.schema)
        for tool in tools.values()
    ]
    agent: Agent[None, Any] = Agent(
        model_of(settings, node.models),
        name=node.node_name,
        output_type=str if settings.schema is None else StructuredDict(dict(settings.schema)),
        instructions=settings.instructions or None,
        model_settings=_model_settings(settings),
        toolsets=[_Toolset(definitions)],
        defer_model_check=True,
    )
    if settings.schema is not None:
        schema = dict(settings.schema)

        @agent.output_validator
        def fits(output: Any) -> Any:
            # pydantic-ai tells the model the schema, and checks no more than that it gave an object.
            wrong = misfits(schema, output) if isinstance(output, dict) else []
            if wrong:
                raise ModelRetry("; ".join(f"{each.field or 'output'}: {each.message}" for each in wrong[:10]))
            return output

    return agent


def _model_settings(settings: LlmSettings) -> ModelSettings:
    given = ModelSettings()
    if settings.temperature is not None:
        given["temperature"] = settings.temperature
    if settings.max_tokens is not None:
        given["max_tokens"] = settings.max_tokens
    return given


def _tools(node: Llm, settings: LlmSettings) -> dict[str, Tool]:
    known = tools_of(node.calling.functions if node.calling else [])
    for name in settings.tools:
        if name not in known:
            raise InvalidGraph(
                f"node '{node.node_name}': the agents file has no @tool '{name}'; {remedy(name, known, 'tool')}",
                node=node.node_name,
            )
    return {name: known[name] for name in settings.tools}


def _history(node: Llm, settings: LlmSettings) -> list[ModelMessage]:
    held = node.state.get(settings.history) if settings.history else None
    if held is None:
        return []
    try:
        return ModelMessagesTypeAdapter.validate_python(held)
    except ValidationError:
        raise InvalidData(
            f"node '{node.node_name}': '{settings.history}' in the state does not hold messages of a model; "
            f"name another key as history, or take its value out",
            field=settings.history,
        ) from None


def _heard(result: ToolResult) -> Any:
    """What the model hears of a call."""
    match result.status:
        case "rejected":
            return denial(result.message)
        case "timed_out":
            return NOT_DECIDED
    return result.content
