"""Tool calls that a person approves, edits, rejects or answers before they run, once each (rows 80 to 84, 111 to 116).

The calls of one turn are asked about together. A call that was let through runs inside `once`, so that a crash in the
middle of it is a question to a person, and never a silent second run (row 174).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, TypeVar, overload

from hitl_tui.agents.base import BaseAgent
from hitl_tui.agents.effects import NotDone
from hitl_tui.agents.registry import TOOL_MARK
from hitl_tui.agents.signatures import Tool, as_json, tools_of
from hitl_tui.errors import InvalidData
from hitl_tui.graphs import conditions
from hitl_tui.graphs.names import nearest, normal, remedy
from hitl_tui.graphs.tool_rules import ToolRule, rules_of
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse, new_id
from hitl_tui.model.jsontext import digest
from hitl_tui.model.redaction import redacted_value

_Function = TypeVar("_Function", bound=Callable[..., Any])
_LONGEST_PREVIEW = 100


@overload
def tool(function: _Function) -> _Function: ...
@overload
def tool(function: str) -> Callable[[_Function], _Function]: ...
def tool(function: Any) -> Any:
    """Mark a function as a tool, for the agent type `tools` of workflow files: `@tool`, or `@tool("its_name")`."""
    if isinstance(function, str):
        return lambda each: _marked(each, function)
    return _marked(function, getattr(function, "__name__", ""))


class ToolPolicy:
    """Which calls a person decides, and how: subclass it and override `should_interrupt` to look at each call.

    `interrupt_on` gives each tool `True`, `False` or a mapping: `allowed_decisions` (some of approve, edit, reject,
    respond), `description` (the prompt), `when` (a condition over `tool_name`, `args` and `state`), and the settings of
    a request: `risk`, `timeout`, `on_timeout`, `remind`, `require_reason`.
    """

    usual: ClassVar[ToolRule] = rules_of({"any": {}})["any"]
    """For a tool that `should_interrupt` stops although the mapping does not name it."""

    def __init__(self, interrupt_on: Mapping[str, Any] | None = None) -> None:
        """Raises `ValueError` naming the tool and the setting that is wrong."""
        self.rules = rules_of(interrupt_on or {})

    def should_interrupt(self, tool_name: str, args: dict[str, Any], state: dict[str, Any]) -> bool:
        """Whether a person decides this call (row 80); it must come to the same for the same arguments and state.

        A condition that cannot be evaluated is one for a person.
        """
        rule = self.rules.get(tool_name)
        if rule is None or not rule.asks:
            return False
        if rule.when is None:
            return True
        try:
            return conditions.holds(rule.when, {"tool_name": tool_name, "args": args, "state": state})
        except conditions.ConditionError:
            return True

    def rule_of(self, tool_name: str) -> ToolRule:
        """How a person decides a call that is stopped."""
        rule = self.rules.get(tool_name)
        return rule if rule is not None and rule.asks else self.usual


def slip_of(policy: ToolPolicy, tools: Collection[str]) -> str:
    """What is said of a name in a policy that no tool has, but one that it does not name nearly has; else nothing.

    A slip must not let the calls of that tool run unasked. Other names are left alone: a policy may be for more tools.
    """
    unnamed = [tool for tool in tools if tool not in policy.rules]
    for name in policy.rules:
        near = nearest(name, unnamed) if name not in tools else None
        if near is not None and _is_slip(name, near):
            return f"interrupt_on: there is no tool '{name}'; did you mean '{near}'? If both are meant, name both"
    return ""


def _is_slip(name: str, meant: str) -> bool:
    """A letter too many or too few, or some in another order; `get_user` and `set_user` are two tools."""
    given, wanted = Counter(normal(name)), Counter(normal(meant))
    return (given - wanted).total() + (wanted - given).total() <= 1


def interrupt_on(tools: Mapping[str, Any]) -> ToolPolicy:
    """The policy that such a mapping means; raises `ValueError` naming the tool and the setting that is wrong."""
    return ToolPolicy(tools)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of one call. `args` are those that ran, or would have; `value` is what the tool returned, as JSON.

    `failed` means that nothing ran: there is no such tool, the arguments do not fit, or the tool raised `NotDone`.
    `message` says why a call has no value, in the person's words where there are any.
    """

    tool: str
    args: dict[str, Any]
    status: Literal["done", "rejected", "responded", "timed_out", "failed"]
    value: Any = None
    message: str = ""
    id: str | None = None

    @property
    def content(self) -> Any:
        """What goes back to whoever proposed the call, such as a model: the value, or words."""
        match self.status:
            case "done":
                return self.value
            case "responded":
                return self.message
            case "rejected":
                return f"A person rejected this call of {self.tool}" + (f": {self.message}" if self.message else ".")
        return f"{self.tool} did not run: {self.message}"


Calls = Sequence[Mapping[str, Any]]
"""Calls as `{"name": …, "args": {…}}`, with an `id` where the caller has one."""
Functions = Iterable[Callable[..., Any] | Tool]
Policy = ToolPolicy | Mapping[str, Any] | None


def call_tools(agent: BaseAgent, tools: Functions, calls: Calls, policy: Policy) -> list[ToolResult]:
    """See `BaseAgent.call_tools`."""
    known = tools_of(tools)
    waits = next((call["name"] for call in calls if call["name"] in known and known[call["name"]].is_async), None)
    if waits is not None:
        raise TypeError(f"'{waits}' is a coroutine function; write `await self.acall_tools(…)`")
    return [
        item if isinstance(item, ToolResult) else item.result(agent.once(item.key(agent), item.run, by_hand=_by_hand))
        for item in _decided(agent, known, calls, policy)
    ]


async def acall_tools(agent: BaseAgent, tools: Functions, calls: Calls, policy: Policy) -> list[ToolResult]:
    """See `BaseAgent.acall_tools`."""
    return [
        item
        if isinstance(item, ToolResult)
        else item.result(await agent.aonce(item.key(agent), item.arun, by_hand=_by_hand))
        for item in _decided(agent, tools_of(tools), calls, policy)
    ]


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A call whose arguments fit."""

    id: str | None
    tool: Tool
    args: dict[str, Any]
    named: dict[str, Any]
    """The arguments as they were given, or edited: without the tool's defaults, of which there may be others once its
    code has changed.
    """
    occurrence: int
    """Of equal calls in this run of the node, which one it is."""

    def key(self, agent: BaseAgent) -> str:
        """The key of its effect. Not the caller's id: one that comes out differently in the next run of the node would
        have the tool run again, and one that comes twice would give one call the result of another.
        """
        called = digest([self.tool.name, self.named])[:12]
        return agent.numbered_effect(f"{self.tool.name}({_preview(self.named)}) {called}")

    def run(self) -> dict[str, Any]:
        try:
            return {"value": as_json(self.tool.function(**self.tool.arguments(self.args)))}
        except NotDone as error:
            return {"not_done": str(error)}

    async def arun(self) -> dict[str, Any]:
        try:
            value = self.tool.function(**self.tool.arguments(self.args))
            return {"value": as_json(await value if self.tool.is_async else value)}
        except NotDone as error:
            return {"not_done": str(error)}

    def result(self, recorded: dict[str, Any]) -> ToolResult:
        """The result from what `run` gave, in this run of the node or in an earlier one."""
        if "not_done" in recorded:
            return self.unmade("failed", recorded["not_done"])
        return ToolResult(self.tool.name, self.args, "done", recorded["value"], id=self.id)

    def unmade(self, status: Literal["rejected", "responded", "timed_out", "failed"], message: str) -> ToolResult:
        """The result of a call that does not run."""
        return ToolResult(self.tool.name, self.args, status, message=message, id=self.id)


def _by_hand(given: Any) -> dict[str, Any]:
    """What `run` would have given, from the value that a person gave who marked the call as done."""
    return {"value": given}


def _decided(agent: BaseAgent, tools: dict[str, Tool], calls: Calls, policy: Policy) -> list[_Proposal | ToolResult]:
    """What is let through, and the results of what is not, in the order of the calls."""
    rules = policy if isinstance(policy, ToolPolicy) else ToolPolicy(policy)
    if slip := slip_of(rules, tools):
        raise ValueError(slip)
    items = [_proposed(agent, tools, call) for call in calls]
    asked = {
        place: question
        for place, item in enumerate(items)
        if isinstance(item, _Proposal) and (question := _first_question(agent, item, rules)) is not None
    }
    while asked:
        answers = dict(zip(asked, agent.ask_all(list(asked.values())), strict=True))
        asked = {}
        for place, answer in answers.items():
            proposal = items[place]
            assert isinstance(proposal, _Proposal)
            items[place] = outcome = _outcome(proposal, answer)
            if isinstance(outcome, _Proposal) and (refused := _refusal(outcome)):
                # The tool's own checks know more than a JSON Schema can say.
                asked[place] = _question(agent, outcome, rules.rule_of(outcome.tool.name), refused)
    return items


def _first_question(agent: BaseAgent, call: _Proposal, rules: ToolPolicy) -> HumanInteractionRequest | None:
    """What a person is asked about the call; None when it may run unasked."""
    taken = as_json(call.tool.arguments(call.args))
    # Also as the tool takes them: "yes" may be its True.
    if any(rules.should_interrupt(call.tool.name, args, agent.state) for args in (call.args, taken)):
        return _question(agent, call, rules.rule_of(call.tool.name))
    return asked_before(agent, call.tool.name, call.args, call.occurrence)


def occurrence(agent: BaseAgent, tool: str, args: dict[str, Any]) -> int:
    """Of equal calls in this run of the node, which one this is; to be asked once for each."""
    if agent.questions is None:
        return 1
    which = digest([tool, args])
    agent.questions.calls[which] += 1
    return agent.questions.calls[which]


def about(tool: str, args: dict[str, Any], schema: dict[str, Any], number: int) -> dict[str, Any]:
    """The context of a question about a call."""
    return {"tool": tool, "args": args, "args_schema": schema} | ({"occurrence": number} if number > 1 else {})


def asked_before(agent: BaseAgent, tool: str, args: dict[str, Any], number: int) -> HumanInteractionRequest | None:
    """What a person was asked about this very call in an earlier run of the node, and not again in this one so far.

    A rejection stands, whatever the state and the policy have become since.
    """
    questions = agent.questions
    if questions is None:
        return None
    wanted = digest(about(tool, args, {}, number))
    for item in questions.recorded:
        context = item.request.context
        to_come = item.position >= len(questions.asked)
        if to_come and "args_schema" in context and digest({**context, "args_schema": {}}) == wanted:
            return item.request.model_copy(update={"id": new_id()})
    return None


def _proposed(agent: BaseAgent, tools: dict[str, Tool], call: Mapping[str, Any]) -> _Proposal | ToolResult:
    name, given = str(call["name"]), call.get("args") or {}
    own = None if call.get("id") is None else str(call["id"])
    args = as_json(dict(given)) if isinstance(given, Mapping) else {}
    if name not in tools:
        return ToolResult(name, args, "failed", message=f"there is no such tool; {remedy(name, tools, 'tool')}", id=own)
    if not isinstance(given, Mapping):
        return ToolResult(name, args, "failed", message="its arguments must be an object, by their names", id=own)
    found = tools[name]
    # A person sees all arguments, also those that were left to their defaults.
    defaults = {key: value for key, value in found.defaults.items() if key not in args}
    proposal = _Proposal(own, found, args | defaults, args, occurrence(agent, name, args | defaults))
    refused = _refusal(proposal)
    return proposal.unmade("failed", refused) if refused else proposal


def _refusal(proposal: _Proposal) -> str:
    """Why the tool does not take these arguments, in words; empty when it does."""
    try:
        proposal.tool.arguments(proposal.args)
    except InvalidData as error:
        return error.message
    return ""


def _question(agent: BaseAgent, call: _Proposal, rule: ToolRule, refused: str = "") -> HumanInteractionRequest:
    prompt = rule.description or "\n\n".join(
        part for part in (f"Run {call.tool.name}({_preview(call.args)})?", call.tool.description) if part
    )
    decisions = rule.decisions
    context = about(call.tool.name, call.args, call.tool.schema, call.occurrence)
    if refused:
        prompt = f"{prompt}\n\n{call.tool.name} does not take the edited arguments: {refused}"
        decisions = tuple(decision for decision in decisions if decision != "approve")
        context["refused"] = refused
    settings = dict(rule.settings)
    return agent.request("approval", prompt, context=context, allowed=list(decisions), **settings)


def _outcome(call: _Proposal, answer: HumanInteractionResponse) -> _Proposal | ToolResult:
    data = answer.data or {}
    match answer.action:
        case "approve":
            return call
        case "edit":
            return replace(call, args=data["args"], named=data["args"])
        case "respond":
            return call.unmade("responded", data["message"])
        case "reject":
            return call.unmade("rejected", str(data.get("reason") or ""))
    return call.unmade("timed_out", "nobody decided in time")


def _preview(args: Mapping[str, Any]) -> str:
    """The arguments in one short line, for a list and for the key of an effect; secrets are left out."""
    words = ", ".join(
        f"{name}={json.dumps(value, ensure_ascii=False, default=str)}" for name, value in redacted_value(args).items()
    )
    line = "".join(character if character.isprintable() else "·" for character in words)
    return line if len(line) <= _LONGEST_PREVIEW else line[: _LONGEST_PREVIEW - 1] + "…"


def _marked(function: Any, name: str) -> Any:
    setattr(function, TOOL_MARK, name)
    Tool.of(function)
    return function
