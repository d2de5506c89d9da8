"""A named workflow: nodes and edges. Immutable; its id is the digest of its canonical JSON."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from hitl_tui.model.jsontext import digest
from hitl_tui.model.reducers import Reducer
from hitl_tui.model.retry import Retry

MAX_VISITS = 10_000
"""A node that runs more often in one thread is taken for an endless loop, unless it says otherwise."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(_Frozen):
    """One input of a node: the state key it is read from and the name under which the agent sees it."""

    key: str
    param: str


class Route(_Frozen):
    """A success edge taken when the node's output equals `value`, or when the expression `when` holds."""

    to: tuple[str, ...]
    value: Any = None
    when: str | None = None


class Node(_Frozen):
    """A step of a graph.

    On success the first matching route in `routes` is taken, else `on_success`; on failure `on_failure`. Several
    targets run in parallel. `scope` is the path of `graph` nodes that enclose the node; its state lives under it.
    `context` holds what the reviewer sees and the agent's settings (options, timeout, …).

    `run_timeout` are the seconds that one run of its agent may take; what a person takes to answer does not count.
    `max_visits` is how often it may run in one thread, attempts not counted.
    """

    name: str
    agent: str = "default"
    prompt: str = ""
    description: str = ""
    inputs: tuple[Input, ...] = ()
    outputs: tuple[str, ...] = ()
    on_success: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    context: dict[str, Any] = Field(default_factory=dict)
    scope: tuple[str, ...] = ()
    retry: Retry | None = None
    run_timeout: int | None = Field(default=None, ge=1)
    max_visits: int = Field(default=MAX_VISITS, ge=1)
    line: int = 0


class StateField(_Frozen):
    """A key of the state (inside of these `graph` nodes) whose writes join what it holds, as its reducer says."""

    key: str
    reducer: Reducer
    scope: tuple[str, ...] = ()


class Graph(_Frozen):
    """A workflow definition; `start` is the entry node, `agents` the code that its own agent types come from.

    `state` are the fields with a reducer; any other may be written by one node at a time only.
    """

    name: str
    start: str
    nodes: dict[str, Node]
    description: str = ""
    agents: str | None = None
    state: tuple[StateField, ...] = ()

    @cached_property
    def reducers(self) -> dict[tuple[tuple[str, ...], str], Reducer]:
        """The reducers by scope and key."""
        return {(field.scope, field.key): field.reducer for field in self.state}

    @cached_property
    def id(self) -> str:
        """Digest of the definition, without line numbers, so that a moved comment does not make another graph."""
        definition = self.model_dump(mode="json")
        for node in definition["nodes"].values():
            del node["line"]
        return digest(definition)

    @cached_property
    def definition(self) -> str:
        """As it is stored: JSON text."""
        return self.model_dump_json()

    @property
    def input_keys(self) -> tuple[str, ...]:
        """State keys that `input` nodes read: what a person may give at the start."""
        entries = [node for node in self.nodes.values() if node.agent == "input" and not node.scope]
        keys = [item.key for node in entries for item in node.inputs]
        return tuple(dict.fromkeys(keys))
