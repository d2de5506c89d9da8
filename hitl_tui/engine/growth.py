"""What only grows, such as the messages of a conversation, is stored as what was added to it. Pure.

A node returns the whole list each turn; kept whole with every step, a thread would grow with the square of its turns.
Only a step whose superstep is complete is shortened: nobody needs it any more to go on, and the state that it saw can
be computed (`engine/replay.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from hitl_tui.model.graph import Node
from hitl_tui.model.interaction import RESPONSES
from hitl_tui.model.jsontext import same
from hitl_tui.store.steps import Kept, Step

FEWEST_ITEMS: Final = 4
SHORTEST_TEXT: Final = 64
"""What is smaller is stored whole."""


def shortened(step: Step, node: Node, state: dict[str, Any]) -> Step:
    """The step without what its lists and texts had in `state` already, which is the state that its node saw."""
    writes, kept = _split(step.writes, state)
    if not isinstance(kept, dict):
        return step
    again = _written(node, kept)
    output = step.output
    if again:
        output = None if len(node.outputs) == 1 else {key: output[key] for key in output if key not in again}
    return replace(step, writes=writes, kept=kept, output=output)


def restored(step: Step, node: Node, state: dict[str, Any]) -> Step:
    """The step as it was before `shortened`."""
    if step.kept is None:
        return step
    writes = _join(step.writes, step.kept, state)
    again = _written(node, step.kept)
    output = step.output
    if again:
        output = writes[again[0]] if len(node.outputs) == 1 else output | {name: writes[name] for name in again}
    return replace(step, writes=writes, kept=None, output=output)


def _written(node: Node, kept: dict[str, Kept]) -> list[str]:
    """The fields of the output that are shortened among the writes, and need not stand in the output too."""
    return [name for name in node.outputs if name in kept and name != RESPONSES]


def _split(new: Any, old: Any) -> tuple[Any, Kept | None]:
    """What is new in `new`, and how much of it is as in `old`; all of it and None where it is something else."""
    if isinstance(new, dict) and isinstance(old, dict):
        parts = {key: _split(value, old[key]) if key in old else (value, None) for key, value in new.items()}
        kept = {key: part[1] for key, part in parts.items() if part[1] is not None}
        return ({key: part[0] for key, part in parts.items()}, kept) if kept else (new, None)
    if isinstance(new, list) and isinstance(old, list):
        grown = FEWEST_ITEMS <= len(old) < len(new) and same(new[: len(old)], old)
    elif isinstance(new, str) and isinstance(old, str):
        grown = SHORTEST_TEXT <= len(old) < len(new) and new.startswith(old)
    else:
        grown = False
    return (new[len(old) :], len(old)) if grown else (new, None)


def _join(added: Any, kept: Kept, old: Any) -> Any:
    if isinstance(kept, int):
        return old[:kept] + added
    return {key: _join(value, kept[key], old[key]) if key in kept else value for key, value in added.items()}
