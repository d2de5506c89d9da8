"""Agents: the code behind the nodes. An agents file needs `agent` and `BaseAgent` from here, and sometimes `Failure`."""

from hitl_tui.agents.base import BaseAgent, ExecutionContext, Failure
from hitl_tui.agents.registry import agent

__all__ = ["BaseAgent", "ExecutionContext", "Failure", "agent"]
