"""How a context (or a state) is laid out: keys aligned, values beside them, nested ones below; nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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
_DEEPEST_INDENT = 12


def context_lines(context: Mapping[str, Any], *, whole: bool = False) -> list[Line]:
    """Every key with its value (row 9). Unless `whole`, a huge value or a huge number of values is cut, and says so."""
    labels = [cell_len(visible(key)) for key in context]
    column = min(max(labels, default=0), _WIDEST_LABEL) + 3
    lines: list[Line] = []
    for count, (lead, value, depth) in enumerate(_leaves(context)):
        if count >= MOST_VALUES and not whole:
            lines.append(Line(f"… cut here: more than {MOST_VALUES:,} values — v shows all", style="accent"))
            break
        lines.extend(_entry(lead, value, column, min(depth * _STEP, _DEEPEST_INDENT), whole))
    return lines


_NOTHING = object()


def _leaves(context: Mapping[str, Any]) -> Iterator[tuple[str, Any, int]]:
    """Each label with its simple value and its depth; a container comes first, by itself, without a value.

    Without recursion: a context may be nested deeper than Python's stack.
    """
    stack: list[tuple[Iterator[tuple[str, Any]], int]] = [(iter(context.items()), 0)]
    while stack:
        entries, depth = stack[-1]
        entry = next(entries, None)
        if entry is None:
            stack.pop()
            continue
        label, value = entry
        if isinstance(value, (dict, list, tuple)) and value:
            yield label, _NOTHING, depth
            inner = value.items() if isinstance(value, dict) else (("-", item) for item in value)
            stack.append((iter(inner), depth + 1))
        else:
            yield label, value, depth


def _entry(label: str, value: Any, column: int, inset: int, whole: bool) -> Iterator[Line]:
    key = visible(label)
    if inset:
        column = inset + (2 if label == "-" else min(max(cell_len(key), 8), _WIDEST_LABEL) + 3)
    lead = " " * inset + key
    if value is _NOTHING:
        yield Line(key, style="label", indent=inset)
        return
    if cell_len(lead) >= column:
        yield Line(key, style="label", indent=inset)
        lead = ""
    text = _text(value)
    shown = text if whole else cut_text(text, MOST_LINES, MOST_CHARACTERS)
    style = "" if text else "muted"
    for number, line in enumerate(safe_lines(shown) if text else ["(empty)"]):
        yield Line(line, style=style, lead="" if number else lead, indent=column)
    if len(shown) < len(text):
        yield cut_mark(text, shown, indent=column)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, (dict, list, tuple)):
        return "{}" if isinstance(value, dict) else "[]"
    return json.dumps(value, ensure_ascii=False, default=str)
