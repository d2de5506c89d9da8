"""What the cells of a CSV workflow mean: lists, renames, and the context in its four notations."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hitl_tui.errors import NotSerialisable
from hitl_tui.model import strict_json
from hitl_tui.model.graph import Input
from hitl_tui.model.jsontext import to_json
from hitl_tui.model.strict_json import RepeatedKey
from hitl_tui.safe_text import is_text

_PAIR = re.compile(r"\s*([^\W\d][\w.-]*)\s*[=:]\s*(.*)", re.DOTALL)
_OPENERS = {"[": "]", "{": "}", "(": ")"}
_UNREADABLE = object()


def names_in(cell: str) -> tuple[str, ...]:
    """The names of a cell such as `a|b` or `a, b`, without repeats."""
    return tuple(dict.fromkeys(part for raw in re.split(r"[|,]", cell) if (part := raw.strip())))


def targets_in(cell: str) -> tuple[str, ...]:
    """The targets of a routing cell; pipes separate parallel ones."""
    return tuple(dict.fromkeys(part for raw in cell.split("|") if (part := raw.strip())))


def inputs_in(cell: str) -> tuple[Input, ...]:
    """The inputs of a cell: `key`, `state_key:param`, or `child=parent` as subgraphs write it."""
    inputs: list[Input] = []
    for name in names_in(cell):
        if "=" in name:
            param, _, key = name.partition("=")
        else:
            key, _, param = name.partition(":")
        key, param = key.strip(), param.strip()
        if key or param:
            inputs.append(Input(key=key or param, param=param or key))
    return tuple(inputs)


def context_in(cell: str) -> tuple[dict[str, Any], str]:
    """The context of a cell, and a remark when it looks like JSON and is none (an empty text when all is well).

    JSON, else a Python literal, else `{key=value,…}`; any other text stands under the key `context`. Raises
    `RepeatedKey`.
    """
    text = cell.strip()
    if not text:
        return {}, ""
    value, problem = _structured(text)
    if value is _UNREADABLE and '\\"' in text:
        value, _ = _structured(text.replace('\\"', '"'))
    if value is _UNREADABLE:
        pairs = _pairs(text)
        if pairs is not None:
            return pairs, ""
        return {"context": text}, problem if text[0] in "{[" else ""
    return value if isinstance(value, dict) else {"context": value}, ""


def _structured(text: str) -> tuple[Any, str]:
    try:
        return _storable(strict_json.read(text)), ""
    except RepeatedKey:
        raise
    except ValueError as error:
        problem = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _storable(_literal(text)), ""
    except RepeatedKey:
        raise
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _UNREADABLE, f"it looks like JSON and is not ({problem})"


def _literal(text: str) -> Any:
    tree = ast.parse(text, mode="eval")
    for part in ast.walk(tree):
        if isinstance(part, ast.Dict):
            _check_unique([ast.literal_eval(key) for key in part.keys if key is not None])
    return ast.literal_eval(tree)


def _check_unique(keys: Sequence[Any]) -> None:
    for key, others in Counter(keys).items():
        if others > 1:
            raise RepeatedKey(key)


def _storable(value: Any) -> Any:
    """The value with texts as keys and lists for tuples; raises `ValueError` when it cannot be stored as JSON."""
    plain = _text_keys(value)
    try:
        to_json(plain, "context")
    except NotSerialisable as error:
        raise ValueError(error.message) from None
    return plain


def _text_keys(value: Any) -> Any:
    if isinstance(value, str) and not is_text(value):
        raise ValueError("it holds half of a surrogate pair")
    if isinstance(value, dict):
        return {_text_keys(str(key)): _text_keys(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_text_keys(item) for item in value]
    return value


def _pairs(text: str) -> dict[str, Any] | None:
    inner = text[1:-1] if text.startswith("{") and text.endswith("}") else None
    if not inner:
        return None
    pairs = [_PAIR.fullmatch(part) for part in _split_at_commas(inner)]
    if None in pairs:
        return None
    _check_unique([pair[1] for pair in pairs if pair])
    return {pair[1]: _pair_value(pair[2].strip()) for pair in pairs if pair}


def _pair_value(text: str) -> Any:
    value, _ = _structured(text)
    if value is not _UNREADABLE:
        return value
    return {"true": True, "false": False, "none": None}.get(text.lower(), text)


def _split_at_commas(text: str) -> list[str]:
    """Split at commas outside quotes and brackets."""
    parts, start, closers, quote = [], 0, [], ""
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in _OPENERS:
            closers.append(_OPENERS[character])
        elif closers and character == closers[-1]:
            closers.pop()
        elif character == "," and not closers:
            parts.append(text[start:position])
            start = position + 1
    return [part for part in [*parts, text[start:]] if part.strip()]
