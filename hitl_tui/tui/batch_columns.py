"""The items of a batch as a table: what all have in common stands once, and what differs stands out. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len, set_cell_size

from hitl_tui.model.jsontext import for_display
from hitl_tui.safe_text import one_line, visible
from hitl_tui.tui.wrapping import cut

_WIDEST = 40
_NARROWEST = 6
_GAP = 2
_LONGEST_CELL = 200
"""Characters of a value that are looked at for its cell; the whole value is shown with its item."""
_COMMON = 0.6
"""The part of the items whose one value makes the others stand out."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in one line; `odd` when nearly all other items have another one there."""

    text: str
    odd: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The columns in which the items differ, and what they have in common, by name."""

    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    common: dict[str, Any]
    right: tuple[bool, ...]
    """Which columns hold numbers only."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A table at one width: its heading, and of each row the text and where in it the odd cells are."""

    heading: str
    rows: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]


def fields_of(item: Any) -> dict[str, Any]:
    """An item by its fields; one that has none stands under `item`."""
    return dict(item) if isinstance(item, Mapping) and item else {"item": item}


def table_of(items: Sequence[Any]) -> Table:
    """The table of a batch's items, with the columns in the order in which they first come."""
    rows = [fields_of(item) for item in items]
    names = list(dict.fromkeys(name for row in rows for name in row))
    texts = {name: [_text(row[name]) if name in row else "" for row in rows] for name in names}
    common = {name: rows[0][name] for name in names if len(rows) > 1 and _is_common(name, rows)}
    shown = tuple(name for name in names if name not in common)
    odd = {name: _odd(texts[name]) for name in shown}
    cells = tuple(
        tuple(Cell(texts[name][number], texts[name][number] in odd[name]) for name in shown)
        for number in range(len(rows))
    )
    right = tuple(all(_is_number(row[name]) for row in rows if name in row) for name in shown)
    return Table(shown, cells, common, right)


def draw(table: Table, width: int) -> Drawn:
    """The table so that no row is wider than `width` cells; columns that find no room are counted in the heading."""
    widths = _widths(table, width)
    left_out = len(table.names) - len(widths)
    names = [
        _fitted(visible(name), size, right) for name, size, right in zip(table.names, widths, table.right, strict=False)
    ]
    heading = (" " * _GAP).join(names) + (f"  +{left_out} more" if left_out else "")
    return Drawn(heading, tuple(_row(row, widths, table.right) for row in table.rows))


def common_words(table: Table, count: int) -> str:
    """What all items have in common, in one line: `all 500: currency EUR · account 4711`; empty for nothing."""
    if not table.common:
        return ""
    return f"all {count}: " + " · ".join(f"{visible(name)} {_text(value)}" for name, value in table.common.items())


def _row(row: Sequence[Cell], widths: Sequence[int], right: Sequence[bool]) -> tuple[str, tuple[tuple[int, int], ...]]:
    text, marks = "", []
    for cell, size, to_the_right in zip(row, widths, right, strict=False):
        text += " " * _GAP if text else ""
        start = len(text)
        text += _fitted(cell.text, size, to_the_right)
        if cell.odd:
            marks.append((start, len(text)))
    return text.rstrip(), tuple(marks)


def _widths(table: Table, width: int) -> list[int]:
    """A width for each column that finds room; the widest give way first."""
    count = len(table.names)
    rest = len(f"  +{count} more")
    while count > 1 and count * (_NARROWEST + _GAP) - _GAP + (rest if count < len(table.names) else 0) > width:
        count -= 1
    wanted = [
        min(max([cell_len(visible(table.names[n])), *(cell_len(row[n].text) for row in table.rows)]), _WIDEST)
        for n in range(count)
    ]
    room = width - (rest if count < len(table.names) else 0) - _GAP * max(count - 1, 0)
    while wanted and sum(wanted) > room and max(wanted) > _NARROWEST:
        widest = max(wanted)
        second = max([size for size in wanted if size < widest], default=_NARROWEST)
        for n, size in enumerate(wanted):
            if size == widest:
                wanted[n] = max(min(widest - 1, widest - (sum(wanted) - room)), second, _NARROWEST)
        if max(wanted) == widest:
            wanted = [min(size, widest - 1) for size in wanted]
    return wanted


def _fitted(text: str, size: int, right: bool) -> str:
    text = cut(text, size)
    return " " * (size - cell_len(text)) + text if right else set_cell_size(text, size)


def _is_common(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    first = rows[0].get(name)
    return all(name in row and type(row[name]) is type(first) and row[name] == first for row in rows)


def _odd(texts: Sequence[str]) -> set[str]:
    """The texts that stand out, because nearly all are another one."""
    counts = Counter(texts)
    most = counts.most_common(1)[0][1]
    if most < len(texts) * _COMMON or most == len(texts):
        return set()
    return {text for text, number in counts.items() if number < most}


def _text(value: Any) -> str:
    if isinstance(value, str):
        first = one_line(value[:_LONGEST_CELL])
        return first + ("…" if first and len(value) > len(first) + 1 else "")
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "—"}[value]
    shown = json.dumps(for_display(value), ensure_ascii=False, default=str)
    return visible(shown if len(shown) <= _LONGEST_CELL else shown[:_LONGEST_CELL] + "…")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
