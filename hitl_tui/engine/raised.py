"""What a node's agent raised, as it is kept with the step: names, words and places, without secrets. Pure."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from traceback import StackSummary, TracebackException
from typing import Final

from hitl_tui.model.redaction import redacted

HEAD: Final = 4000
TAIL: Final = 16_000
"""How much of a traceback is kept: where it begins, and more of where it ends."""
_HEADING: Final = "Traceback (most recent call last):\n"
_HOME: Final = Path(__file__).parents[1]
_OURS: Final = (str(_HOME / "engine" / "node_run.py"), str(_HOME / "agents" / "steps.py"))
"""What is above their last frame in a traceback is the agent's, or the step's."""
_NOT_NAMED: Final = (BaseException, object)


def kinds_of(error: BaseException) -> tuple[str, ...]:
    """The names of the error's class and of its bases, nearest first: what a retry policy may name."""
    nearest, *bases = type(error).__mro__
    return (nearest.__name__, *(kind.__name__ for kind in bases if kind not in _NOT_NAMED))


def traceback_of(error: BaseException) -> str:
    """The traceback without heading and our own first frames, with the errors that led to this one.

    Never with the values of variables: those may hold secrets that nobody could recognise.
    """
    found = TracebackException.from_exception(error, compact=True)
    ours = takewhile(lambda frame: frame.filename in _OURS, found.stack)
    found.stack = StackSummary.from_list(found.stack[len(list(ours)) :])
    text = redacted("".join(found.format()).replace(_HEADING, ""))
    if len(text) <= HEAD + TAIL:
        return text
    return f"{text[:HEAD]}\n… {len(text) - HEAD - TAIL} characters left out …\n{text[-TAIL:]}"
