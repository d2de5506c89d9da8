"""What a correction of a state may set; the answers of people stay, also those inside included graphs. Pure."""

from __future__ import annotations

import copy
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hitl_tui.errors import InvalidState
from hitl_tui.model.graph import Graph
from hitl_tui.model.interaction import RESPONSES, is_of_answers, refuse_answers


def with_answers(values: Mapping[str, Any], state: dict[str, Any], graph: Graph) -> dict[str, Any]:
    """The values with which a state is corrected: what replaces the state of an included graph keeps the answers there.

    Raises `InvalidState` if they would put other answers in their place, or name a value inside another one.
    """
    kept = dict(copy.deepcopy(values))
    _refuse_others(kept, state, "the state")
    _refuse_inner([name for name in kept if name not in state], {**state, **kept})
    for scope in sorted({node.scope for node in graph.nodes.values() if node.scope and node.scope[0] in kept}):
        old = _inside(state, scope)
        new = _inside(kept, scope, make=RESPONSES in old)
        _refuse_others(new, old, f"the state of '{'.'.join(scope)}'")
        if RESPONSES in old:
            new[RESPONSES] = old[RESPONSES]
    return kept


def _refuse_others(new: Mapping[str, Any], old: Mapping[str, Any], where: str) -> None:
    # A program may give back the whole state that it read.
    refuse_answers([key for key in new if is_of_answers(key) and (key not in old or new[key] != old[key])], where)


def _refuse_inner(new: Iterable[str], state: Mapping[str, Any]) -> None:
    """A name such as `review.amount` where `review` is a dict would be a key of its own beside it."""
    for name in new:
        outer, _, inner = name.partition(".")
        if inner and isinstance(state.get(outer), dict):
            held: Any = "…"
            for key in reversed(inner.split(".")):
                held = {key: held}
            example = shlex.quote(f"{outer}:={json.dumps(held, ensure_ascii=False)}")
            raise InvalidState(
                f"'{name:.60}': '{outer}' is one value of the state, and is set as a whole",
                hint=f"give it with all that it holds: --set {example}",
                field=name,
            )


def _inside(state: dict[str, Any], scope: Sequence[str], *, make: bool = False) -> dict[str, Any]:
    """The state of an included graph, which is `make`d where there is none; raises `InvalidState` for a value there."""
    found = state
    for depth, key in enumerate(scope):
        inner = found.setdefault(key, {}) if make else found.get(key, {})
        if make and not isinstance(inner, dict):
            name = ".".join(scope[: depth + 1])
            raise InvalidState(
                f"the state: '{name}' is that of an included graph, with answers of people in it",
                hint=f"give its fields: {scope[0]}:={{…}}",
                field=name,
            )
        found = inner if isinstance(inner, dict) else {}
    return found
