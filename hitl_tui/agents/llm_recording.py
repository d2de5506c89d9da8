"""What a model said and what its tools did, each recorded once, so that a node that runs again goes the same way."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic_ai import ToolReturn
from pydantic_ai.agent import AbstractAgent
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import (
    AgentRunError,
    ApprovalRequired,
    CallDeferred,
    ModelAPIError,
    ModelConnectionError,
    ModelRetry,
    ToolFailed,
    ToolRetryError,
)
from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.tools import ToolDefinition

from hitl_tui.agents.base import BaseAgent
from hitl_tui.agents.models import without_secrets
from hitl_tui.agents.signatures import as_json
from hitl_tui.model.jsontext import digest

if TYPE_CHECKING:
    from pydantic_ai import AgentRunResult, RunContext
    from pydantic_ai.messages import ToolCallPart
    from pydantic_ai.models import Model, ModelRequestContext

_RETURN = TypeAdapter(ToolReturn)


class ModelFailed(Exception):
    """A model could not be asked, and what its provider said of it held a secret, which is left out here."""


class Recording(AbstractCapability[Any]):
    """Goes with the runs of pydantic-ai in one node run.

    A turn of the model is asked for once, and repeated only where its answer was not recorded: it changes nothing
    outside. A tool runs in `once`. `tools` are the definitions that the model was last given, by name.
    """

    def __init__(self, node: BaseAgent) -> None:
        self.node = node
        self._turns: list[str] = []
        self.tools: dict[str, ToolDefinition] = {}

    def settled(self) -> None:
        """Tools ran: what was done stays done, and so does what the model said before."""
        self._turns.clear()

    def asks_first(self, call: ToolCallPart, taken: dict[str, Any]) -> bool:
        """Whether a person decides a call before the tool is run; `taken` are its arguments as the tool takes them."""
        return False

    async def wrap_run(
        self, ctx: RunContext[Any], *, handler: Callable[[], Awaitable[AgentRunResult[Any]]]
    ) -> AgentRunResult[Any]:
        """One tool after the other, as the model named them. Where pydantic-ai gives up on what the model said since
        the last tool ran, that is forgotten, so that a retry asks anew.
        """
        try:
            with AbstractAgent.parallel_tool_call_execution_mode("sequential"):
                return await handler()
        except ModelAPIError:
            raise
        except AgentRunError:
            for key in self._turns:
                await self.node.aforget(key)
            raise

    async def wrap_model_request(
        self,
        ctx: RunContext[Any],
        *,
        request_context: ModelRequestContext,
        handler: Callable[[ModelRequestContext], Awaitable[ModelResponse]],
    ) -> ModelResponse:
        """The recorded response of this turn, else the model's."""
        self.tools = {each.name: each for each in request_context.model_request_parameters.function_tools}

        async def ask() -> Any:
            began = time.monotonic()
            try:
                response = await handler(request_context)
            except ModelConnectionError as error:
                raise _harmless(_placed(error, request_context.model)) from None
            except Exception as error:
                raise _harmless(error) from None
            self._tell(response, time.monotonic() - began)
            return ModelMessagesTypeAdapter.dump_python([response], mode="json")

        key = self.node.numbered_effect("model turn")
        recorded = await self.node.aonce(key, ask, harmless=True)
        self._turns.append(key)
        (response,) = ModelMessagesTypeAdapter.validate_python(recorded)
        assert isinstance(response, ModelResponse)
        return response

    async def wrap_tool_execute(
        self,
        ctx: RunContext[Any],
        *,
        call: ToolCallPart,
        tool_def: ToolDefinition,
        args: dict[str, Any],
        handler: Callable[[dict[str, Any]], Awaitable[Any]],
    ) -> Any:
        """What came of this call, recorded: its value, or that it waits for a person, or was refused by the tool."""
        given = as_json(args)
        if not ctx.tool_call_approved and self.asks_first(call, given):
            raise ApprovalRequired

        async def run() -> dict[str, Any]:
            try:
                value = await handler(args)
            except (ApprovalRequired, CallDeferred, ModelRetry, ToolRetryError, ToolFailed) as signal:
                return _signal(signal)
            if isinstance(value, ToolReturn):
                return {"return": _RETURN.dump_python(value, mode="json")}
            return {"value": as_json(value)}

        approved = " approved" if ctx.tool_call_approved else ""
        place = digest([call.tool_name, given])[:12]
        key = self.node.numbered_effect(f"tool {call.tool_name[:60]} {place}{approved}")
        recorded = await self.node.aonce(key, run, by_hand=lambda result: {"value": result})
        self.settled()
        if "return" in recorded:
            return _RETURN.validate_python(recorded["return"])
        if "signal" in recorded:
            raise _raised(recorded)
        return recorded["value"]

    def _tell(self, response: ModelResponse, seconds: float) -> None:
        """For the history of the thread: what the turn cost."""
        used = response.usage
        self.node.logger.info(
            "model %s: %d tokens in, %d out, %.2f s",
            response.model_name or "(unnamed)",
            used.input_tokens,
            used.output_tokens,
            seconds,
        )


def _signal(signal: Exception) -> dict[str, Any]:
    match signal:
        case ApprovalRequired():
            return {"signal": "approval", "metadata": as_json(signal.metadata)}
        case CallDeferred():
            return {"signal": "deferred", "metadata": as_json(signal.metadata), "kind": signal.kind}
        case ToolFailed():
            return {"signal": "failed", "message": signal.message}
    return {"signal": "retry", "message": str(signal)}


def _raised(recorded: dict[str, Any]) -> Exception:
    match recorded["signal"]:
        case "approval":
            return ApprovalRequired(recorded["metadata"])
        case "deferred":
            return CallDeferred(recorded["metadata"], kind=recorded["kind"])
        case "failed":
            return ToolFailed(recorded["message"])
    return ModelRetry(recorded["message"])


def _placed(error: ModelConnectionError, model: Model) -> ModelConnectionError:
    """The same error, which says of itself only "Connection error.", with the address that was asked."""
    where = f" at {model.base_url}" if model.base_url else ""
    words = f"model {error.model_name}{where}: {error}".rstrip(".")
    placed = type(error)(error.model_name, f"{words}; check the address and the network, then `hitl retry`")
    placed.__cause__ = error
    return placed


def _harmless(error: Exception) -> Exception:
    """The error itself, unless it, or what led to it, tells a secret."""
    words = ""
    each: BaseException | None = error
    while each is not None:
        words += f"{each}\n"
        each = each.__cause__ or each.__context__
    if without_secrets(words) == words:
        return error
    return ModelFailed(f"{type(error).__name__}: {without_secrets(str(error))}")
