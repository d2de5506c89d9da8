"""The agent types that need no code of the user's, by name."""

from __future__ import annotations

from hitl_tui.agents.base import BaseAgent
from hitl_tui.agents.files import CsvReader, CsvWriter, FileReader, FileWriter, JsonReader, JsonWriter
from hitl_tui.agents.interactions import (
    POSTED_AGENT,
    ApprovalInteraction,
    ChoiceInteraction,
    ConversationInteraction,
    EditInteraction,
    Human,
    Posted,
    Suspend,
    TextInputInteraction,
)
from hitl_tui.agents.interrupt import Interrupt
from hitl_tui.agents.llm_node import Llm
from hitl_tui.agents.registry import AgentSource, Registry
from hitl_tui.agents.subgraph import EnterGraph, LeaveGraph
from hitl_tui.agents.values import AlwaysFails, Branching, Echo, Input, Output, Summary
from hitl_tui.graphs.names import GRAPH_AGENT, GRAPH_EXIT_AGENT, LLM_AGENT

_TYPES: dict[str, type[BaseAgent]] = {
    "approval_interaction": ApprovalInteraction,
    "edit_interaction": EditInteraction,
    "choice_interaction": ChoiceInteraction,
    "text_input_interaction": TextInputInteraction,
    "conversation_interaction": ConversationInteraction,
    "human": Human,
    "interrupt": Interrupt,
    "suspend": Suspend,
    POSTED_AGENT: Posted,
    "input": Input,
    "output": Output,
    "default": Output,
    "success": Output,
    "echo": Echo,
    "failure": AlwaysFails,
    "branching": Branching,
    "summary": Summary,
    LLM_AGENT: Llm,
    GRAPH_AGENT: EnterGraph,
    GRAPH_EXIT_AGENT: LeaveGraph,
    "csv_reader": CsvReader,
    "csv_writer": CsvWriter,
    "json_reader": JsonReader,
    "json_writer": JsonWriter,
    "file_reader": FileReader,
    "file_writer": FileWriter,
}


def registry() -> Registry:
    """A new registry with the built-in agent types (row 35)."""
    types: dict[str, AgentSource] = dict(_TYPES)
    return Registry(types)
