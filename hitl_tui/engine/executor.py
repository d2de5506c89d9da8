"""Where a node runs: our built-in agents here, the user's agents in a host process."""

from __future__ import annotations

from hitl_tui.agents.registry import Registry
from hitl_tui.engine.effects import EffectLog, run_here
from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.node_run import NodeResult, NodeRun
from hitl_tui.model.graph import Node


class Executor:
    """Runs nodes; `registry` holds the agents that may run in this process."""

    def __init__(self, registry: Registry, hosts: Hosts) -> None:
        self._registry = registry
        self._hosts = hosts

    def is_pure(self, node: Node, reference: str | None) -> bool:
        """Whether this node of a thread with that `reference` runs here and is pure (`BaseAgent.pure`)."""
        runs_here = reference is None or node.agent in self._registry
        return runs_here and self._registry.is_pure(node.agent)

    async def run(self, run: NodeRun, reference: str | None, effects: EffectLog) -> NodeResult:
        """Run one node of a thread whose own agent types come from `reference`; raises `LeaseLost` in `once`."""
        if reference is None or run.node.agent in self._registry:
            return await run_here(self._registry.create, run, effects)
        return await self._hosts.run(reference, run, effects)

    async def close(self) -> None:
        """End the hosts."""
        await self._hosts.close()
