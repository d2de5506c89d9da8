"""TOML as a person wrote it: its values, and on which line each key stands. Pure."""

from __future__ import annotations

import re
import tomllib
from typing import Any

_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$| \(at end of document\)$")
_HEADER = re.compile(r"\s*(\[{1,2}[^\n]*?\]{1,2})\s*(?:#.*)?$")


class NotToml(ValueError):
    """The text is no TOML; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def parse(text: str) -> dict[str, Any]:
    """The values of a TOML document. Raises `NotToml`."""
    try:
        # An editor may have put a byte order mark before it.
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _AT_LINE.search(message)
        last = text.count("\n") + 1
        line = int(place[1]) if place is not None and place[1] else last
        raise NotToml(_AT_LINE.sub("", message), line) from None
    except RecursionError:
        raise NotToml("it is nested too deeply", 1) from None


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The line of a key, counted from 1, or of the longest part of its path that stands on one; None if none does.

    It looks for table headers and for `key =`, so that a key inside an inline table has the line of that table.
    """
    table: tuple[str, ...] = ()
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if header := _HEADER.match(line):
            table = here = _path_of(header[1])
        elif "=" in line:
            here = (*table, *_key_before(line))
        else:
            continue
        shared = min(len(here), len(path))
        if here and here[:shared] == path[:shared] and (best is None or shared > best[0]):
            best = shared, number
    return best[1] if best is not None else None


def _key_before(line: str) -> tuple[str, ...]:
    """The key of `key = …`; a quoted key may contain an equals sign."""
    start = 0
    while (end := line.find("=", start)) >= 0:
        if path := _path_of(f"{line[:end]}=0"):
            return path
        start = end + 1
    return ()


def _path_of(fragment: str) -> tuple[str, ...]:
    try:
        value: Any = tomllib.loads(fragment)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ()
    path: list[str] = []
    while value and isinstance(value, (dict, list)):
        if isinstance(value, list):
            value = value[0]
            continue
        key, value = next(iter(value.items()))
        path.append(key)
    return tuple(path)
