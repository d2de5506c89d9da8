"""What every agent is: code behind a node's type, which may ask a person and goes on with the recorded answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from hitl_tui.graphs.templates import fill
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse
from hitl_tui.model.kinds import InteractionType

_TWICE = "the same request was asked twice; build a new one with self.request(...)"


class Pause(BaseException):
    """Stops a node at an unanswered `ask`; a `BaseException`, so that an agent's `except Exception` lets it pass."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What an agent returns to fail without raising: the node's failure edge is taken and `output` is still written.

    `kind` is `rejected` when a person said no, `timed_out` when nobody answered, `ended` when a person ended a
    conversation, else `failed`.
    """

    message: str
    output: Any = None
    kind: Literal["failed", "rejected", "timed_out", "ended"] = "failed"


@dataclass(frozen=True, slots=True)
class ExecutionContext:
    """Which run this is; `idempotency_key` is the same for every attempt at it, and new for each visit in a loop."""

    thread_id: str
    node_name: str
    visit: int
    graph: str

    @property
    def idempotency_key(self) -> str:
        return f"{self.thread_id}:{self.node_name}:{self.visit}"


@dataclass(frozen=True, slots=True)
class Asked:
    """One earlier question of this node run, by position, with its answer if there is one."""

    position: int
    digest: str
    request: HumanInteractionRequest
    response: HumanInteractionResponse | None


@dataclass(slots=True)
class Questions:
    """The questions of one node run: matches each to its recorded answer, or notes it as waiting.

    This is also the `interaction_handler` that agents see.
    """

    recorded: Sequence[Asked] = ()
    asked: list[HumanInteractionRequest] = field(default_factory=list)
    unanswered: bool = False

    def pose(self, request: HumanInteractionRequest) -> HumanInteractionResponse | None:
        """The recorded response to `request`, else None; only a request of the same digest counts as answered."""
        position = len(self.asked)
        if any(request.id == other.id for other in self.asked):
            raise ValueError(_TWICE)
        earlier = next((item for item in self.recorded if item.position == position), None)
        if earlier is not None and earlier.digest == request.digest():
            self.asked.append(earlier.request)
            if earlier.response is not None:
                return earlier.response
        else:
            self.asked.append(request)
        self.unanswered = True
        return None

    def display_interaction_request(self, request: HumanInteractionRequest) -> None:
        """Ask without stopping here: the node stays paused when it returns (row 49)."""
        self.pose(request)


class BaseAgent:
    """The code behind an agent type: override `process`, sync or async.

    An agent may call `self.ask(...)` to stop for a person; when the answer is there the node runs again from its top
    and `ask` returns it. Effects before an `ask` therefore happen again: do them after it.
    """

    execution_context: ExecutionContext
    interaction_handler: Questions | None = None
    input_names: tuple[str, ...] = ()
    """The names of the node's inputs, also of those that have no value yet."""

    def __init__(self) -> None:
        self.node_name = ""
        self.prompt_template = ""
        self.context: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.inputs: dict[str, Any] = {}
        self.input_names: tuple[str, ...] = ()
        self.logger = logging.getLogger(f"hitl_tui.agents.{type(self).__name__}")

    def process(self, inputs: dict[str, Any]) -> Any:
        """The node's output for `inputs`; may be a coroutine. Raise or return a `Failure` to take the failure edge."""
        raise NotImplementedError(f"{type(self).__name__} does not define process(inputs)")

    @property
    def prompt(self) -> str:
        """The node's prompt, filled from its inputs, then from the whole state (row 36)."""
        return fill(self.prompt_template, self.inputs, self.state)

    def request(self, interaction_type: InteractionType | str, prompt: str, **fields: Any) -> HumanInteractionRequest:
        """A request of this node and thread; `fields` are those of `HumanInteractionRequest`."""
        return HumanInteractionRequest(
            thread_id=self.execution_context.thread_id,
            node_name=self.node_name,
            interaction_type=InteractionType(interaction_type),
            prompt=prompt,
            **fields,
        )

    def ask(self, request: HumanInteractionRequest) -> HumanInteractionResponse:
        """The person's response; the first time it stops the node until there is one."""
        return self.ask_all([request])[0]

    def ask_all(self, requests: Sequence[HumanInteractionRequest]) -> list[HumanInteractionResponse]:
        """The responses to several requests shown at once, in their order; stops the node until all are there."""
        if self.interaction_handler is None:
            raise RuntimeError(f"{self.node_name}: ask() works only inside a running workflow")
        if len({request.id for request in requests}) < len(requests):
            raise ValueError(_TWICE)
        responses = [self.interaction_handler.pose(request) for request in requests]
        answered = [response for response in responses if response is not None]
        if len(answered) < len(responses):
            raise Pause
        return answered
