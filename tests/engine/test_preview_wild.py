"""The consequence preview of graphs that nobody thought of, and of graphs in graphs: what is shown is what runs."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents import BaseAgent, Failure
from hitl_tui.graphs.loading import load_graph
from hitl_tui.model.graph import Graph, Route
from tests.engine.test_preview import DATA, admits, course, gate
from tests.engine.workshop import graph, node, workshop


def wild_graph(chance: random.Random) -> Graph:
    """A graph at random behind a gate: branches, loops, parallel nodes, conditions over what may not be set."""
    names = [f"n{number}" for number in range(chance.randint(3, 7))]
    conditions = ["a > 1", "is_set('b')", "b == 'even' or a > 2", "output == 'even'", "c", "a == 1"]

    def some(most: int) -> tuple[str, ...]:
        return tuple(chance.sample(names, chance.randint(0, most)))

    nodes = [gate(on_success=tuple(chance.sample(names, chance.randint(1, 2))), on_failure=some(1))]
    for name in names:
        agent = chance.choice(
            ["wild", "wild", "output", "echo", "branching", "failure", "approval_interaction", "input"]
        )
        routes = tuple(Route(to=some(2), when=chance.choice(conditions)) for _ in range(chance.choice([0, 0, 1, 2])))
        nodes.append(
            node(
                name,
                agent,
                inputs=" ".join(chance.sample(["a", "b"], 1)),
                output=chance.choice(["a", "b", "c", name]),
                on_success=some(2),
                on_failure=some(1),
                routes=routes,
                max_visits=4,
            )
        )
    return graph(*nodes, name="Wild")


class Wild(BaseAgent):
    """Code of the user's: what it does nobody can tell."""

    def process(self, inputs: dict[str, Any]) -> Any:
        chance = random.Random(f"{self.node_name} {self.execution_context.visit}")
        if chance.random() < 0.3:
            return Failure("it did not work", output="odd")
        return chance.choice(["even", 1, 2, None, True])


@pytest.mark.parametrize("first", [0, 10, 140])
async def test_whatever_the_graph_what_runs_was_shown(first: int, tmp_path: Path) -> None:
    """Random graphs, with agents that nobody can foresee: the recorded trace is among the ways."""
    async with workshop(tmp_path, wild=Wild) as shop:
        for seed in range(first, first + 10):
            flow = wild_graph(random.Random(seed))
            for action in ("approve", "reject"):
                name = f"{seed}-{action}"
                await shop.start(flow, name, a=2)
                view = await shop.run(name)
                found = await shop.inbox.preview(name, view.pending[0].request_id)
                each = next(each for each in found if each.action == action)
                await shop.answer(action, DATA.get(action), name)
                after = await shop.run(name)
                ran, asks = course(await shop.history(name), 1)
                assert not each.whole or admits(each.ways, ran, asks, after), (seed, action, ran, asks, each.ways)


SUBGRAPH = """
graphs:
  Main:
    nodes:
      gate: {agent: approval_interaction, next: pay}
      pay: {agent: graph, context: {graph: Pay}, inputs: {sum: amount}, output: "paid=receipt", next: done}
      done: {agent: output, prompt: "done"}
  Pay:
    nodes:
      look:
        agent: echo
        inputs: sum
        routes: [{when: "sum > 100", to: ask}]
        next: book
      ask: {agent: approval_interaction, risk: financial, next: book}
      book: {agent: output, prompt: "booked {sum}", output: receipt}
"""


@pytest.mark.parametrize(("amount", "ending"), [(500, "asks"), (5, "end")])
async def test_an_included_graph_is_followed_with_its_own_state(amount: int, ending: str, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(SUBGRAPH, encoding="utf-8")
    async with workshop(tmp_path) as shop:
        flow = load_graph(tmp_path / "flow.yaml", "Main", None)
        await shop.start(flow, amount=amount)
        view = await shop.run()
        approve = (await shop.inbox.preview("t1", view.pending[0].request_id))[0]
        (way,) = approve.ways
        assert way.ending == ending
        await shop.answer("approve")
        after = await shop.run()
        ran, asks = course(await shop.history(), 1)
        assert admits(approve.ways, ran, asks, after), (ran, way)
        assert (ending == "end") or way.risks == (("pay/ask", "financial"),)
