"""Agents of pydantic-ai inside a node: their deferred tools are items of the inbox, in as many rounds as it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_ai import DeferredToolRequests, DeferredToolResults, ToolApproved, ToolDenied

from hitl_tui.agents.llm_recording import Recording
from hitl_tui.agents.signatures import as_json
from hitl_tui.agents.tools import ToolPolicy, about, asked_before, occurrence, slip_of

if TYPE_CHECKING:
    from pydantic_ai import RunContext
    from pydantic_ai.messages import ToolCallPart

    from hitl_tui.agents.base import BaseAgent
    from hitl_tui.agents.tools import Policy
    from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse

DENIED = "DENIED: User rejected this action"
"""What a model hears of a call that a person rejected (row 128); the reason follows, if there is one."""
NOT_DECIDED = "DENIED: nobody decided in time"


class HumanInTheLoop(Recording):
    """`await support.run(prompt, capabilities=[HumanInTheLoop(self)])` in the `process` of a node's agent `self`.

    Calls that pydantic-ai defers (`requires_approval=True`, `ApprovalRequired`), and those that `interrupt_on` stops,
    are approvals in the inbox, those of one turn at once; `CallDeferred` asks for the call's result. Every turn of the
    model and every tool is recorded, so that the node, which runs again from its top after an answer, asks and does
    nothing twice. Where pydantic-ai gives up on the model's answers, they are asked for anew when the node is retried.
    """

    def __init__(self, node: BaseAgent, interrupt_on: Policy = None) -> None:
        """Raises `ValueError` naming the tool and the setting of `interrupt_on` that is wrong."""
        super().__init__(node)
        self._numbers: dict[str, int] = {}
        """Of equal calls, which one each is, by its id."""
        self._policy = interrupt_on if isinstance(interrupt_on, ToolPolicy) else ToolPolicy(interrupt_on)

    def asks_first(self, call: ToolCallPart, taken: dict[str, Any]) -> bool:
        """Whether `interrupt_on` stops the call, or did in an earlier run of the node.

        Raises `ValueError` for a policy that probably misspells the name of a tool.
        """
        if slip := slip_of(self._policy, self.tools):
            raise ValueError(slip)
        tool, written = call.tool_name, call.args_as_dict()
        self._numbers[call.tool_call_id] = number = occurrence(self.node, tool, written)
        # By its arguments as the model wrote them, and as the tool takes them: "yes" may be its True.
        if any(self._policy.should_interrupt(tool, args, self.node.state) for args in (written, taken)):
            return True
        return asked_before(self.node, tool, written, number) is not None

    async def handle_deferred_tool_calls(
        self, ctx: RunContext[Any], *, requests: DeferredToolRequests
    ) -> DeferredToolResults:
        """What people say about the calls; stops the node until all are answered."""
        calls = [*requests.approvals, *requests.calls]
        questions = [
            *(self._approval(call, requests) for call in requests.approvals),
            *(self._question(call, requests) for call in requests.calls),
        ]
        answers = dict(zip((call.tool_call_id for call in calls), self.node.ask_all(questions), strict=True))
        return DeferredToolResults(
            approvals={call.tool_call_id: _approved(answers[call.tool_call_id]) for call in requests.approvals},
            calls={call.tool_call_id: _brought(answers[call.tool_call_id]) for call in requests.calls},
        )

    def _approval(self, call: ToolCallPart, requests: DeferredToolRequests) -> HumanInteractionRequest:
        known, rule = self.tools.get(call.tool_name), self._policy.rule_of(call.tool_name)
        words = known.description if known and known.description else ""
        return self.node.request(
            "approval",
            rule.description or f"Run {call.tool_name}?" + (f"\n\n{words}" if words else ""),
            context={
                **about(
                    call.tool_name,
                    call.args_as_dict(),
                    known.parameters_json_schema if known else {"type": "object"},
                    self._numbers.get(call.tool_call_id, 1),
                ),
                **_about(call, requests),
            },
            allowed=list(rule.decisions),
            **rule.settings,
        )

    def _question(self, call: ToolCallPart, requests: DeferredToolRequests) -> HumanInteractionRequest:
        return self.node.request(
            "text_input",
            f"What is the result of {call.tool_name}? It is carried out outside of this workflow.",
            context={"tool": call.tool_name, "args": call.args_as_dict(), **_about(call, requests)},
        )


def denial(reason: str) -> str:
    """What a model hears of a call that a person rejected."""
    return f"{DENIED}: {reason}" if reason else DENIED


def _about(call: ToolCallPart, requests: DeferredToolRequests) -> dict[str, Any]:
    """What the tool says about why it asks."""
    told = requests.metadata.get(call.tool_call_id)
    return {"about": as_json(told)} if told else {}


def _approved(answer: HumanInteractionResponse) -> ToolApproved | ToolDenied:
    data = answer.data or {}
    match answer.action:
        case "approve":
            return ToolApproved()
        case "edit":
            return ToolApproved(override_args=data["args"])
        case "respond":
            return ToolDenied(data["message"])
        case "reject":
            return ToolDenied(denial(str(data.get("reason") or "")))
    return ToolDenied(NOT_DECIDED)


def _brought(answer: HumanInteractionResponse) -> Any:
    data = answer.data or {}
    return (data.get("text") or data.get("response") or data) if answer.action == "respond" else NOT_DECIDED
