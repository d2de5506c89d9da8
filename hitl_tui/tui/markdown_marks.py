"""Markdown in a prompt, marked and not replaced: each character stays, so that a link shows where it leads. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_LONGEST = 2_000
"""Longer lines are no prose."""
_HEADING = re.compile(r"#{1,6} \S")
_BULLET = re.compile(r" {0,12}([-*+]|\d{1,3}[.)])(?= )")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_INLINE = re.compile(
    r"(?P<code>`[^`]{1,500}`)"
    r"|(?P<link>\[[^\[\]]{0,300}\]\([^()\s]{1,500}\)|https?://[^\s<>()\[\]]{1,500})"
    r"|(?P<strong>\*\*[^*\s][^*]{0,300}\*\*|__[^_\s][^_]{0,300}__)"
)
_STYLES = {"code": "label", "link": "accent", "strong": "strong"}

Marks = tuple[tuple[int, int, str], ...]


def markdown_marks(texts: Sequence[str]) -> Iterator[Marks]:
    """For each line the (start, end, style) of what Markdown makes of its parts."""
    fence = ""
    for text in texts:
        found = _FENCE.match(text)
        if fence or found:
            yield ((0, len(text), "label"),)
            if found and fence in ("", found[1]):
                fence = "" if fence else found[1]
        elif len(text) > _LONGEST:
            yield ()
        elif _HEADING.match(text):
            yield ((0, len(text), "strong"),)
        else:
            yield tuple(_inline(text))


def _inline(text: str) -> Iterator[tuple[int, int, str]]:
    bullet = _BULLET.match(text)
    if bullet:
        yield bullet.start(1), bullet.end(1), "accent"
    for found in _INLINE.finditer(text, bullet.end() if bullet else 0):
        yield found.start(), found.end(), _STYLES[found.lastgroup or "code"]
