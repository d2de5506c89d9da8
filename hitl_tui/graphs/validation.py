"""Checks that YAML and CSV graphs share, once their targets are resolved."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Literal

from hitl_tui.graphs import conditions, llm_settings, tool_rules
from hitl_tui.graphs.drafts import Draft
from hitl_tui.graphs.findings import Notes
from hitl_tui.graphs.names import LLM_AGENT, TOOLS_AGENT, closest, forms, is_known, remedy
from hitl_tui.graphs.routing import END, same_value
from hitl_tui.graphs.running import settle_run
from hitl_tui.graphs.settings import interaction_of, settle_node
from hitl_tui.graphs.state_fields import check_state
from hitl_tui.model.graph import Node
from hitl_tui.model.kinds import InteractionType


def validate(draft: Draft, known: Collection[str] | None, notes: Notes, agents: str | None) -> None:
    """Check the draft's nodes, and bring their interaction settings into their one form.

    `known` are the registered agent types; None means that the agents' code is not loaded, so types are not checked.
    `agents` is the reference in the file.
    """
    if not draft.nodes:
        if draft.name not in notes.failed_graphs:
            notes.error(draft.line, "the graph has no nodes", graph=draft.name)
        return
    for name, node in draft.nodes.items():
        check = _NodeCheck(draft, node, notes)
        draft.nodes[name] = check.settled(known, agents)
    check_state(draft, notes)
    if draft.start not in draft.nodes:
        line = draft.lines.get(("", "start"), draft.line)
        message = f"start '{draft.start}' is not a node of this graph; {remedy(draft.start, draft.nodes, 'node')}"
        notes.error(line, message, graph=draft.name)
        return
    for name in unreachable(draft):
        message = f"no edge leads to this node from the start '{draft.start}', so it never runs"
        notes.warning(draft.line_of(name), message, graph=draft.name, node=name)


def unreachable(draft: Draft) -> list[str]:
    """The nodes to which no path leads from the start, in their order."""
    reached: set[str] = set()
    waiting = [draft.start]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in draft.nodes:
            continue
        reached.add(name)
        waiting.extend(targets_of(draft.nodes[name]))
    return [name for name in draft.nodes if name not in reached]


def targets_of(node: Node) -> list[str]:
    """All nodes that an edge of this node leads to."""
    routed = [name for route in node.routes for name in route.to]
    return [name for name in (*node.on_success, *node.on_failure, *routed) if name != END]


class _NodeCheck:
    """The checks of one node; every remark goes to the line of the field that it is about."""

    def __init__(self, draft: Draft, node: Node, notes: Notes) -> None:
        self._draft = draft
        self._node = node
        self._notes = notes

    def settled(self, known: Collection[str] | None, agents: str | None) -> Node:
        """The node with its settings in one form."""
        node = self._node
        if known is not None and not is_known(node.agent, known):
            near = closest(node.agent, known)
            advice = "register it with --agents, or with agents: in the YAML file"
            if agents is not None:
                advice = f"define it in {agents}, the file's agents:, or in what --agents names, which takes its place"
            if TOOLS_AGENT in forms(node.agent):
                near = "it is there for an agents file with @tool functions"
            self._complain("agent", f"unknown agent type '{node.agent}'; {near or advice}")
        node = settle_run(settle_node(node, self._complain), self._draft.max_visits, self._complain)
        for route in node.routes:
            problem = conditions.check(route.when) if route.when is not None else None
            if problem:
                self._complain("routes", f"condition '{str(route.when)[:100]}': {problem}")
        if TOOLS_AGENT in forms(node.agent) and "interrupt_on" in node.context:
            tool_rules.check(node.context["interrupt_on"], partial(self._complain, "context"))
        if node.agent == LLM_AGENT:
            llm_settings.check(node, self._complain)
        self._check_route_values(node)
        return node

    def _check_route_values(self, node: Node) -> None:
        values = [route.value for route in node.routes if route.when is None]
        for position, value in enumerate(values[:200]):
            if any(same_value(value, earlier) for earlier in values[:position]):
                self._complain("routes", f"a second route for {_shown(value)} is never taken", "warning")
        kind = interaction_of(node)
        if kind is InteractionType.APPROVAL:
            for value in values:
                if value != "approve":
                    message = f"the route for {_shown(value)} is never taken: a rejection takes on_failure"
                    self._complain("routes", message)
        if kind is InteractionType.CHOICE and _takes_several(node):
            for value in values:
                message = (
                    f"the route for {_shown(value)} is never taken: several can be chosen, so the output is a list"
                )
                self._complain("routes", f"{message}; write `when: {_shown(value)} in output`")
        elif kind is InteractionType.CHOICE and isinstance(node.context.get("options"), list):
            self._check_choice_routes(node, values, node.context["options"])

    def _check_choice_routes(self, node: Node, values: list[object], options: list[str]) -> None:
        for value in values:
            if not any(same_value(option, value) for option in options):
                near = closest(str(value), options) or "a route's value is an option's exact text"
                self._complain("routes", f"the route for {_shown(value)} is never taken: no such option; {near}")
        conditional = any(route.when is not None for route in node.routes)
        if not values or conditional or node.on_success:
            return
        for option in options:
            if not any(same_value(option, value) for value in values):
                message = f"option {_shown(option)} has no route, and the node no `next`: the graph ends there"
                self._complain("routes", message, "warning")

    def _complain(self, setting: str, message: str, severity: Literal["error", "warning"] = "error") -> None:
        if (self._node.name, setting) in self._draft.unreadable:
            return
        note = self._notes.error if severity == "error" else self._notes.warning
        line = self._draft.line_of(self._node.name, setting)
        note(line, message, graph=self._draft.name, node=self._node.name)


def _takes_several(node: Node) -> bool:
    schema = node.context.get("schema")
    return bool(node.context.get("multiple")) or (isinstance(schema, dict) and schema.get("multiple") is True)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
