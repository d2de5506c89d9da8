"""Workflows as Python classes: `Workflow`, its `StateModel`, and what is raised at a pause and at a failure."""

from hitl_tui.graphs.fluent import Path
from hitl_tui.model.workflow_state import StateModel
from hitl_tui.workflow.definition import Workflow
from hitl_tui.workflow.errors import WorkflowFailed, WorkflowPaused

__all__ = ["Path", "StateModel", "Workflow", "WorkflowFailed", "WorkflowPaused"]
