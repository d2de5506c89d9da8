"""What changed between two texts, as lines with a sign and the changed words marked. Pure, and bounded in time."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_CONTEXT = 2
_MOST_WORK = 500_000
"""Beyond this many pairs of lines, or of words in all, finding the smallest difference would stall the screen."""
_ALIKE = 0.3
_Spans = tuple[tuple[int, int], ...]
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff; `sign` is `-`, `+`, a space, or `⋯` for a run of unchanged lines that is left out.

    `changed` are the (start, end) of the words that differ from the line it replaces.
    """

    sign: str
    text: str
    changed: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    """All lines of a diff; `removed` and `added` count lines."""

    lines: list[DiffLine]
    removed: int
    added: int


def diff(before: str, after: str) -> Diff:
    """The line by line difference of two texts, with words marked where a line replaces another (row 18)."""
    old, new = before.split("\n"), after.split("\n")
    lines: list[DiffLine] = []
    removed = added = 0
    words = _Words()
    for tag, i1, i2, j1, j2 in opcodes(old, new):
        if tag == "equal":
            lines.extend(_unchanged(old[i1:i2], first=i1 == 0, last=i2 == len(old)))
            continue
        removed += i2 - i1
        added += j2 - j1
        lines.extend(_replaced(old[i1:i2], new[j1:j2], words))
    return Diff(lines, removed, added)


def opcodes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int, int, int, int]]:
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    if head:
        yield "equal", 0, head, 0, head
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(middle_old) * len(middle_new) > _MOST_WORK:
        yield "replace", head, len(old) - tail, head, len(new) - tail
    elif middle_old or middle_new:
        matcher = difflib.SequenceMatcher(None, middle_old, middle_new, autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            yield tag, i1 + head, i2 + head, j1 + head, j2 + head
    if tail:
        yield "equal", len(old) - tail, len(old), len(new) - tail, len(new)


def _unchanged(run: Sequence[str], *, first: bool, last: bool) -> Iterator[DiffLine]:
    before = 0 if first else _CONTEXT
    after = 0 if last else _CONTEXT
    left_out = len(run) - before - after
    if left_out <= 1:
        yield from (DiffLine(" ", text) for text in run)
        return
    yield from (DiffLine(" ", text) for text in run[:before])
    yield DiffLine("⋯", f"{left_out} unchanged lines")
    yield from (DiffLine(" ", text) for text in run[len(run) - after :])


def _replaced(old: Sequence[str], new: Sequence[str], words: _Words) -> Iterator[DiffLine]:
    pairs = [words.changed(before, after) for before, after in zip(old, new, strict=False)]
    for index, text in enumerate(old):
        yield DiffLine("-", text, pairs[index][0] if index < len(pairs) else ())
    for index, text in enumerate(new):
        yield DiffLine("+", text, pairs[index][1] if index < len(pairs) else ())


class _Words:
    """Compares lines word by word until its work is used up; later lines are just removed and added."""

    def __init__(self) -> None:
        self._left = _MOST_WORK

    def changed(self, before: str, after: str) -> tuple[_Spans, _Spans]:
        """Where the words of either line are that the other has not; nothing if they have too little in common."""
        old, new = _WORDS.findall(before), _WORDS.findall(after)
        self._left -= len(old) * len(new)
        if self._left < 0:
            return (), ()
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        if matcher.ratio() < _ALIKE:
            return (), ()
        old_at, new_at = _offsets(old), _offsets(new)
        changes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
        gone = tuple((old_at[i1], old_at[i2]) for _, i1, i2, _, _ in changes if i1 < i2)
        come = tuple((new_at[j1], new_at[j2]) for _, _, _, j1, j2 in changes if j1 < j2)
        return gone, come


def _offsets(words: Sequence[str]) -> list[int]:
    offsets = [0]
    for word in words:
        offsets.append(offsets[-1] + len(word))
    return offsets
