"""Numbers as a terminal shows them: bars of plain characters, so that no colour is needed to read them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_BARS = "▁▂▃▄▅▆▇█"
_NONE = "·"
_UNITS = ((86_400, 3600, "d", "h"), (3600, 60, "h", "m"), (60, 1, "m", "s"))


def sparks(values: Sequence[float], cells: int | None = None) -> str:
    """One character for each value, the highest a full bar, `·` for nothing at all.

    With `cells` at most so many: then each bar is the mean of several neighbours.
    """
    values = _grouped(values, cells) if cells is not None and len(values) > cells else list(values)
    top = max(values, default=0)
    return "".join(_NONE if value <= 0 else _BARS[round(value / top * (len(_BARS) - 1))] for value in values)


def chart(values: Sequence[float], rows: int, cells: int) -> list[str]:
    """Columns of bars, top row first, each `cells` wide with a gap where there is room for one.

    The highest value fills all rows; a row at the bottom marks values of nothing with `·`.
    """
    top = max(values, default=0)
    heights = [max(round(value / top * rows * 8), 1) if value > 0 else 0 for value in values]
    return ["".join(_piece(height, row, cells) for height in heights).rstrip() for row in range(rows - 1, -1, -1)]


def bar(part: float, cells: int) -> str:
    """A horizontal bar of a part from 0 to 1: `████····`; something is never drawn as nothing."""
    full = min(round(part * cells), cells)
    return "█" * (max(full, 1) if part > 0 else 0) + "·" * (cells - (max(full, 1) if part > 0 else 0))


def percent(rate: float | None) -> str:
    """A rate from 0 to 1: `87 %`, `4.2 %` below ten, `–` for none; never 0 or 100 for what is not quite that."""
    if rate is None:
        return "–"
    if 0 < rate < 0.1:
        return f"{max(rate * 100, 0.1):.1f} %"
    return f"{int(rate * 100)} %" if rate > 0.99 else f"{round(rate * 100)} %"


def brief(seconds: float | None) -> str:
    """A length of time in at most two units: `0.4s`, `8s`, `3m20s`, `1h40m`, `3d2h`; `–` for none."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = int(seconds)
    for size, small, unit, small_unit in _UNITS:
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size}{unit}" + (f"{rest}{small_unit}" if rest else "")
    return f"{whole}s"


def _piece(height: int, row: int, cells: int) -> str:
    """The part of a column in one row, counted from the bottom; heights are in eighths of a row."""
    here = min(max(height - row * 8, 0), 8)
    sign = _BARS[here - 1] if here else (_NONE if height == 0 and row == 0 else " ")
    return (sign * max(cells - 1, 1)).ljust(cells) if sign != _NONE else sign.ljust(cells)


def _grouped(values: Sequence[float], cells: int) -> list[float]:
    size = -(-len(values) // max(cells, 1))
    first = len(values) % size or size
    edges = [0, *range(first, len(values) + 1, size)]
    return [sum(values[start:end]) / (end - start) for start, end in pairwise(edges)]
