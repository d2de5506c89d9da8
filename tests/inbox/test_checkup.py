"""Why a thread does not pause (row 168)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.checkup import Finding, Level, checkup
from hitl_tui.inbox.session import utc_now
from tests.inbox.workflow import write

SAMPLES = Path(__file__).parents[2] / "sample_graphs"
STEPS = """
from hitl_tui import Workflow

class Steps(Workflow):
    checkpointer = "sqlite"

    def build_graph(self):
        return self.start().then(self.one).end()

    def one(self, state): ...
"""
NODE = "graph: Node\nagents: {agents}\nnodes:\n  one: {{agent: {agent}, inputs: x}}\n"


async def pauses(tmp_path: Path, file: Path, inputs: dict[str, object], *, run: bool = False) -> Finding:
    """What is said of a thread of that file."""
    path = tmp_path / "hitl.db"
    async with Inbox.open(path, actor="ann", via="api") as inbox:
        await inbox.start(file, inputs=inputs, thread_id="t")
        if run:
            await inbox.settled("t")
    return next(one for one in checkup(path, utc_now(), named=True, thread_id="t") if one.check == "pauses")


@pytest.mark.parametrize(
    ("agent", "remedy"),
    [
        ("tools", "interrupt_on"),
        ("ToolsAgent", "interrupt_on"),
        ("llm", "interrupt_on"),
        ("input", "asks only for what it was not given"),
        ("execute_plan", "self.ask(request)"),
    ],
)
async def test_row_168_what_may_ask_is_told_with_when_it_does(tmp_path: Path, agent: str, remedy: str) -> None:
    """row 168"""
    text = NODE.format(agents=SAMPLES / "banking.py", agent=agent)
    found = await pauses(tmp_path, write(tmp_path, text), {"x": 1})
    assert found.level is Level.WARNING
    assert "these may: one" in found.words
    assert remedy in found.remedy
    assert ("self.ask" in found.remedy) == (agent == "execute_plan")


async def test_row_168_a_built_in_agent_never_asks_however_it_is_spelt(tmp_path: Path) -> None:
    """row 168"""
    text = NODE.format(agents=SAMPLES / "banking.py", agent="Echo")
    found = await pauses(tmp_path, write(tmp_path, text), {"x": 1})
    assert "has no node that asks a person" in found.words


async def test_row_168_a_class_without_an_interrupt(tmp_path: Path) -> None:
    """row 168: the remedy is a missing `.interrupt()`"""
    found = await pauses(tmp_path, write(tmp_path, STEPS, "steps.py"), {})
    assert (found.level, "workflow Steps has no .interrupt()" in found.words) == (Level.WARNING, True)
    assert "put .interrupt() after the step" in found.remedy


async def test_row_168_a_class_that_went_the_other_way(tmp_path: Path) -> None:
    """row 168"""
    inputs: dict[str, object] = {"order_id": "ORD-123", "amount": 5, "customer_id": "CUST-456"}
    found = await pauses(tmp_path, SAMPLES / "order_approval.py", inputs, run=True)
    assert "the nodes that ask a person are after_require_approval; it never came there" in found.words
