"""What a search found, marked where it stands in a row of the list. Pure."""

from __future__ import annotations

from hitl_tui.model.search_text import marks, parse
from hitl_tui.tui.widgets.item_line import Piece

_BEFORE, _AFTER = 4, 3
"""The pieces of a row before its words (cursor, mark, sign) and after them (risk, time): nothing is found in those."""


def with_found(pieces: list[Piece], text: str) -> list[Piece]:
    """The pieces of `item_line`, those with words cut so that what `text` searches for has the style `found`."""
    search = parse(text)
    if not search.terms:
        return pieces
    words = pieces[_BEFORE:-_AFTER]
    cut = [part for words_of, style in words for part in _cut(words_of, style, marks(search, words_of))]
    return [*pieces[:_BEFORE], *cut, *pieces[-_AFTER:]]


def _cut(text: str, style: str, spans: list[tuple[int, int]]) -> list[Piece]:
    parts: list[Piece] = []
    position = 0
    for start, end in spans:
        parts += [(text[position:start], style), (text[start:end], "found")]
        position = end
    return [part for part in (*parts, (text[position:], style)) if part[0]]
