"""`hitl history` in plain text: what the result of a step says, and who decided what."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from hitl_tui.agents import BaseAgent
from tests.cli.conftest import Hitl
from tests.engine.workshop import graph, node, workshop


class Payer(BaseAgent):
    """Fails after the answer, at a place where nothing tells the thread's error."""

    def process(self, inputs: dict[str, Any]) -> Any:
        self.ask(self.request("approval", "pay?"))
        raise OSError("insufficient funds\n\x1b[31mtry again")


def test_a_step_that_failed_after_its_answer_says_why(hitl: Hitl, tmp_path: Path) -> None:
    async def prepare() -> None:
        async with workshop(tmp_path, payer=Payer) as shop:
            await shop.start(graph(node("pay", "payer", on_failure="over"), node("over")))
            await shop.run()
            await shop.answer("approve", {"reason": "we owe it"})
            await shop.run()

    asyncio.run(prepare())
    plain = hitl.quick("history", "t1").out.splitlines()
    row = next(number for number, line in enumerate(plain) if line.startswith("1  pay"))
    assert plain[row].endswith("insufficient funds")
    assert plain[row + 1] == "  approve by ann via test: we owe it"
