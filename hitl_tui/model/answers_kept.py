"""A correction of a state leaves the answers of people as they are, also those inside included graphs. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from hitl_tui.model.graph import Graph
from hitl_tui.model.interaction import RESPONSES, refuse_answers


def with_answers(values: Mapping[str, Any], state: Mapping[str, Any], graph: Graph) -> dict[str, Any]:
    """The values with which a state is corrected: what replaces the state of an included graph keeps the answers there.

    Raises `InvalidState` if they would put other answers in their place.
    """
    kept = dict(copy.deepcopy(values))
    # A program may give back the whole state that it read.
    if kept.get(RESPONSES) != state.get(RESPONSES):
        refuse_answers(kept, "the state")
    for scope in {node.scope for node in graph.nodes.values() if node.scope}:
        new, old = _inside(kept, scope), _inside(state, scope)
        if new is None:
            continue
        answers = None if old is None else old.get(RESPONSES)
        if new.get(RESPONSES) not in (None, answers):
            refuse_answers(new, f"the state of '{'.'.join(scope)}'")
        if answers is not None:
            new[RESPONSES] = answers
    return kept


def _inside(state: Mapping[str, Any], scope: Iterable[str]) -> dict[str, Any] | None:
    found: Any = state
    for key in scope:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None
