"""How a context (or a state) is laid out: keys aligned, values beside them, nested ones below; nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.cells import cell_len

from hitl_tui.model.jsontext import iso
from hitl_tui.safe_text import visible
from hitl_tui.tui.widgets.lines import Line, safe_lines
from hitl_tui.tui.widgets.prompt_view import cut_mark, cut_text

MOST_LINES = 2_000
MOST_CHARACTERS = 200_000
MOST_VALUES = 20_000
_WIDEST_LABEL = 24
_STEP = 2
_DEEPEST_INSET = 12


def context_lines(context: Mapping[str, Any], *, whole: bool = False) -> list[Line]:
    """Every key with its value (row 9). Unless `whole`, a huge value or a huge number of values is cut, and says so."""
    lines: list[Line] = []
    for count, entry in enumerate(_entries(context)):
        if count >= MOST_VALUES and not whole:
            lines.append(Line(f"… cut here: more than {MOST_VALUES:,} values", style="accent", is_cut=True))
            break
        lines.extend(_lines(entry, whole))
    return lines


@dataclass(frozen=True, slots=True)
class _Entry:
    """A label, `inset` cells in, with its value in `column`; a container comes first, by itself, without a value."""

    label: str
    inset: int
    column: int
    value: Any = None
    is_container: bool = False


def _entries(context: Mapping[str, Any]) -> Iterator[_Entry]:
    """Without recursion: a context may be nested deeper than Python's stack. Siblings share a column."""
    stack: list[tuple[Iterator[tuple[str, Any]], int, int]] = [(iter(context.items()), 0, _column(context))]
    dashes = ""
    while stack:
        siblings, depth, width = stack[-1]
        label, value = next(siblings, (None, None))
        if label is None:
            stack.pop()
            continue
        # The first key of a mapping in a list stands beside the dash.
        inset = min(depth * _STEP, _DEEPEST_INSET) - len(dashes)
        shown, dashes = dashes + label, ""
        column = max(inset, 0) + len(shown) - len(label) + width
        if isinstance(value, dict) and value:
            stack.append((iter(value.items()), depth + 1, _column(value)))
            if shown == "-":
                dashes = "- "
                continue
            yield _Entry(shown, max(inset, 0), column, is_container=True)
        elif isinstance(value, (list, tuple)) and value:
            stack.append(((("-", item) for item in value), depth + 1, 2))
            yield _Entry(shown, max(inset, 0), column, is_container=True)
        else:
            yield _Entry(shown, max(inset, 0), column, value)


def _column(siblings: Mapping[str, Any]) -> int:
    return min(max((cell_len(visible(key)) for key in siblings), default=0), _WIDEST_LABEL) + 3


def _lines(entry: _Entry, whole: bool) -> Iterator[Line]:
    key = visible(entry.label)
    lead = " " * entry.inset + key
    if entry.is_container:
        yield Line(key, style="label", indent=entry.inset)
        return
    if cell_len(lead) >= entry.column:
        yield Line(key, style="label", indent=entry.inset)
        lead = ""
    text = _text(entry.value)
    shown = text if whole else cut_text(text, MOST_LINES, MOST_CHARACTERS)
    for number, line in enumerate(safe_lines(shown) if text else ["(empty)"]):
        yield Line(line, style="" if text else "muted", lead="" if number else lead, indent=entry.column)
    if len(shown) < len(text):
        yield cut_mark(text, shown, indent=entry.column)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, (dict, list, tuple)):
        return "{}" if isinstance(value, dict) else "[]"
    return json.dumps(value, ensure_ascii=False, default=str)
