"""The built-in agent types by name."""

from __future__ import annotations

from hitl_tui.agents import interactions, values
from hitl_tui.agents.registry import AgentSource, Registry

_TYPES: dict[str, AgentSource] = {
    "input": values.InputAgent,
    "output": values.Output,
    "echo": values.Echo,
    "default": values.Output,
    "success": values.Success,
    "failure": values.AlwaysFails,
    "branching": values.Branching,
    "summary": values.Summary,
    "graph": values.EnterGraph,
    "graph_exit": values.LeaveGraph,
    "human": interactions.Human,
    "suspend": interactions.Suspend,
    "approval_interaction": interactions.ApprovalInteraction,
    "edit_interaction": interactions.EditInteraction,
    "choice_interaction": interactions.ChoiceInteraction,
    "text_input_interaction": interactions.TextInputInteraction,
    "conversation_interaction": interactions.ConversationInteraction,
}


def registry() -> Registry:
    """A new registry of the built-in agent types."""
    return Registry(_TYPES)
