"""The settings of an `llm` node's context, checked when the graph is loaded and read again when the node runs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

from hitl_tui.graphs import tool_rules
from hitl_tui.graphs.names import closest, remedy
from hitl_tui.graphs.settings import Complain
from hitl_tui.model.addresses import check_server
from hitl_tui.model.data_schema import problem_of
from hitl_tui.model.graph import Node
from hitl_tui.model.interaction import is_of_answers

SETTINGS = (
    "model",
    "base_url",
    "instructions",
    "schema",
    "tools",
    "interrupt_on",
    "history",
    "temperature",
    "max_tokens",
)
NOT_INSTALLED = (
    "language models need pydantic-ai, which is not installed beside hitl: "
    "install hitl-tui[llm] (pip install 'hitl-tui[llm]'; in a clone pip install '.[llm]')"
)
_SECRET = re.compile(r"(?i)(key|token|secret|password|authorization)$")


@dataclass(frozen=True, slots=True)
class LlmSettings:
    """What an `llm` node says about its model.

    `model` is `provider:name`, or the name of an `@llm_model` of the agents file; None is the user's own (config.toml).
    `schema` is the JSON Schema of the output, an object; `history` the state key that holds the messages.
    """

    model: str | None = None
    base_url: str | None = None
    instructions: str = ""
    schema: Mapping[str, Any] | None = None
    tools: tuple[str, ...] = ()
    interrupt_on: Mapping[str, Any] | None = None
    history: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None


def check(node: Node, complain: Complain) -> None:
    """Say what is wrong with an `llm` node's settings, and whether this machine can run it at all."""
    settings = read(node.context, complain)
    if settings.history in node.outputs:
        complain("context", f"history: '{settings.history}' is the node's output already; name another state key")
    if find_spec("pydantic_ai") is None:
        complain("agent", NOT_INSTALLED, "warning")


def read(context: Mapping[str, Any], complain: Complain) -> LlmSettings:
    """The settings; one that makes no sense is complained about and left out."""
    for name in context:
        if name not in SETTINGS:
            _refuse(str(name), complain)
    given = {name: context[name] for name in SETTINGS if context.get(name) is not None}
    found: dict[str, Any] = {}
    for name, value in given.items():
        try:
            found[name] = _READERS[name](value)
        except ValueError as error:
            complain("context", f"{name} {error}" if str(error).startswith(("is ", "must ")) else f"{name}: {error}")
    if "base_url" in found and "model" not in given:
        complain("context", "base_url is where a model is, so it needs `model` beside it")
    _check_gates(found, complain)
    return LlmSettings(**found)


def _refuse(name: str, complain: Complain) -> None:
    if _SECRET.search(name):
        complain(
            "context",
            f"'{name:.60}' does not belong in a workflow file, which is stored and shown; "
            f"set the variable of the provider, such as OPENAI_API_KEY, where the worker runs",
        )
        return
    near = closest(name, SETTINGS) or f"known: {', '.join(SETTINGS)}"
    complain("context", f"an llm has no setting '{name:.60}'; {near}")


def _check_gates(found: Mapping[str, Any], complain: Complain) -> None:
    """A gate in front of a tool that is not there guards nothing."""
    gates = found.get("interrupt_on", {})
    tool_rules.check(gates, partial(complain, "context"))
    tools = found.get("tools", ())
    for tool in gates:
        if tool not in tools:
            complain(
                "context", f"interrupt_on: '{tool!s:.60}' is not among the tools; {remedy(str(tool), tools, 'tool')}"
            )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("it must be a text")
    return value.strip()


def _model(value: Any) -> str:
    name = _text(value)
    if len(name) > 200 or not name.isprintable() or " " in name or name.startswith(":") or name.endswith(":"):
        raise ValueError(f"'{name:.60}' is no model; write provider:name, such as openai:gpt-5.2")
    return name


def _url(value: Any) -> str:
    url = _text(value)
    check_server(url)
    return url


def _key(value: Any) -> str:
    key = _text(value)
    if is_of_answers(key):
        raise ValueError(f"'{key}' holds what people answered; name another state key, such as messages")
    return key


def _schema(value: Any) -> dict[str, Any]:
    problem = problem_of(value) if isinstance(value, dict) else "it must be written as a mapping"
    if problem is None and value.get("type") != "object":
        problem = "a model gives an object: write `type: object` with `properties`"
    if problem is not None:
        raise ValueError(f"it must be a JSON Schema: {problem}")
    return dict(value)


def _tools(value: Any) -> tuple[str, ...]:
    names = value.split("|") if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise ValueError("it must be a list of names of @tool functions, such as [get_balance]; leave it out for none")
    found = tuple(name.strip() for name in names)
    if len(set(found)) < len(found):
        raise ValueError("a tool is there twice")
    return found


def _gates(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("it must say for each tool whether it asks, such as {transfer: true}")
    return dict(value)


def _number(least: float, most: float, what: type[float]) -> Callable[[Any], float]:
    kind = "number" if what is float else "whole number"

    def number(value: Any) -> float:
        try:
            found = what(value)
        except (TypeError, ValueError):
            found = math.nan
        if isinstance(value, bool) or not least <= found <= most or found != float(value):
            raise ValueError(f"{value!r:.40} must be a {kind} from {least} to {most}")
        return found

    return number


_READERS: dict[str, Callable[[Any], Any]] = {
    "model": _model,
    "base_url": _url,
    "instructions": _text,
    "schema": _schema,
    "tools": _tools,
    "interrupt_on": _gates,
    "history": _key,
    "temperature": _number(0, 2, float),
    "max_tokens": _number(1, 10_000_000, int),
}
