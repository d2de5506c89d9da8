"""Aligned columns of plain text, measured in terminal cells: a CJK letter or an emoji takes two. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_GAP = "  "


def width(text: str) -> int:
    """How many cells `text` takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def cut(text: str, cells: int) -> str:
    """`text` within `cells`, with `…` where something is left out."""
    if width(text) <= cells:
        return text
    kept = text[: max(cells - 1, 0)]
    while kept and width(kept) > cells - 1:
        kept = kept[:-1]
    return kept + "…"


def padded(text: str, cells: int) -> str:
    """`text` with spaces up to `cells`."""
    return text + " " * (cells - width(text))


def table(rows: Sequence[Sequence[str]], *, limit: int | None = None) -> list[str]:
    """Lines with the columns of `rows` aligned; the last column is cut so that no line is wider than `limit` cells."""
    if not rows:
        return []
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    room = None if limit is None else max(limit - sum(widths) - len(_GAP) * len(widths), 10)
    lines = []
    for row in rows:
        last = row[-1] if room is None else cut(row[-1], room)
        cells = [padded(text, cells) for text, cells in zip(row, widths, strict=False)]
        lines.append(_GAP.join([*cells, last]).rstrip())
    return lines


def pairs(rows: Sequence[tuple[str, str]], *, indent: str = "") -> list[str]:
    """Lines of `name  value`, values aligned; further lines of a value are indented below its first."""
    edge = max((width(name) for name, _ in rows), default=0)
    lines = []
    for name, value in rows:
        first, *rest = value.split("\n")
        lines.append(f"{indent}{padded(name, edge)}{_GAP}{first}".rstrip())
        lines.extend(f"{indent}{' ' * edge}{_GAP}{line}".rstrip() for line in rest)
    return lines


def _cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
