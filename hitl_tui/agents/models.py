"""Language models by name: those of pydantic-ai's providers, and those that an agents file defines."""

from __future__ import annotations

import inspect
import logging
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from hitl_tui.config import reading
from hitl_tui.errors import InvalidGraph, LlmNotInstalled
from hitl_tui.graphs.llm_settings import NOT_INSTALLED, LlmSettings
from hitl_tui.graphs.names import remedy
from hitl_tui.model.redaction import MARK, redacted

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.providers import Provider

_CHATTY = ("httpx", "httpx2", "httpcore", "httpcore2", "openai")
_SECRET_VARIABLE = re.compile(r"(?:_|^)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$")
_SHORTEST_SECRET = 6
_KEY_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9_]*_(?:API_KEY|TOKEN)\b")


def load_pydantic_ai() -> None:
    """Import pydantic-ai; raises `LlmNotInstalled` with the remedy."""
    try:
        import pydantic_ai  # noqa: F401
    except ModuleNotFoundError:
        raise LlmNotInstalled(NOT_INSTALLED) from None
    for name in _CHATTY:
        # A line for each request, with its address, is no news of the node's.
        logging.getLogger(name).setLevel(logging.WARNING)


def model_of(settings: LlmSettings, own: Mapping[str, Any]) -> Model:
    """The model that a node, else `[llm]` in config.toml, names; `own` are those of the agents file.

    Raises `InvalidGraph` when none is named or there is none of the name, and what pydantic-ai raises for a provider
    that is not known, not installed, or lacks its key.
    """
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.models import Model, infer_model
    from pydantic_ai.models.function import FunctionModel

    name, url = settings.model, settings.base_url
    if name is None:
        name, url = reading.one("llm.model"), reading.one("llm.base_url")
    if name is None:
        raise InvalidGraph(
            "no model is named: give the node context.model, such as openai:gpt-5.2, or set model under [llm] in "
            "config.toml (hitl config edit)"
        )
    if name in own:
        return own[name] if isinstance(own[name], Model) else FunctionModel(_checked(own[name], name), model_name=name)
    if ":" not in name:
        raise InvalidGraph(
            f"the agents file has no @llm_model '{name}'; {remedy(name, own, 'model')}; "
            f"models of a provider are written provider:name, such as openai:gpt-5.2"
        )
    try:
        return infer_model(name) if url is None else infer_model(name, _at(url))
    except UserError as error:
        if (key := _KEY_VARIABLE.search(str(error))) and key[0] not in os.environ:
            raise InvalidGraph(
                f"model {name}: {key[0]} is not set",
                hint="set it in the environment of what runs the workflow: the worker, the inbox, or `hitl run`",
            ) from None
        raise InvalidGraph(f"model {name}: {error}") from None


def without_secrets(text: str) -> str:
    """The text without anything that looks like a secret, or is the value of a variable that holds one.

    A server may say which key it refused.
    """
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST_SECRET and _SECRET_VARIABLE.search(name):
            text = text.replace(value, MARK)
    return redacted(text)


def _checked(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function of an `@llm_model`, with words for what pydantic-ai only asserts."""
    from pydantic_ai.messages import ModelResponse

    def checked(response: Any) -> ModelResponse:
        if isinstance(response, ModelResponse):
            return response
        raise TypeError(
            f"the @llm_model '{name}' returned a {type(response).__name__}; "
            "return ModelResponse(parts=[…]) with a TextPart or ToolCallParts"
        )

    async def awaited(response: Awaitable[Any]) -> ModelResponse:
        return checked(await response)

    def turn(messages: Any, info: Any) -> Any:
        response = function(messages, info)
        return awaited(response) if inspect.isawaitable(response) else checked(response)

    return turn


def _at(url: str) -> Any:
    """Makes providers whose server is at `url`."""

    def provider(name: str) -> Provider[Any]:
        from pydantic_ai.providers import infer_provider_class

        made: Any = infer_provider_class(name)
        try:
            return made(base_url=url)  # type: ignore[no-any-return]
        except TypeError:
            raise InvalidGraph(f"the provider '{name}' takes no base_url; openai-chat does") from None

    return provider
