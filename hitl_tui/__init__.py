"""A keyboard-driven terminal inbox for workflows that pause for a human, and the durable runner behind it.

What a developer needs is importable from here, and loaded when it is asked for: `from hitl_tui import BaseAgent`.
"""

# Not from `typing`, whose import takes longer than all the rest; type checkers know the name.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from hitl_tui.agents.base import BaseAgent as BaseAgent
    from hitl_tui.agents.base import Failure as Failure
    from hitl_tui.agents.effects import NotDone as NotDone
    from hitl_tui.agents.handler import CLIInteractionHandler as CLIInteractionHandler
    from hitl_tui.agents.handler import InteractionHandler as InteractionHandler
    from hitl_tui.agents.handler import register_handler as register_handler
    from hitl_tui.agents.human_in_the_loop import HumanInTheLoop as HumanInTheLoop
    from hitl_tui.agents.llm_node import llm_model as llm_model
    from hitl_tui.agents.registry import agent as agent
    from hitl_tui.agents.registry import register_agent as register_agent
    from hitl_tui.agents.tools import ToolPolicy as ToolPolicy
    from hitl_tui.agents.tools import ToolResult as ToolResult
    from hitl_tui.agents.tools import interrupt_on as interrupt_on
    from hitl_tui.agents.tools import tool as tool
    from hitl_tui.api.analytics import InteractionAnalytics as InteractionAnalytics
    from hitl_tui.api.storage import StorageService as StorageService
    from hitl_tui.errors import ActionNotAllowed as ActionNotAllowed
    from hitl_tui.errors import AgentsNotLoaded as AgentsNotLoaded
    from hitl_tui.errors import AlreadyDecided as AlreadyDecided
    from hitl_tui.errors import DatabaseUnusable as DatabaseUnusable
    from hitl_tui.errors import FileMissing as FileMissing
    from hitl_tui.errors import HitlError as HitlError
    from hitl_tui.errors import InvalidData as InvalidData
    from hitl_tui.errors import InvalidGraph as InvalidGraph
    from hitl_tui.errors import InvalidState as InvalidState
    from hitl_tui.errors import NoSafeFunction as NoSafeFunction
    from hitl_tui.errors import NothingPending as NothingPending
    from hitl_tui.errors import NotPossible as NotPossible
    from hitl_tui.errors import NotSerialisable as NotSerialisable
    from hitl_tui.errors import SeveralPending as SeveralPending
    from hitl_tui.errors import ThreadExists as ThreadExists
    from hitl_tui.errors import ThreadNotFound as ThreadNotFound
    from hitl_tui.errors import UntrustedAgents as UntrustedAgents
    from hitl_tui.errors import UsageError as UsageError
    from hitl_tui.model.interaction import HumanInteractionRequest as HumanInteractionRequest
    from hitl_tui.model.interaction import HumanInteractionResponse as HumanInteractionResponse
    from hitl_tui.model.kinds import InteractionType as InteractionType
    from hitl_tui.model.workflow_state import StateModel as StateModel
    from hitl_tui.workflow.definition import Workflow as Workflow
    from hitl_tui.workflow.errors import WorkflowFailed as WorkflowFailed
    from hitl_tui.workflow.errors import WorkflowPaused as WorkflowPaused

__version__ = "0.1.0"

_PLACES = {
    "ActionNotAllowed": "errors",
    "AgentsNotLoaded": "errors",
    "AlreadyDecided": "errors",
    "BaseAgent": "agents.base",
    "CLIInteractionHandler": "agents.handler",
    "DatabaseUnusable": "errors",
    "Failure": "agents.base",
    "FileMissing": "errors",
    "HitlError": "errors",
    "HumanInteractionRequest": "model.interaction",
    "HumanInteractionResponse": "model.interaction",
    "HumanInTheLoop": "agents",
    "InteractionAnalytics": "api.analytics",
    "InteractionHandler": "agents.handler",
    "InteractionType": "model.kinds",
    "InvalidData": "errors",
    "InvalidGraph": "errors",
    "InvalidState": "errors",
    "NoSafeFunction": "errors",
    "NotDone": "agents.effects",
    "NothingPending": "errors",
    "NotPossible": "errors",
    "NotSerialisable": "errors",
    "SeveralPending": "errors",
    "StateModel": "model.workflow_state",
    "StorageService": "api.storage",
    "ThreadExists": "errors",
    "ThreadNotFound": "errors",
    "ToolPolicy": "agents.tools",
    "ToolResult": "agents.tools",
    "UntrustedAgents": "errors",
    "UsageError": "errors",
    "Workflow": "workflow.definition",
    "WorkflowFailed": "workflow.errors",
    "WorkflowPaused": "workflow.errors",
    "agent": "agents.registry",
    "interrupt_on": "agents.tools",
    "llm_model": "agents.llm_node",
    "register_agent": "agents.registry",
    "register_handler": "agents.handler",
    "tool": "agents.tools",
}
"""The module of each name, loaded when the name is first asked for: `hitl --version` needs none of them."""


if not TYPE_CHECKING:
    # Type checkers know the names above, and no others.
    __all__ = [*_PLACES]

    def __getattr__(name: str) -> object:
        place = _PLACES.get(name)
        if place is None:
            raise AttributeError(f"module 'hitl_tui' has no attribute '{name}'")
        from importlib import import_module

        value = getattr(import_module(f"hitl_tui.{place}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
