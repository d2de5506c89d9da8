"""Agents: the code behind the nodes. What an agents file imports is here."""

from hitl_tui.agents.base import BaseAgent, ExecutionContext, Failure
from hitl_tui.agents.effects import NotDone
from hitl_tui.agents.registry import agent

__all__ = ["BaseAgent", "ExecutionContext", "Failure", "NotDone", "agent"]
