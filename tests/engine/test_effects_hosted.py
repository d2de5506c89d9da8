"""`once` in an agent's own process: what is certain when it, or its worker, is killed (row 174)."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from datetime import datetime
from pathlib import Path

import pytest

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import ThreadView
from hitl_tui.store.database import Database
from tests.engine.test_effects import DONE, REDO
from tests.engine.workshop import graph, node, workshop
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
HOSTED = """
    import asyncio, os, time
    from datetime import datetime
    from pathlib import Path
    from hitl_tui.agents import BaseAgent, agent

    HERE = Path(__file__).parent

    @agent("hosted")
    class Hosted(BaseAgent):
        async def process(self, inputs):
            self.ask(self.request("approval", "pay?"))
            at = self.once("note", lambda: datetime(2026, 1, 2))
            number = await self.aonce("pay", self.pay)
            self.ask(self.request("approval", f"enough, after {number}?"))
            return [number, at.year]

        async def pay(self):
            with open(HERE / "paid", "a") as log:
                print(os.getpid(), file=log, flush=True)
            while (HERE / "hang").exists():
                time.sleep(0.01)
            return (HERE / "paid").read_text().count("\\n")
"""


def paid(folder: Path) -> list[int]:
    log = folder / "paid"
    return [int(line) for line in log.read_text().split()] if log.exists() else []


@pytest.fixture
def reference(tmp_path: Path) -> str:
    path = tmp_path / "agents.py"
    path.write_text(textwrap.dedent(HOSTED))
    return str(path)


async def test_in_a_host_process_that_is_killed(tmp_path: Path, reference: str) -> None:
    """kill -9 between intent and result, twice; the failure edge is not taken, a person is asked."""
    flow = graph(node("n", "hosted", output="result", on_failure="lost"), node("lost", "output", prompt="lost"))
    hang = tmp_path / "hang"

    async def killed() -> ThreadView:
        count = len(paid(tmp_path))
        running = asyncio.create_task(shop.run())
        await eventually(lambda: len(paid(tmp_path)) > count)
        os.kill(paid(tmp_path)[-1], signal.SIGKILL)
        return await running

    async with workshop(tmp_path) as shop:
        shop.trusted = (reference,)
        await shop.start(flow, agents=reference)
        await shop.run()
        await shop.answer("approve")
        hang.touch()
        view = await killed()
        (asked,) = view.pending
        assert (view.status, asked.context["uncertain_effect"], asked.context["attempt"]) == ("paused", "pay", 1)
        assert "was ended by signal 9" in asked.context["problem"]
        await shop.answer("choose", {"choice": REDO})
        view = await killed()
        assert view.pending[0].context["attempt"] == 2
        await shop.answer("choose", {"choice": "redo it"})
        hang.unlink()
        assert (await shop.run()).pending[0].prompt == "enough, after 3?"
        await shop.answer("approve")
        view = await shop.run()
        assert (view.status, view.state["result"]) == ("completed", [3, 2026])
        assert len(paid(tmp_path)) == 3


@pytest.mark.parametrize(
    ("point", "happened"),
    [
        ("before:intent:2", 0), ("after:intent:2", 0), ("before:effect:2", 1), ("after:effect:2", 1),
    ],
)  # fmt: skip
async def test_a_worker_that_is_killed(tmp_path: Path, reference: str, point: str, happened: int) -> None:
    """kill -9 of the runner at each commit of an effect: another one goes on, and nothing runs twice unasked."""
    (tmp_path / "flow.yaml").write_text("graph: G\nagents: agents.py\nnodes:\n  n: {agent: hosted, output: result}\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HITL_LEASE_SECONDS": "0.5"}

    def hitl(*words: str, **more: str) -> int:
        call = [sys.executable, "-m", "hitl_tui", "--db", "hitl.db", *words]
        return subprocess.run(call, cwd=tmp_path, env=environment | more, check=False, timeout=60).returncode

    assert hitl("run", "flow.yaml", "--thread-id", "t1") == 0
    assert hitl("resume", "t1", "approve", HITL_FAILPOINT=point) == -signal.SIGKILL
    assert len(paid(tmp_path)) == happened
    async with Database.open(tmp_path / "hitl.db") as database:
        session = Session(database, "ann", "test")

        async def on() -> ThreadView:
            view = await Inbox(session).settled("t1", 30)
            assert view.status in ("paused", "completed")
            return view

        view = await on()
        certain = point in ("before:intent:2", "after:effect:2")
        assert ("uncertain_effect" in view.pending[0].context) is not certain
        if not certain:
            assert len(paid(tmp_path)) == happened
            assert "problem" not in view.pending[0].context
            datetime.fromisoformat(view.pending[0].context["begun_at"])
            await Inbox(session).decide("t1", "choose", {"choice": DONE, "result": 1})
            view = await on()
        assert view.pending[0].prompt == "enough, after 1?"
        await Inbox(session).decide("t1", "approve")
        view = await on()
        assert (view.status, view.state["result"]) == ("completed", [1, 2026])
        assert len(paid(tmp_path)) == (0 if point == "after:intent:2" else 1)
