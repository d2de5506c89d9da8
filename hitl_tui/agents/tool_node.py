"""The agent type `tools`: a node that calls the `@tool` functions of its agents file, without a class of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from hitl_tui.agents.base import BaseAgent, Failure
from hitl_tui.agents.signatures import tools_of
from hitl_tui.agents.tools import ToolPolicy, ToolResult, slip_of
from hitl_tui.errors import AgentsNotLoaded, InvalidGraph
from hitl_tui.graphs.names import remedy
from hitl_tui.graphs.templates import fill_values

CALLS = ("tool_calls", "calls")
"""The inputs, or keys of the context, with a list of calls."""


class Tools(BaseAgent):
    """One call: `context.tool` names it, its arguments are `context.args`, else the node's inputs. Output: its value.

    Several: the input or the context has `tool_calls`, a list of `{"name": …, "args": {…}}`. Output: a list of
    `{"name", "args", "status", "content"}` in their order. `context.interrupt_on` says which of them a person decides,
    else the policy of the agents file does. Whatever did not come to a result takes the failure edge.
    """

    functions: ClassVar[list[Callable[..., Any]]] = []
    policy: ClassVar[ToolPolicy | None] = None
    unused: ClassVar[str] = ""
    """A policy's class in the agents file of which there is no policy."""

    def process(self, inputs: dict[str, Any]) -> Any:
        """The output, or a `Failure` with it; raises `InvalidGraph` for a node that names no call."""
        known = tools_of(self.functions)
        calls, single = self._calls(inputs)
        policy = policy_of(self, type(self))
        if any(call["name"] in known and known[call["name"]].is_async for call in calls):
            return self._awaited(calls, policy, single=single)
        return _output(self.call_tools(self.functions, calls, policy), single=single)

    async def _awaited(self, calls: list[Mapping[str, Any]], policy: ToolPolicy, *, single: bool) -> Any:
        return _output(await self.acall_tools(self.functions, calls, policy), single=single)

    def _calls(self, inputs: dict[str, Any]) -> tuple[list[Mapping[str, Any]], bool]:
        """The calls to make, and whether it is the one that `context.tool` names."""
        settings = {name: self.context.get(name) for name in ("tool", "args", *CALLS)}
        try:
            context = fill_values(settings, inputs, self.state)
        except LookupError as error:
            raise InvalidGraph(f"node '{self.node_name}': {error.args[0]}", node=self.node_name) from None
        if context["tool"] is not None:
            return [{"name": context["tool"], "args": inputs if context["args"] is None else context["args"]}], True
        given = (source.get(name) for source in (inputs, context) for name in CALLS)
        found = next((calls for calls in given if calls is not None), None)
        if isinstance(found, list) and all(isinstance(call, Mapping) and "name" in call for call in found):
            # None at all is what a model says that wants nothing more.
            return found, False
        what = "names no tool to call" if found is None else f"has tool_calls that are no calls: {_excerpt(found)}"
        raise InvalidGraph(
            f"node '{self.node_name}' {what}",
            hint='give it context.tool, or an input tool_calls: a list of {"name": "a_tool", "args": {…}} '
            "(on the command line --input tool_calls:=JSON, as = makes a text of it)",
            node=self.node_name,
        )


def policy_of(node: BaseAgent, tools: type[Tools]) -> ToolPolicy:
    """The policy of a node that has these tools: its own, else that of the agents file.

    Raises `InvalidGraph` for one that makes no sense, or that was forgotten.
    """
    given = node.context.get("interrupt_on")
    if given is None and tools.policy is None and tools.unused:
        # Nothing runs unasked because a line was forgotten.
        raise InvalidGraph(
            f"node '{node.node_name}': the agents file has the class {tools.unused}, and no policy of it",
            hint=f"write `policy = {tools.unused}()` below it, or give the node an interrupt_on",
            node=node.node_name,
        )
    if given is None:
        return tools.policy or ToolPolicy()
    try:
        policy = ToolPolicy(given)
    except (ValueError, AttributeError) as error:
        raise InvalidGraph(f"node '{node.node_name}': {error}", node=node.node_name) from None
    known = tools_of(tools.functions)
    for name in policy.rules.keys() - known.keys():
        raise InvalidGraph(
            f"node '{node.node_name}': interrupt_on: there is no tool '{name}'",
            hint=remedy(name, known, "tool"),
            node=node.node_name,
        )
    return policy


def tools_agent(tools: Iterable[Any], things: Iterable[Any], reference: str) -> type[Tools]:
    """The agent type for the tools of an agents file; a policy among its things is theirs.

    Raises `AgentsNotLoaded` for two tools of one name, or two policies.
    """
    functions, kept = _once(tools), _once(things)
    policies = [thing for thing in kept if isinstance(thing, ToolPolicy)]
    kinds = [
        thing for thing in kept if isinstance(thing, type) and issubclass(thing, ToolPolicy) and thing is not ToolPolicy
    ]
    if len(policies) > 1:
        raise AgentsNotLoaded(
            f"{reference} has {len(policies)} policies for its tools",
            hint="keep one at the top of the file; the others belong into functions or nodes",
            reference=reference,
        )
    try:
        known = tools_of(functions)
    except (TypeError, ValueError) as error:
        raise AgentsNotLoaded(f"{reference}: {error}", reference=reference) from None
    # A policy may also be for functions that agents of the file call themselves.
    named = {str(getattr(thing, "__name__", "")) for thing in kept if callable(thing)}
    if policies and (slip := slip_of(policies[0], known.keys() | (named & policies[0].rules.keys()))):
        raise AgentsNotLoaded(f"{reference}: {slip}", reference=reference)
    unused = kinds[0].__name__ if kinds and not policies else ""
    policy = policies[0] if policies else None
    return type("Tools", (Tools,), {"functions": functions, "policy": policy, "unused": unused})


def _once(things: Iterable[Any]) -> list[Any]:
    """Each thing once, under however many names the file has it."""
    return list({id(thing): thing for thing in things}.values())


def _excerpt(calls: Any) -> str:
    text = repr(calls)
    return f"{type(calls).__name__} {text if len(text) <= 60 else f'{text[:60]}…'}"


def _output(results: list[ToolResult], *, single: bool) -> Any:
    made = [result for result in results if result.status not in ("done", "responded")]
    output: Any = [
        {"name": each.tool, "args": each.args, "status": each.status, "content": each.content, "id": each.id}
        for each in results
    ]
    if single:
        output = results[0].content if not made else None
    if not made:
        return output
    # A call that failed decides the kind of the failure, and so it says why.
    telling = next((each for each in made if each.status == "failed"), made[0])
    words = str(telling.message if single else telling.content)
    if telling.status == "failed":
        return Failure(words, output)
    return Failure(words, output, "rejected" if telling.status == "rejected" else "timed_out")
