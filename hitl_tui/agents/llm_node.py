"""The agent type `llm`: a node that asks a language model, and runs the tools that it calls, as people allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from hitl_tui.agents.base import BaseAgent
from hitl_tui.agents.refusing import refusing
from hitl_tui.agents.registry import MODEL_MARK
from hitl_tui.agents.update import Update

if TYPE_CHECKING:
    from hitl_tui.agents.tool_node import Tools

_Model = TypeVar("_Model")


def llm_model(name: str) -> Callable[[_Model], _Model]:
    """Give a model of your own a name for `llm` nodes: `@llm_model("rules")`.

    It is a pydantic-ai `Model`, or a function `(messages, info) -> ModelResponse` as its `FunctionModel` takes one.
    """

    def mark(thing: _Model) -> _Model:
        setattr(thing, MODEL_MARK, name)
        return thing

    return mark


class Llm(BaseAgent):
    """Asks a model until it calls no more tools. Output: its text, or the object that `context.schema` describes.

    The node's prompt, filled, is what the model is asked; without one it is the inputs. `LlmSettings` has the rest.
    """

    calling: ClassVar[type[Tools] | None] = None
    """The tools of the agents file, and their policy."""
    models: ClassVar[Mapping[str, Any]] = {}

    async def process(self, inputs: dict[str, Any]) -> Any:
        """The model's last answer; raises `LlmNotInstalled`, `InvalidGraph`, and what pydantic-ai raises."""
        # Every agent process imports this module, and few of them have anything to do with models.
        from hitl_tui.agents.models import load_pydantic_ai

        load_pydantic_ai()
        from hitl_tui.agents.llm_loop import converse
        from hitl_tui.graphs import llm_settings

        settings = llm_settings.read(self.context, refusing(self))
        answer = await converse(self, settings, self.prompt or _shown(inputs))
        return Update({settings.history: answer.messages} if settings.history else {}, answer.output)


def llm_agent(tools: type[Tools], models: Iterable[Any]) -> type[Llm]:
    """The agent type with the tools and the models of an agents file."""
    named = {getattr(each, MODEL_MARK): each for each in models}
    return type("Llm", (Llm,), {"calling": tools, "models": named})


def _shown(inputs: Mapping[str, Any]) -> str:
    from hitl_tui.graphs.templates import show

    if len(inputs) == 1:
        return show(next(iter(inputs.values())))
    return "\n".join(f"{name}: {show(value)}" for name, value in inputs.items())
