"""What a node's agent raised, as it is kept with the step: names, words and places, without secrets. Pure."""

from __future__ import annotations

from traceback import StackSummary, TracebackException
from typing import Final

from hitl_tui.model.redaction import redacted

HEAD: Final = 4000
TAIL: Final = 16_000
"""How much of a traceback is kept: where it begins, and more of where it ends."""
_HEADING: Final = "Traceback (most recent call last):\n"
_NOT_NAMED: Final = (BaseException, object)


def kinds_of(error: BaseException) -> tuple[str, ...]:
    """The names of the error's class and of its bases, nearest first: what a retry policy may name."""
    return tuple(kind.__name__ for kind in type(error).__mro__ if kind not in _NOT_NAMED)


def traceback_of(error: BaseException, ours: int) -> str:
    """The traceback without heading and its first `ours` frames, with the errors that led to this one.

    Never with the values of variables: those may hold secrets that nobody could recognise.
    """
    found = TracebackException.from_exception(error, compact=True)
    found.stack = StackSummary.from_list(found.stack[ours:])
    text = redacted("".join(found.format()).replace(_HEADING, ""))
    if len(text) <= HEAD + TAIL:
        return text
    return f"{text[:HEAD]}\n… {len(text) - HEAD - TAIL} characters left out …\n{text[-TAIL:]}"
