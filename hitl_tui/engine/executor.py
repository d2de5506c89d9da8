"""Where a node runs: our built-in agents here, the user's agents, and what a handler of the user's displays, in a host
process."""

from __future__ import annotations

from hitl_tui.agents.interactions import InteractionAgent
from hitl_tui.agents.loading import NO_CODE, names_handler
from hitl_tui.agents.registry import Registry
from hitl_tui.engine.effects import EffectLog, run_here
from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.node_run import NodeResult, NodeRun
from hitl_tui.graphs.names import LLM_AGENT
from hitl_tui.model.graph import Node


class Executor:
    """Runs nodes; `registry` holds the agents that may run in this process."""

    def __init__(self, registry: Registry, hosts: Hosts) -> None:
        self._registry = registry
        self._hosts = hosts

    def is_pure(self, node: Node, reference: str | None) -> bool:
        """Whether this node of a thread with that `reference` runs here and is pure (`BaseAgent.pure`)."""
        return self._registry.is_pure(node.agent) and self._runs_here(node, reference)

    async def run(self, run: NodeRun, reference: str | None, effects: EffectLog) -> NodeResult:
        """Run one node of a thread whose own agent types come from `reference`; raises `LeaseLost` in `once`."""
        if self._runs_here(run.node, reference):
            return await run_here(self._registry.create, run, effects)
        return await self._hosts.run(reference or NO_CODE, run, effects)

    def _runs_here(self, node: Node, reference: str | None) -> bool:
        """Our own agents do, unless they ask and the user's code says how that is displayed.

        Never one that asks a model: it imports much, may block for minutes, and runs the user's tools.
        """
        if node.agent == LLM_AGENT:
            return False
        if reference is None:
            return True
        source = self._registry.find(node.agent) if node.agent in self._registry else None
        if source is None:
            return False
        asks = isinstance(source, type) and issubclass(source, InteractionAgent)
        return not (asks and names_handler(reference))

    async def close(self) -> None:
        """End the hosts."""
        await self._hosts.close()
