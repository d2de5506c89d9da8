"""Prompt templates: `{name}` filled from a node's inputs, then from the whole state (row 36)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hitl_tui.graphs.unknown import UNKNOWN
from hitl_tui.model.jsontext import for_display

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}\n]{1,200})\}")
_PATH = re.compile(r"\s*([^\W\d][\w-]*)((?:\.[\w-]+|\[[^\[\]]{1,100}\])*)\s*")
_STEP = re.compile(r"\.([\w-]+)|\[([^\[\]]{1,100})\]")
_MISSING = object()


def fill(template: str, inputs: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """`template` with every `{name}`, `{a.b}` and `{a[0]}` replaced by its value; never raises (row 39).

    Values come from `inputs`, then from `state`, in each by `lookup`; texts as they are, other values as JSON, and a
    missing one or `None` as `‹name: not set›`. `{{` and the `}}` that belongs to it are literal braces. Braces that
    hold no name, such as JSON in a prompt, stay as they are. Only keys and indexes are looked up, never attributes,
    and a value that holds braces is not filled again.
    """
    escaped = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal escaped
        if match[0] == "{{":
            escaped += 1
            return "{"
        if match[0] == "}}":
            # `{"a": {"b": 1}}` closes two braces that nobody escaped.
            if not escaped:
                return "}}"
            escaped -= 1
            return "}"
        return _value(match[1], match[0], inputs, state)

    return _BRACES.sub(replace, template)


def unset(template: str, inputs: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    """The names in `template` that `fill` finds no value for, each once."""
    names = [match[1] for match in _BRACES.finditer(template) if match[1] and _PATH.fullmatch(match[1])]
    return [name for name in dict.fromkeys(names) if _found(name, inputs, state) is None]


def fill_values(value: Any, inputs: Mapping[str, Any], state: Mapping[str, Any]) -> Any:
    """`value` with every text in it filled; a text that is nothing but one `{name}` becomes the value itself.

    So an amount stays a number, and a list stays a list. Keys stay as they are. Raises `LookupError` in words for a
    name that has no value: what is done with these must not be done with a placeholder.
    """
    if isinstance(value, Mapping):
        return {key: fill_values(item, inputs, state) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill_values(item, inputs, state) for item in value]
    if not isinstance(value, str):
        return value
    for match in _BRACES.finditer(value):
        found = _found(match[1], inputs, state) if match[1] else None
        if found is not None and match[0] == value:
            return found
        if found is None and match[1] and _PATH.fullmatch(match[1]):
            raise LookupError(f"'{match[1].strip()}' in {value!r:.60} has no value")
    return fill(value, inputs, state)


def lookup(name: str, source: Mapping[str, Any]) -> Any:
    """What stands under a name or a path in `source`, and None where nothing does.

    A path that leads somewhere goes before a key that is spelled so, as `order.amount` in a condition is the amount of
    the order. Where none leads, a key with a dot or a space in it is found by its exact name.
    """
    path = _PATH.fullmatch(name)
    found = _MISSING if path is None else _walk(source, path[1], path[2])
    return source.get(name) if found is _MISSING else found


def show(value: Any) -> str:
    """A value as text in a prompt: a text as it is, anything else as JSON with ISO 8601 times."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(for_display(value), ensure_ascii=False, default=str)
    except (ValueError, TypeError, RecursionError):
        return f"‹{type(value).__name__}›"


def _value(expression: str, literal: str, inputs: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    found = _found(expression, inputs, state)
    if found is not None:
        return show(found)
    return literal if _PATH.fullmatch(expression) is None else f"‹{expression.strip()}: not set›"


def _found(expression: str, inputs: Mapping[str, Any], state: Mapping[str, Any]) -> Any:
    # What the node is given is what its agent works with, and what the reviewer is shown beside the prompt.
    found = lookup(expression, inputs)
    return lookup(expression, state) if found is None else found


def _walk(source: Mapping[str, Any], root: str, steps: str) -> Any:
    value = source.get(root, _MISSING)
    for step in _STEP.finditer(steps):
        value = _item(value, step[1] if step[1] is not None else step[2].strip("'\""))
    return value


def _item(value: Any, key: str) -> Any:
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, Mapping):
        return value.get(key, _MISSING)
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) and re.fullmatch(r"-?[0-9]{1,9}", key):
        index = int(key)
        return value[index] if -len(value) <= index < len(value) else _MISSING
    return _MISSING
