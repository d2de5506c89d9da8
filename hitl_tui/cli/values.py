"""Values from the command line: strict JSON, `name=text` and `name:=JSON` pairs."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hitl_tui.errors import FileMissing, UsageError
from hitl_tui.model import strict_json
from hitl_tui.safe_text import is_text

_LONGEST_QUOTE = 60
_MOST_READ = 40_000_000
"""Bytes of a file with an answer: four times what one may have as it is stored, for indented JSON has many spaces."""


class InvalidJson(UsageError):
    """A JSON argument cannot be read (row 175)."""

    code = "invalid_json"


def parse_json(text: str, source: str) -> Any:
    """The value of `text`; `source` names where it came from, e.g. `--data`.

    Stricter than Python's reader: a repeated key, NaN, Infinity, a number beyond a float's range and half a surrogate
    pair are refused, since what would be stored is not what was written.
    Raises `InvalidJson`: `Invalid JSON in --data: …` (row 175).
    """
    try:
        value = strict_json.read(text)
        if not is_text(text) or ("\\u" in text and not is_text(json.dumps(value, ensure_ascii=False))):
            raise ValueError("half of a surrogate pair is no character")
    except json.JSONDecodeError as error:
        raise InvalidJson(f"Invalid JSON in {source}: {error}", hint=_hint(text, source)) from None
    except ValueError as error:
        raise InvalidJson(f"Invalid JSON in {source}: {error}") from None
    return value


def parse_object(text: str, source: str) -> dict[str, Any]:
    """The JSON object in `text`; raises `InvalidJson`, also for a list or a bare value."""
    value = parse_json(text, source)
    if not isinstance(value, dict):
        raise InvalidJson(f'Invalid JSON in {source}: an object such as {{"name": "value"}} is needed')
    return value


def parse_pairs(pairs: Iterable[str], option: str) -> dict[str, Any]:
    """The values of `name=text` and `name:=JSON` arguments of `option`, by name.

    Raises `UsageError` for an argument without a name or `=`, and for a name given twice.
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        as_json = name.endswith(":")
        name = name.removesuffix(":").strip()
        if not equals or not name:
            raise UsageError(
                f"{option} {_cut(pair)!r} is not name=value",
                hint=f"{option} name=text for a text, {option} name:=JSON for any other value",
            )
        if name in values:
            raise UsageError(f"{option} gives '{name}' twice")
        if not is_text(pair):
            raise UsageError(f"{option} {name}: the value is not valid UTF-8")
        values[name] = parse_json(text, f"{option} {name}") if as_json else text
    return values


def read_text(path: str, option: str) -> str:
    """The text of the file that `option` names, `-` for stdin. Raises `FileMissing`, or `UsageError` if not UTF-8."""
    if path == "-" and sys.stdin is None:
        raise FileMissing(f"{option} - reads stdin, and it is closed", file=path)
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as stream:
            raw = stream.read(_MOST_READ + 1)
    except OSError as error:
        raise FileMissing(f"cannot read {option} {path}: {error.strerror}", file=path) from None
    if len(raw) > _MOST_READ:
        raise UsageError(f"{option} {path} is too large for an answer: it has more than {_MOST_READ:,} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{option} {path} is not UTF-8 text: byte {error.start} is {raw[error.start]:#04x}") from None


def _hint(text: str, source: str) -> str:
    """What to do about it; `source` is an option, or an option and the name that it gives a value to."""
    option, _, name = source.partition(" ")
    if name:
        plain = f"{option} {name}=TEXT takes a text as it is"
        return f"""{plain}; as JSON, put it in single quotes for the shell: {option} '{name}:="a text"'"""
    if not text.strip() or option == "--data-file":
        return ""
    if "'" in text and '"' not in text:
        return "JSON has its texts and names in double quotes; put the whole in single quotes for the shell"
    if not text.lstrip().startswith(("{", "[", '"')):
        return f"""put JSON in single quotes for the shell: {option} '{{"name": "value"}}'"""
    return ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
