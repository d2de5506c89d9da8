"""`once(…, harmless=True)`: recorded like an effect, but begun again without a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hitl_tui.agents import BaseAgent
from tests.engine.hosting import agents_file
from tests.engine.workshop import graph, node, workshop

HOSTED = """
    HERE = Path(__file__).parent

    @agent("hosted")
    class Hosted(BaseAgent):
        def process(self, inputs):
            if (HERE / "asked").exists():
                self.once("begun before it was come to again", lambda: 1)
            number = self.once("ask", self.number, harmless=True)
            self.ask(self.request("approval", f"use {number}?"))
            return number

        def number(self):
            with open(HERE / "asked", "a") as log:
                print("once more", file=log, flush=True)
            number = (HERE / "asked").read_text().count("more")
            if number == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return number
"""


async def test_where_its_process_died_it_runs_again_and_nobody_is_asked(tmp_path: Path) -> None:
    """The node fails like any other; once there is a result, that is what every later run gets."""
    reference = agents_file(tmp_path, HOSTED)
    async with workshop(tmp_path) as shop:
        shop.trusted = (reference,)
        await shop.start(graph(node("n", "hosted", output="number")), agents=reference)
        view = await shop.run()
        assert view.error is not None and view.error.type == "AgentProcessEnded"
        await shop.inbox.retry("t1")
        assert (await shop.run()).pending[0].prompt == "use 2?"
        await shop.answer("approve")
        assert (await shop.run()).state["number"] == 2
    assert (tmp_path / "asked").read_text().count("more") == 2


async def test_a_result_can_be_taken_back_for_the_next_attempt(tmp_path: Path) -> None:
    given = [1, 2]

    class Doubter(BaseAgent):
        async def process(self, inputs: dict[str, Any]) -> Any:
            number = await self.aonce("ask", lambda: given.pop(0), harmless=True)
            if number == 1:
                await self.aforget("ask")
                raise ValueError("not this one")
            return number

    async with workshop(tmp_path, doubter=Doubter) as shop:
        await shop.start(graph(node("n", "doubter", output="number")))
        assert (await shop.run()).status == "failed"
        await shop.inbox.retry("t1")
        assert (await shop.run()).state["number"] == 2


async def test_what_is_not_harmless_is_not_taken_back(tmp_path: Path) -> None:
    """row 174: it would happen a second time, and nobody would be asked."""
    paid: list[int] = []

    class Payer(BaseAgent):
        async def process(self, inputs: dict[str, Any]) -> Any:
            await self.aonce("pay", lambda: paid.append(1))
            await self.aforget("pay")

    async with workshop(tmp_path, payer=Payer) as shop:
        await shop.start(graph(node("n", "payer")))
        for _ in range(2):
            view = await shop.run()
            assert view.error is not None and "only what once('pay'" in view.error.message
            await shop.inbox.retry("t1")
    assert paid == [1]
