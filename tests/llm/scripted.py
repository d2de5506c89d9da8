"""Models that say what the test tells them to, and `llm` nodes that run in this process, without a host."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo

from hitl_tui.agents.llm_node import Llm, llm_agent, llm_model
from hitl_tui.agents.tool_node import tools_agent
from hitl_tui.inbox.views import ThreadView
from tests.engine.workshop import Workshop, graph, node, workshop

Turn = str | list[tuple[str, dict[str, Any]]] | BaseException | Callable[[AgentInfo], ModelResponse]


class Script:
    """A model that gives its turns in order: a text, calls as `(name, args)`, an error, or what a function makes.

    `heard` are the tool results that each request brought, `asked` the number of requests.
    """

    def __init__(self, *turns: Turn) -> None:
        self.turns = list(turns)
        self.heard: list[list[str]] = []
        self.requests: list[list[ModelMessage]] = []

    @property
    def asked(self) -> int:
        return len(self.requests)

    def __call__(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        self.requests.append(messages)
        self.heard.append([p.model_response_str() for p in messages[-1].parts if isinstance(p, ToolReturnPart)])
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        if callable(turn):
            return turn(info)
        if isinstance(turn, str):
            return ModelResponse(parts=[TextPart(turn)])
        return ModelResponse(parts=[ToolCallPart(name, args) for name, args in turn])


def gives(value: dict[str, Any]) -> Callable[[AgentInfo], ModelResponse]:
    """A turn that answers with an object where the node has a schema."""
    return lambda info: ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, value)])


def llm_type(script: Script, tools: Iterable[Any] = (), policy: Any = None) -> type[Llm]:
    """The agent type `llm` of an agents file with this model, as `script`, these tools and this policy."""
    named = llm_model("script")(script)
    return llm_agent(tools_agent(tools, [policy] if policy else [], "agents.py"), [named])


@asynccontextmanager
async def asking(path: Path, kind: type[Llm], prompt: str = "{request}", **context: Any):  # type: ignore[no-untyped-def]
    """A thread that has run as far as it gets, with one `llm` node."""
    async with workshop(path, asker=kind) as shop:
        asker = node("ask", "asker", prompt=prompt, output="answer", context={"model": "script"} | context)
        await shop.start(graph(asker), request="do it")
        yield shop, await shop.run()


async def answered(shop: Workshop, action: str, data: dict[str, Any] | None = None, **which: Any) -> ThreadView:
    """The thread after the answer, as far as it gets."""
    await shop.answer(action, data, **which)
    return await shop.run()
