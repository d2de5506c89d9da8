"""Settings of a node that say how it is run, whatever its agent does: retry, run_timeout, max_visits.

They stand on the node or in its context, from where `settle_run` takes them, so that no agent or reviewer sees them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hitl_tui.graphs.names import ASKING_AGENTS, GRAPH_AGENT, closest
from hitl_tui.graphs.settings import Complain
from hitl_tui.model.durations import parse_duration
from hitl_tui.model.graph import MAX_VISITS, Node
from hitl_tui.model.retry import MOST_ATTEMPTS, Retry

RUN_SETTINGS = ("retry", "run_timeout", "max_visits")
RETRY_KEYS = ("attempts", "backoff", "factor", "max", "jitter", "on")
MOST_VISITS = 1_000_000
_FORM = "write `retry: 3`, or `retry: {attempts: 3, backoff: 2s, factor: 2, max: 1m, jitter: 0.2, on: [ErrorType]}`"


def settle_run(node: Node, max_visits: int | None, complain: Complain) -> Node:
    """The node with its run settings as fields; `max_visits` is that of its graph. What makes no sense is left out."""
    context = dict(node.context)
    given = {name: context.pop(name) for name in RUN_SETTINGS if name in context}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        try:
            found[name] = _READERS[name](value)
        except ValueError as error:
            complain(name, f"{name}: {error}")
    found.setdefault("max_visits", max_visits or MAX_VISITS)
    settled = node.model_copy(update={"context": context, **found})
    _check_use(settled, complain)
    return settled


def read_max_visits(value: Any) -> int:
    """How often a node may run in one thread; raises `ValueError` with the remedy."""
    return _whole(value, 1, MOST_VISITS, "how often a node may run in one thread")


def _check_use(node: Node, complain: Complain) -> None:
    if node.agent == GRAPH_AGENT:
        for name, value in (("retry", node.retry), ("run_timeout", node.run_timeout)):
            if value is not None:
                complain(
                    name, f"{name} on a node that includes a graph has no effect; set it on the nodes of that graph"
                )
    elif node.agent in ASKING_AGENTS:
        if node.run_timeout is not None:
            message = "run_timeout does not count while a person is asked; how long they have is `timeout`"
            complain("run_timeout", message, "warning")
        if node.retry is not None:
            complain("retry", "retry has no effect here: what a person answers, or does not, is final", "warning")
    if node.retry is not None and node.retry.attempts == 1:
        complain("retry", "retry: one attempt is the first one, so nothing is tried again", "warning")


def _retry(value: Any) -> Retry:
    if not isinstance(value, dict):
        try:
            return Retry(attempts=_attempts(value))
        except ValueError:
            raise ValueError(f"{_shown(value)} is no retry policy; {_FORM}") from None
    for key in value:
        if key not in RETRY_KEYS:
            raise ValueError(f"there is no '{key}'; {closest(key, RETRY_KEYS) or _FORM}")
    if value.get("attempts") is None:
        raise ValueError(f"attempts is missing, how often the node is run at most; {_FORM}")
    found = {name: _named(name, _RETRY_READERS[name], one) for name, one in value.items() if one is not None}
    if "max" in found and found["max"] < found.get("backoff", 0):
        raise ValueError("max is shorter than backoff, the first wait; make it longer")
    return Retry(**found)


def _named(name: str, read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _attempts(value: Any) -> int:
    return _whole(value, 1, MOST_ATTEMPTS, "how often the node is run at most, the first time included")


def _whole(value: Any, least: int, most: int, what: str) -> int:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{_shown(value)} must be a whole number from {least} to {most}: {what}")
    return value


def _number(least: float, most: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                value = math.nan
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise ValueError(f"{_shown(value)} must be a number from {least} to {most}")
        return value

    return read


def _errors(value: Any) -> tuple[str, ...]:
    names = value.split("|") if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError("it must be a list of error types, such as [ConnectionError]; leave it out to retry all")
    found = tuple(name.strip() for name in names)
    for name in found:
        if not name.isidentifier():
            raise ValueError(f"{_shown(name)} is no error type; write its class's name alone, such as ConnectionError")
    return found


_RETRY_READERS: dict[str, Callable[[Any], Any]] = {
    "attempts": _attempts,
    "backoff": parse_duration,
    "factor": _number(1, 100),
    "max": parse_duration,
    "jitter": _number(0, 1),
    "on": _errors,
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "retry": _retry,
    "run_timeout": parse_duration,
    "max_visits": read_max_visits,
}


def _shown(value: Any) -> str:
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:60] + "…"
