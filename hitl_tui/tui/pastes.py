"""Pasted text told apart from typed keys, before anything is taken for a key. Pure; the clock is given.

Textual takes escape sequences inside a bracketed paste for keys, so that a pasted text could approve something.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

START: Final = "\x1b[200~"
END: Final = "\x1b[201~"
ESCAPE_SECONDS: Final = 0.1
"""How long an Esc may be the beginning of something else; Textual waits as long."""
SPLIT_SECONDS: Final = 1.0
"""How long the rest of a split mark is waited for; nobody types the beginning of one."""
QUIET_SECONDS: Final = 1.0
"""After so long without more of a paste, a lone Esc, ctrl+c or ctrl+q is a person who wants out of it."""
_WAY_OUT = re.compile(r"[\x1b\x03\x11]|\x1b\[27(;1)?u|\x1b\[(99|113);5u")


@dataclass(frozen=True, slots=True)
class Typed:
    """Keys, mouse and the terminal's replies, as they came."""

    text: str


@dataclass(frozen=True, slots=True)
class Pasted:
    """One paste, whole: control characters and all."""

    text: str


@dataclass(frozen=True, slots=True)
class LoneEscape:
    """The Esc key: nothing came after its byte in time."""


Piece = Typed | Pasted | LoneEscape


class Pastes:
    """Cuts what a terminal sends into pieces, wherever the reads were split."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held = ""
        """The end of the input so far, if it may be the beginning of a mark."""
        self._given_up = 0
        """How much of it was taken for something else, because the rest did not come in time."""
        self._heard_at = clock()
        self._body: list[str] | None = None
        """What was pasted so far; None outside a paste."""
        self._way_out = ""

    def feed(self, data: str) -> Iterator[Piece]:
        """What is certain after one more read."""
        quiet = self._clock() - self._heard_at
        self._heard_at = self._clock()
        if self._body is None:
            yield from self._outside(data)
        elif quiet >= QUIET_SECONDS and not self._way_out and _WAY_OUT.fullmatch(data):
            self._way_out = data
        else:
            data, self._way_out = self._way_out + data, ""
            yield from self._inside(data)

    def tick(self) -> Iterator[Piece]:
        """What is certain because nothing more came."""
        waited = self._clock() - self._heard_at
        if self._body is not None:
            if self._way_out and waited >= ESCAPE_SECONDS:
                self._way_out = ""
                yield self._end(self._held)
            return
        lacking = self._held[self._given_up :]
        if not lacking or waited < (SPLIT_SECONDS if len(self._held) > 2 else ESCAPE_SECONDS):
            return
        self._given_up = len(self._held)
        if lacking == "\x1b":
            yield LoneEscape()
        elif len(self._held) <= 2:
            yield Typed(lacking)

    def _outside(self, data: str) -> Iterator[Piece]:
        text, given_up = self._held + data, self._given_up
        self._held, self._given_up = "", 0
        goes_on = text.startswith(START) or START.startswith(text)
        pressed = given_up == len(text) - len(data) <= 2 and len(data) == 1
        if given_up and (pressed or not goes_on):
            # Somebody pressed Esc a while ago, and now another key.
            text, given_up = data, 0
        before, mark, after = text.partition(START)
        if mark:
            if before:
                yield Typed(before)
            self._body = []
            yield from self._inside(after)
            return
        self._held, self._given_up = _beginning_of(START, text), given_up
        typed = text[: len(text) - len(self._held)]
        if typed:
            yield Typed(typed)

    def _inside(self, data: str) -> Iterator[Piece]:
        assert self._body is not None
        text = self._held + data
        # A text that brings an end of its own along is one text still: the last end before another beginning counts.
        next_start = text.find(START, text.find(END)) if END in text else -1
        end = text.rfind(END, 0, next_start if next_start >= 0 else len(text))
        if end >= 0:
            yield self._end(text[:end])
            if rest := text[end + len(END) :]:
                yield from self._outside(rest)
            return
        self._held = _beginning_of(END, text)
        self._body.append(text[: len(text) - len(self._held)])

    def _end(self, last: str) -> Pasted:
        whole = "".join([*(self._body or []), last])
        self._body, self._held, self._given_up = None, "", 0
        return Pasted(whole)


def _beginning_of(mark: str, text: str) -> str:
    """The end of `text` that may be the beginning of `mark`, if the next read brings the rest of it."""
    return next((mark[:size] for size in range(len(mark) - 1, 0, -1) if text.endswith(mark[:size])), "")
