"""What a decision would lead to: for each action, the nodes that would run up to the next pause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ending = Literal["end", "asks", "loop", "fails"]


@dataclass(frozen=True, slots=True)
class Way:
    """One possible course of a thread after a decision.

    `steps` are the nodes that run, superstep by superstep; a decided node of a built-in type is not among them. Then
    the thread ends, or the nodes `at` ask, or it goes back to the superstep `at`, or it fails at the node `at`. `when`
    says in words what has to be so, turn by turn; nothing where there is no other way. `outcome` is that of a thread
    that ends. `risks` are (node, risk) of what runs and asks.
    """

    steps: tuple[tuple[str, ...], ...]
    ending: Ending
    at: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    outcome: str | None = None
    risks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Consequence:
    """What one answer would lead to.

    `label` is the answer in words; `option` is the number of a choice's option, from 1. `waits_for` are nodes whose
    questions must be answered before any of the ways begins. `whole` is False where there are more ways than these.

    What holds of every node is not said each time: one that breaks off and has no failure edge ends its way there, and
    so does code of the user's that asks a question.
    """

    action: str
    label: str
    ways: tuple[Way, ...]
    waits_for: tuple[str, ...] = ()
    option: int | None = None
    whole: bool = True
