"""Agents: the code behind the nodes. What an agents file imports is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hitl_tui.agents.base import BaseAgent, ExecutionContext, Failure
from hitl_tui.agents.effects import NotDone
from hitl_tui.agents.registry import agent

if TYPE_CHECKING:
    from hitl_tui.agents.human_in_the_loop import HumanInTheLoop
    from hitl_tui.agents.llm_node import llm_model
    from hitl_tui.agents.tools import ToolPolicy, ToolResult, interrupt_on, tool

__all__ = [
    "BaseAgent",
    "ExecutionContext",
    "Failure",
    "HumanInTheLoop",
    "NotDone",
    "ToolPolicy",
    "ToolResult",
    "agent",
    "interrupt_on",
    "llm_model",
    "tool",
]


def __getattr__(name: str) -> Any:
    # Every agent process imports this package, and few call tools.
    if name in ("ToolPolicy", "ToolResult", "interrupt_on", "tool"):
        from hitl_tui.agents import tools

        return getattr(tools, name)
    if name == "llm_model":
        from hitl_tui.agents.llm_node import llm_model

        return llm_model
    if name == "HumanInTheLoop":
        from hitl_tui.agents.models import load_pydantic_ai

        load_pydantic_ai()
        from hitl_tui.agents.human_in_the_loop import HumanInTheLoop

        return HumanInTheLoop
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
