"""Entering and leaving an included graph; how a `graph` node is expanded is told in `hitl_tui.graphs.subgraphs`."""

from __future__ import annotations

from typing import Any

from hitl_tui.agents.base import BaseAgent


class EnterGraph(BaseAgent):
    """Agent `graph`: its inputs are the state that the included graph begins with."""

    pure = True

    def process(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The inner state."""
        return dict(inputs)


class LeaveGraph(BaseAgent):
    """Agent `graph_exit`: picks the outputs from the inner state by `context.outputs`, parent key → child key."""

    pure = True

    def process(self, inputs: dict[str, Any]) -> Any:
        """The whole inner state, one value of it, or several as a dict by parent key."""
        inner: dict[str, Any] = inputs.get("state") or {}
        pick: dict[str, str] = self.context.get("outputs") or {}
        if not pick:
            return inner
        if len(pick) == 1:
            return inner.get(next(iter(pick.values())), inner)
        return {parent: inner.get(child) for parent, child in pick.items()}
