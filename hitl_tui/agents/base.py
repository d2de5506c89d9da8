"""What every agent is: code behind a node's type, which may ask a person and goes on with the recorded answer."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast
from uuid import UUID

from hitl_tui.errors import HitlError, NoSafeFunction
from hitl_tui.graphs.templates import fill, unset
from hitl_tui.model import data_schema, policy
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse, new_id
from hitl_tui.model.jsontext import to_json
from hitl_tui.model.kinds import InteractionType

if TYPE_CHECKING:
    from hitl_tui.agents.effects import Effects
    from hitl_tui.agents.handler import InteractionHandler
    from hitl_tui.agents.tools import Policy, ToolResult

RUNNING_EFFECT: ContextVar[str | None] = ContextVar("running_effect", default=None)
"""The key of the `once` whose function is running here."""

LOG = logging.getLogger(__name__)

_OPTIONAL_FIELDS = [name for name, field in HumanInteractionRequest.model_fields.items() if not field.is_required()]
_TWICE = "the same request was asked twice; build a new one with self.request(...)"


class Pause(BaseException):
    """Stops a node at an unanswered `ask`; a `BaseException`, so that an agent's `except Exception` lets it pass."""


class Interrupted(BaseException):
    """Stops a node from outside, which is no failure of it: nothing is recorded, and its thread is handed back."""


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
        """`thread:node:visit`, for services that do the same key once; `:` and `%` in a node's name as in a URL."""
        node = self.node_name.replace("%", "%25").replace(":", "%3A")
        return f"{self.thread_id}:{node}:{self.visit}"


@dataclass(slots=True)
class Asked:
    """One earlier question of this node run, by position, with its answer if there is one."""

    position: int
    digest: str
    request: HumanInteractionRequest
    response: HumanInteractionResponse | None


@dataclass(slots=True)
class Questions:
    """The questions of one node run: matches each to its recorded answer, or notes it as waiting."""

    recorded: Sequence[Asked] = ()
    asked: list[HumanInteractionRequest] = field(default_factory=list)
    doubts: list[HumanInteractionRequest] = field(default_factory=list)
    unanswered: bool = False
    unheard: list[tuple[HumanInteractionRequest, HumanInteractionResponse]] = field(default_factory=list)
    """What was answered to questions that the agent only displays: it does not hear it."""
    calls: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How often each tool call was proposed so far."""
    show: Callable[[HumanInteractionRequest], None] | None = None
    """Displays a new question in the user's own way; it ends in `note`."""
    _shown: tuple[UUID, str] | None = None
    """Id and digest of the question that is being displayed."""

    def pose(self, request: HumanInteractionRequest) -> HumanInteractionResponse | None:
        """The recorded response to `request`, else None; only a request of the same digest counts as answered.

        One that was asked before gets the id that it had then, and one that differs from it an id of its own.
        """
        if RUNNING_EFFECT.get() is not None:
            raise RuntimeError(f"ask before once({RUNNING_EFFECT.get()!r}), not inside it: it would run again")
        position = len(self.asked)
        if any(request.id == other.id for other in self.asked):
            raise ValueError(_TWICE)
        earlier = next((item for item in self.recorded if item.position == position), None)
        if earlier is None or not (request.is_like(earlier.request) or request.digest() == earlier.digest):
            if earlier is not None and request.id == earlier.request.id:
                # An id that its agent made: to the store, the same id is the same question.
                request.id = new_id()
            self._ask(request)
            return None
        request.id = earlier.request.id
        self.asked.append(earlier.request)
        self.unanswered = self.unanswered or earlier.response is None
        return earlier.response

    def display(self, request: HumanInteractionRequest) -> None:
        """Ask without stopping here: the node stays paused when it returns (row 49)."""
        response = self.pose(request)
        if response is not None:
            self.unheard.append((request, response))

    def note(self, request: HumanInteractionRequest) -> None:
        """Take in the question that is being displayed; it is stored when the node returns."""
        if self._shown is None or request.id != self._shown[0]:
            raise ValueError("a node asks by self.ask(…) or self.interaction_handler.display_interaction_request(…)")
        if request.digest() != self._shown[1]:
            raise ValueError("an interaction handler must not change what is asked: the agent would ask it again")
        if all(request.id != other.id for other in self.asked):
            self._wait_for(request)

    def _ask(self, request: HumanInteractionRequest) -> None:
        if self.show is None:
            self._wait_for(request)
            return
        self._shown = request.id, request.digest()
        try:
            self.show(request)
            # Where the handler did not do so.
            self.note(request)
        except Exception as error:
            if all(request.id != other.id for other in self.asked):
                raise
            # That nobody was told must not lose a request that waits already (row 55).
            LOG.warning(
                "the interaction handler failed after displaying a request, which waits all the same: %s",
                words_of(error),
                exc_info=error,
            )
        finally:
            self._shown = None

    def _wait_for(self, request: HumanInteractionRequest) -> None:
        # Said here, where the agent's line is known, and not when the node has ended.
        check_answerable(request)
        self.asked.append(request)
        self.unanswered = True

    def doubt(self, request: HumanInteractionRequest) -> HumanInteractionResponse | None:
        """The recorded response to a question about an effect, else None.

        It goes by digest alone and counts among the other questions nowhere: once it is settled it is asked no more,
        and must not shift their places. Its stored position is negative.
        """
        digest = request.digest()
        earlier = next((item for item in self.recorded if item.position < 0 and item.digest == digest), None)
        self.doubts.append(earlier.request if earlier else request)
        if earlier is not None and earlier.response is not None:
            return earlier.response
        self.unanswered = True
        return None


class BaseAgent:
    """The code behind an agent type: override `process`, sync or async.

    An agent may call `self.ask(...)` to stop for a person; when the answer is there the node runs again from its top
    and `ask` returns it. What must not happen again then, or after a failure or a crash, goes into `self.once(...)`.
    """

    pure: ClassVar[bool] = False
    """Whether it depends on its inputs and answers alone, changes nothing and returns at once: running it again is as
    if it had run once."""
    execution_context: ExecutionContext = ExecutionContext("", "", 1, "")
    """Of no thread, for an agent that is called by itself, as in a unit test (docs/agents.md, "Testing")."""
    interaction_handler: InteractionHandler | None = None
    """Displays requests; None where the agent is called by itself."""
    questions: Questions | None = None
    make_handler: Callable[..., InteractionHandler] | None = None
    """What `register_handler` marked in the agents file."""
    effects: Effects | None = None
    input_names: tuple[str, ...] = ()
    """The names of the node's inputs, also of those that have no value yet."""
    _has_told = False

    def __init__(self) -> None:
        self.node_name = ""
        self.prompt_template = ""
        self.context: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.inputs: dict[str, Any] = {}
        self.input_names: tuple[str, ...] = ()

    @cached_property
    def logger(self) -> logging.Logger:
        """What is logged with it is kept with the step."""
        return logging.getLogger(f"hitl_tui.agents.{type(self).__name__}")

    def process(self, inputs: dict[str, Any]) -> Any:
        """The node's output for `inputs`; may be a coroutine. Raise or return a `Failure` to take the failure edge."""
        raise NotImplementedError(f"{type(self).__name__} does not define process(inputs)")

    def process_with_timeout(self, inputs: dict[str, Any], timeout: int) -> dict[str, Any]:
        """What `process` gives, where a person has `timeout` seconds for each request that it displays (row 50).

        The result says so under `timeout_seconds`. Only for a `process` that is not async and returns a dict.
        """
        from hitl_tui.agents.handler import Hurried

        handler = self.interaction_handler
        if handler is not None:
            self.interaction_handler = cast("InteractionHandler", Hurried(handler, timeout))
        try:
            return {**self.process(inputs), "timeout_seconds": timeout}
        finally:
            self.interaction_handler = handler

    def safe_automatic_process(self, inputs: dict[str, Any]) -> Any:
        """What may run where nobody could be asked; an agent that has such a thing declares it by overriding this.

        Raises `NoSafeFunction` where it is not declared: the node fails, and nothing runs instead (row 106, D-8).
        """
        raise NoSafeFunction(self.node_name or type(self).__name__)

    @property
    def prompt(self) -> str:
        """The node's prompt, filled from its inputs, then from the whole state (row 36).

        What has no value is named in the log, once (D-3).
        """
        missing = unset(self.prompt_template, self.inputs, self.state)
        if missing and not self._has_told:
            self._has_told = True
            LOG.info("the prompt of '%s' names what is not set: %s", self.node_name, ", ".join(missing))
        return fill(self.prompt_template, self.inputs, self.state)

    def request(self, interaction_type: InteractionType | str, prompt: str, **fields: Any) -> HumanInteractionRequest:
        """A request of this node and thread; `fields` are those of `HumanInteractionRequest`."""
        for name in fields.keys() - _OPTIONAL_FIELDS:
            raise TypeError(f"self.request() takes no '{name}'; it takes {', '.join(_OPTIONAL_FIELDS)}")
        return HumanInteractionRequest(
            thread_id=self.execution_context.thread_id,
            node_name=self.node_name,
            interaction_type=cast(InteractionType, interaction_type),
            prompt=prompt,
            **fields,
        )

    def ask(self, request: HumanInteractionRequest) -> HumanInteractionResponse:
        """The person's response; the first time it stops the node until there is one."""
        return self.ask_all([request])[0]

    def ask_all(self, requests: Sequence[HumanInteractionRequest]) -> list[HumanInteractionResponse]:
        """The responses to several requests shown at once, in their order; stops the node until all are there."""
        questions = self.questions
        if questions is None:
            raise self._outside("ask")
        if len({request.id for request in requests}) < len(requests):
            raise ValueError(_TWICE)
        responses = [questions.pose(request) for request in requests]
        answered = [response for response in responses if response is not None]
        if len(answered) < len(responses):
            raise Pause
        return answered

    def once(
        self, key: str, fn: Callable[[], Any], *, harmless: bool = False, by_hand: Callable[[Any], Any] | None = None
    ) -> Any:
        """The result of `fn`, which is recorded under `key` (for this visit of the node) and then never run again.

        The result must be JSON, and is returned as it was recorded, also the first time. If an earlier run began and
        its result is not recorded, because the process died or `fn` raised, a person is asked whether to redo it or
        to mark it as done. `fn` raises `NotDone` where nothing happened for certain, so that nobody need be asked.
        What is `harmless` changes nothing outside, such as reading the time: it simply runs again, and nobody is asked.
        `by_hand` makes what `fn` would have given of the result that a person gives who marks it as done.

        Raises what `fn` raised; `NotSerialisable` naming the field of a result that is not JSON; `RuntimeError` inside
        another `once` or for a key that is running. It does not run `fn` while a question of this node is open.
        """
        return self._effects("once").once(key, fn, harmless=harmless, by_hand=by_hand)

    async def aonce(
        self,
        key: str,
        fn: Callable[[], Awaitable[Any] | Any],
        *,
        harmless: bool = False,
        by_hand: Callable[[Any], Any] | None = None,
    ) -> Any:
        """As `once`, for a coroutine function."""
        return await self._effects("aonce").aonce(key, fn, harmless=harmless, by_hand=by_hand)

    def call_tools(
        self, tools: Iterable[Callable[..., Any]], calls: Sequence[Mapping[str, Any]], interrupt_on: Policy = None
    ) -> list[ToolResult]:
        """Run the calls, `{"name": …, "args": {…}}` each, of these tools; the results in their order.

        The calls that `interrupt_on` stops, a mapping or a `ToolPolicy`, are asked about first, all at once; each runs
        only if a person approved or edited it, and in `once`. A rejection keeps none of the others from running.
        Raises what a tool raised, and `TypeError` for a coroutine function.
        """
        from hitl_tui.agents.tools import call_tools

        return call_tools(self, tools, calls, interrupt_on)

    async def acall_tools(
        self, tools: Iterable[Callable[..., Any]], calls: Sequence[Mapping[str, Any]], interrupt_on: Policy = None
    ) -> list[ToolResult]:
        """As `call_tools`, for tools of which some are coroutine functions."""
        from hitl_tui.agents.tools import acall_tools

        return await acall_tools(self, tools, calls, interrupt_on)

    def numbered_effect(self, key: str) -> str:
        """The key for `once` of one of several equal effects: the first has `key` itself, the next `key #2`."""
        return self._effects("once").numbered(key)

    async def aforget(self, key: str) -> None:
        """Take back the result of a harmless `once`, so that a retry of this node begins it anew.

        Raises `RuntimeError` for what is not harmless.
        """
        await self._effects("once").aforget(key)

    def _effects(self, name: str) -> Effects:
        if self.effects is None:
            raise self._outside(name)
        return self.effects

    def _outside(self, name: str) -> RuntimeError:
        agent = self.node_name or type(self).__name__
        return RuntimeError(f"{agent}: {name}() works only inside a running workflow; a test sets one of its own")


def check_answerable(request: HumanInteractionRequest) -> None:
    """Refuse a request that nobody could answer or that cannot be stored; raises `ValueError`, `NotSerialisable`."""
    if request.interaction_type is InteractionType.CHOICE and not request.options:
        raise ValueError(f"{request.node_name}: a choice needs options; give the request options=[…]")
    problem = None if request.response_schema is None else data_schema.form_problem(request.response_schema)
    if problem is not None:
        raise ValueError(f"{request.node_name}: {problem}")
    if request.on_timeout is not None:
        chosen = policy.parse(request.on_timeout)
        refusal = policy.consent_problem(chosen, request.actions, request.options, request.risk)
        refusal = refusal or policy.refusal_of(chosen, request.response_schema)
        if refusal is not None:
            raise ValueError(f"{request.node_name}: on_timeout: {refusal}")
    to_json(request.context, "context")


def words_of(error: BaseException) -> str:
    """What an agent raised, in words; with the remedy, where it is an error of ours."""
    if isinstance(error, SystemExit):
        return f"the agent called sys.exit({error.code!r})"
    if isinstance(error, HitlError) and error.hint:
        return f"{error.message}; {error.hint}"
    try:
        return str(error) or type(error).__name__
    except Exception:
        return "its message cannot be shown"
