"""Waits that are over while something runs, and claims that nobody may use any more."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox import Inbox, local_runner
from hitl_tui.inbox.local_runner import LocalRunner
from hitl_tui.store import patience
from tests.engine.workshop import graph, node, workshop
from tests.inbox.workflow import APPROVAL, write
from tests.waiting import eventually

PATIENT = """
import time
from pathlib import Path
from hitl_tui.agents import agent

HERE = Path(__file__).parent

@agent("patient")
def patient(inputs):
    with (HERE / "began").open("a") as file:
        file.write("x")
    while not (HERE / "go").exists():
        time.sleep(0.01)
    return "done"
"""
TWO_STEPS = """
graph: Steps
agents: agents.py
nodes:
  first: {agent: patient, output: first, next: second}
  second: {agent: patient, output: second}
"""


async def test_a_wait_that_is_over_lets_the_step_end_that_it_began(tmp_path: Path) -> None:
    """To end it would undo nothing of what it did, and it would run once more."""
    write(tmp_path, PATIENT, "agents.py")
    file = write(tmp_path, TWO_STEPS)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        await inbox.start(file, thread_id="t1")
        waiting = asyncio.create_task(inbox.settled("t1", timeout=0.1))
        await eventually((tmp_path / "began").exists)
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        (tmp_path / "go").touch()
        view = await waiting
        assert (view.status, view.state) == ("ready", {"first": "done"})
        assert (tmp_path / "began").read_text() == "x"
        assert (await inbox.settled("t1")).status == "completed"
        assert (tmp_path / "began").read_text() == "xx"


async def test_a_wait_for_nothing_is_over_in_time(tmp_path: Path) -> None:
    write(tmp_path, PATIENT, "agents.py")
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        await inbox.start(write(tmp_path, TWO_STEPS), thread_id="t1")
        for seconds in (0, 0.05):
            waiting = asyncio.create_task(inbox.settled("t1", timeout=seconds, run=False))
            await asyncio.wait({waiting}, timeout=5)
            assert waiting.done()
            assert waiting.result().status == "ready"
        assert not (tmp_path / "began").exists()


async def test_a_wait_of_no_time_tells_of_a_thread_that_is_handed_back(tmp_path: Path) -> None:
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox, inbox.running():
        await inbox.start(write(tmp_path, APPROVAL), inputs={"amount": 5, "payee": "Bob"}, thread_id="t1")
        assert (await inbox.settled("t1", timeout=0)).status == "ready"
        assert (await inbox.settled("t1")).status == "paused"


async def test_a_wait_outlasts_another_program_that_locks_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(patience, "BUSY_SECONDS", 0)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        await inbox.start(write(tmp_path, APPROVAL), inputs={"amount": 5, "payee": "Bob"}, thread_id="t1")
        with closing(sqlite3.connect(inbox.path, isolation_level=None)) as other:
            other.execute("begin immediate")
            waiting = asyncio.create_task(inbox.settled("t1"))
            await eventually(lambda: waiting.done() or "locked by another process; trying again" in caplog.text)
            assert not waiting.done()
        assert (await waiting).status == "paused"


async def test_a_claim_that_ran_out_before_it_was_used_runs_nothing(tmp_path: Path) -> None:
    """What is started inside `running()` is claimed at once; another runner may have finished it before `settled`."""
    log = tmp_path / "log"
    (tmp_path / "flow.yaml").write_text("graph: G\nnodes:\n  a: {agent: acts}\nagents: acts.py\n")
    (tmp_path / "acts.py").write_text(
        "from hitl_tui.agents import agent\n@agent('acts')\n"
        f"def acts(inputs):\n    open({str(log)!r}, 'a').write('x')\n    return 1\n"
    )
    async with workshop(tmp_path) as shop:
        shop.trusted = (str(tmp_path / "acts.py"),)
        async with shop.inbox.running():
            await shop.inbox.start(tmp_path / "flow.yaml", thread_id="t1")
            shop.clock.advance(seconds=20)
            assert (await shop.run("t1", owner="other")).status == "completed"
            assert (await shop.inbox.settled("t1")).status == "completed"
    assert log.read_text() == "x"


ASKS_FIRST = """
graph: Pay
agents: agents.py
nodes:
  gate: {agent: approval_interaction, prompt: "May this be paid?", output: verdict, next: pay}
  pay: {agent: patient, output: receipt}
"""


async def test_many_tasks_of_one_inbox_run_each_node_once(tmp_path: Path) -> None:
    """The first one that is done leaves what the others have claimed to them."""
    write(tmp_path, PATIENT, "agents.py")
    file = write(tmp_path, ASKS_FIRST)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        for thread_id in ("t1", "t2", "t3"):
            await inbox.start(file, thread_id=thread_id)
            await inbox.settled(thread_id)

        async def approve(thread_id: str) -> str:
            await inbox.decide(thread_id, "approve")
            return (await inbox.settled(thread_id)).status

        first = asyncio.create_task(approve("t1"))
        await eventually((tmp_path / "began").exists)
        others = [asyncio.create_task(approve(thread_id)) for thread_id in ("t2", "t3")]

        async def all_claimed() -> bool:
            return [(await inbox.thread(thread_id)).status for thread_id in ("t2", "t3")] == ["running", "running"]

        await eventually(all_claimed)
        (tmp_path / "go").touch()
        assert await asyncio.gather(first, *others) == ["completed"] * 3
    assert (tmp_path / "began").read_text() == "xxx"


async def test_a_step_that_takes_long_keeps_no_other_thread_from_running(tmp_path: Path) -> None:
    """Nor does a wait that is over end what another one waits for."""
    write(tmp_path, PATIENT, "agents.py")
    steps, file = write(tmp_path, TWO_STEPS), write(tmp_path, ASKS_FIRST, "ask.yaml")
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox, inbox.running():
        await inbox.start(steps, thread_id="slow")
        await inbox.start(file, thread_id="quick")
        slow = asyncio.create_task(inbox.settled("slow"))
        await eventually((tmp_path / "began").exists)
        assert (await inbox.settled("quick")).status == "paused"
        await inbox.decide("quick", "approve")
        impatient = asyncio.create_task(inbox.settled("quick", timeout=0.05))
        await eventually(lambda: (tmp_path / "began").read_text() == "xx")
        await asyncio.wait({impatient}, timeout=0.1)
        (tmp_path / "go").touch()
        assert ((await impatient).status, (await slow).status) == ("completed", "completed")


async def test_a_decision_that_outlasts_the_runner_leaves_its_thread_to_others(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("ask", "approval_interaction", on_success="b"), node("b")))
        await shop.run()
        with closing(sqlite3.connect(shop.database.path, isolation_level=None)) as other:
            other.execute("begin immediate")
            async with shop.inbox.running():
                deciding = asyncio.create_task(shop.inbox.decide("t1", "approve"))
                # Up to where it waits for the other program.
                await asyncio.sleep(0)
        await deciding
        assert (await shop.inbox.thread("t1")).status == "ready"


@pytest.mark.parametrize("how", ["the step ends", "it takes too long", "the program is cancelled"])
async def test_an_inbox_that_ends_lets_the_step_end_that_runs(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it did is stored, unless it takes too long; its thread and one that was claimed are ready for others."""
    ending, end = asyncio.Event(), LocalRunner.end

    async def ends(self: LocalRunner) -> None:
        ending.set()
        await end(self)

    monkeypatch.setattr(LocalRunner, "end", ends)
    monkeypatch.setattr(local_runner, "GRACE_SECONDS", 0.01 if how == "it takes too long" else 60)
    write(tmp_path, PATIENT, "agents.py")
    file, path = write(tmp_path, TWO_STEPS), tmp_path / "hitl.db"
    running: list[asyncio.Task[None]] = []

    async def run(inbox: Inbox) -> None:
        async with inbox.running():
            await inbox.start(file, thread_id="claimed")
            await inbox.start(file, thread_id="t1")
            await inbox.settled("t1")

    async def until_it_runs() -> None:
        async with Inbox.open(path, actor="ann", via="api") as inbox:
            running.append(asyncio.create_task(run(inbox)))
            await eventually((tmp_path / "began").exists)

    closing = asyncio.create_task(until_it_runs())
    await eventually(ending.is_set)
    if how == "the step ends":
        (tmp_path / "go").touch()
    elif how == "the program is cancelled":
        closing.cancel()
    await asyncio.wait({closing})
    with pytest.raises(DatabaseUnusable, match="is closed"):
        await running[0]
    assert not any(map(os.path.exists, (f"{path}-wal", f"{path}-shm")))
    stored = {"first": "done"} if how == "the step ends" else {}
    async with Inbox.open(path, actor="ann", via="api") as inbox:
        views = [await inbox.thread(thread_id) for thread_id in ("t1", "claimed")]
        assert [(view.status, view.state) for view in views] == [("ready", stored), ("ready", {})]


async def test_what_is_being_stored_as_an_inbox_ends_is_told(tmp_path: Path) -> None:
    path = tmp_path / "hitl.db"

    async def decide(inbox: Inbox) -> str:
        async with inbox.running():
            return (await inbox.decide("t1", "approve")).action

    async with Inbox.open(path, actor="ann", via="api") as inbox:
        await inbox.start(write(tmp_path, APPROVAL), inputs={"amount": 5, "payee": "Bob"}, thread_id="t1")
        await inbox.settled("t1")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("begin immediate")
            deciding = asyncio.create_task(decide(inbox))
            await eventually(lambda: inbox.is_storing)
    assert await deciding == "approve"
    async with Inbox.open(path, actor="ann", via="api") as inbox:
        assert (await inbox.thread("t1")).status == "ready"
