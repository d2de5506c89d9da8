"""Agent types by name: the built-ins, and those that a module or file of the user's registers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from hitl_tui.agents.base import BaseAgent
from hitl_tui.agents.handler import InteractionHandler, is_registered
from hitl_tui.errors import AgentsNotLoaded, HitlError, InvalidGraph
from hitl_tui.graphs.names import closest, forms, normal
from hitl_tui.model.graph import Graph

AgentSource = type[BaseAgent] | Callable[..., Any]
_Marked = TypeVar("_Marked", bound=AgentSource)
_MARK = "__hitl_agent_types__"
TOOL_MARK = "__hitl_tool__"
"""The attribute of a function that `@tool` marked; its value is the tool's name."""
WORKFLOW = "__hitl_workflow__"
"""Under this name a class that is a workflow has a class method that returns its `WorkflowCode`."""


@dataclass(frozen=True, slots=True)
class WorkflowCode:
    """A workflow that is written in Python: its graph, and the agents of its steps by agent type."""

    graph: Graph
    agents: dict[str, AgentSource]


MODEL_MARK = "__hitl_model__"
"""The attribute of what `@llm_model` marked; its value is the model's name."""


def agent(*names: str) -> Callable[[_Marked], _Marked]:
    """Register a `BaseAgent` subclass, or a function of the inputs, under one or more agent types.

    Example: `@agent("validation_agent")` above `def validate(inputs): ...`.
    """

    def mark(source: _Marked) -> _Marked:
        setattr(source, _MARK, names)
        return source

    return mark


register_agent = agent
"""The same under the name that the documents of the specification use."""


def is_tool(thing: Any) -> bool:
    """Whether `@tool` marked it."""
    return TOOL_MARK in getattr(thing, "__dict__", {})


def is_model(thing: Any) -> bool:
    """Whether `@llm_model` marked it."""
    return MODEL_MARK in getattr(thing, "__dict__", {})


class _FunctionAgent(BaseAgent):
    """A plain function as an agent."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.process = function  # type: ignore[method-assign]


class Registry:
    """Agent types by name, any letter case or class style; `XAgent` also finds `x` (AgentMap dialect)."""

    def __init__(self, types: dict[str, AgentSource] | None = None) -> None:
        self._types: dict[str, AgentSource] = {}
        self._names: dict[str, str] = {}
        self._found: dict[str, AgentSource | None] = {}
        self.make_handler: Callable[..., InteractionHandler] | None = None
        """What makes the interaction handler of these agents; None for the plain one."""
        self.workflows: dict[str, Graph | HitlError] = {}
        """The workflow classes that were registered, by name: the graph of each, or why it cannot be built."""
        for name, source in (types or {}).items():
            self.add(name, source)

    @property
    def names(self) -> tuple[str, ...]:
        """The registered names as they were given."""
        return tuple(self._names.values())

    def __contains__(self, name: object) -> bool:
        """Whether exactly this type is registered, in any letter case."""
        return isinstance(name, str) and normal(name) in self._types

    def add(self, name: str, source: AgentSource) -> None:
        """Register `source` as `name`; a later registration replaces an earlier one."""
        self._types[normal(name)] = source
        self._names[normal(name)] = name
        self._found.clear()

    def add_marked(self, things: Iterable[Any]) -> None:
        """Register everything among `things` with the mark of `agent` or `register_handler`, and workflows' steps.

        Raises `AgentsNotLoaded` for a second handler.
        """
        # One thing may stand in a module under several names.
        for thing in {id(thing): thing for thing in things}.values():
            if is_registered(thing) and thing is not self.make_handler:
                if self.make_handler is not None:
                    names = f"'{self.make_handler.__name__}' and '{thing.__name__}'"
                    raise AgentsNotLoaded(
                        f"{names} are both registered as the interaction handler",
                        hint="put @register_handler above one of them",
                    )
                self.make_handler = thing
            for name in getattr(thing, "__dict__", {}).get(_MARK, ()):
                self.add(name, thing)
            if isinstance(thing, type) and hasattr(thing, WORKFLOW):
                self._add_workflow(thing)

    def _add_workflow(self, kind: type) -> None:
        try:
            code: WorkflowCode | None = getattr(kind, WORKFLOW)()
        except HitlError as error:
            self.workflows[kind.__name__] = error
            return
        if code is not None:
            taken = next((name for name in code.agents if name in self), None)
            if taken is not None:
                problem = f"workflow {kind.__name__}: there is another '{taken}' in this file, in whatever spelling"
                self.workflows[kind.__name__] = InvalidGraph(problem, hint="rename one of the classes")
                return
            self.workflows[code.graph.name] = code.graph
            for name, source in code.agents.items():
                self.add(name, source)

    def find(self, name: str) -> AgentSource | None:
        """The code behind an agent type, else None."""
        if name not in self._found:
            self._found[name] = next((self._types[form] for form in forms(name) if form in self._types), None)
        return self._found[name]

    def is_pure(self, name: str) -> bool:
        """Whether the type is a class that says of itself, not by inheritance, that it is pure (`BaseAgent.pure`)."""
        source = self.find(name)
        return inspect.isclass(source) and bool(vars(source).get("pure", False))

    def create(self, name: str) -> BaseAgent:
        """A new agent of the type; raises `AgentsNotLoaded` naming the closest known type."""
        source = self.find(name)
        if source is None:
            raise AgentsNotLoaded(f"unknown agent type '{name}'", hint=closest(name, self.names))
        is_agent = inspect.isclass(source) and issubclass(source, BaseAgent)
        made: BaseAgent = source() if is_agent else _FunctionAgent(source)
        made.make_handler = self.make_handler
        return made
