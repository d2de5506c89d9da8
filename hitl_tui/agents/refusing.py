"""What a node's settings are refused with while it runs: the loader said it already, but not of a graph from Python."""

from __future__ import annotations

from typing import Literal

from hitl_tui.agents.base import BaseAgent
from hitl_tui.errors import InvalidGraph
from hitl_tui.graphs.settings import Complain


def refusing(agent: BaseAgent) -> Complain:
    """Raises `InvalidGraph` naming the node for an error; a warning keeps nothing from running."""

    def refuse(setting: str, message: str, severity: Literal["error", "warning"] = "error") -> None:
        if severity == "error":
            raise InvalidGraph(f"node '{agent.node_name}': {message}", node=agent.node_name, setting=setting)

    return refuse
