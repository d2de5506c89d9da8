"""Threads over processes: runners, workers, trust, what a reader sees (rows 5, 8, 171)."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hitl_tui.engine import hosts, runner
from hitl_tui.engine.runner import Runner
from hitl_tui.engine.thread_run import ThreadRun
from hitl_tui.errors import AgentsNotLoaded, InvalidGraph, NotPossible, ThreadExists, UsageError
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.inbox.trust import is_trusted, trust_agents, trusted
from hitl_tui.inbox.workflows import catalogue, check
from hitl_tui.locations import trust_file
from hitl_tui.model.graph import Graph
from hitl_tui.store.database import Database
from hitl_tui.store.leases import Claimed, ClaimNext
from tests.engine.workshop import graph, node, recorder, workshop
from tests.inbox.workflow import APPROVAL, write
from tests.waiting import DEADLINE_SECONDS, eventually

AGENTS = """
import time
from hitl_tui.agents import agent

@agent("slow")
async def slow(inputs):
    time.sleep(30)

@agent("quick")
def quick(inputs):
    return "quick"

@agent("bad")
def bad(inputs):
    raise RuntimeError("bad day")
"""

FLOWS = """
agents: agents.py
graphs:
  Slow: {nodes: {n: {agent: slow}}}
  Quick: {nodes: {n: {agent: quick, output: x}}}
  Bad: {nodes: {n: {agent: bad}}}
"""

NOTES_LOADS = """
from pathlib import Path
from hitl_tui import Workflow, agent

with Path(__file__).with_name("loads").open("a") as file:
    file.write("x")

@agent("quick")
def quick(inputs):
    return "quick"

class Steps(Workflow):
    def build_graph(self):
        return self.start().then(self.think).end()

    def think(self, state):
        return {"x": "quick"}
"""


def flows(folder: Path) -> Path:
    write(folder, AGENTS, "agents.py")
    return write(folder, FLOWS, "flows.yaml")


async def test_pending_survives_the_process(tmp_path: Path) -> None:
    """row 5, row 8: another process lists and answers it"""
    path = tmp_path / "hitl.db"
    script = (
        "import asyncio, os, sys; from pathlib import Path; from hitl_tui.inbox import Inbox\n"
        "async def main():\n"
        "    async with Inbox.open(Path(sys.argv[1]), actor='bea', via='api') as inbox:\n"
        "        await inbox.start(Path(sys.argv[2]), inputs={'amount': 5, 'payee': 'Bob'}, thread_id='t1')\n"
        "        await inbox.settled('t1')\n"
        "        os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, path, write(tmp_path, APPROVAL))
    assert await process.wait() == -9
    async with Inbox.open(path, actor="ann", via="api") as inbox:
        page = await inbox.list(Filter("waiting"))
        assert [(item.thread_id, item.prompt) for item in page.items] == [("t1", "Pay 5 to Bob?")]
        await inbox.decide("t1", "approve")
        assert (await inbox.settled("t1")).state["result"] == "paid 5"


async def test_slow_and_failing_graphs_do_not_hold_up_others(tmp_path: Path) -> None:
    """row 171"""
    file = flows(tmp_path)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        for name in ("Slow", "Bad", "Quick"):
            await inbox.start(file, name, thread_id=name)
        stop = asyncio.Event()
        worker = asyncio.create_task(inbox.work(3, stop))

        async def both_done() -> bool:
            return [(await inbox.thread(name)).status for name in ("Bad", "Quick", "Slow")] == [
                "failed",
                "completed",
                "running",
            ]

        await eventually(both_done)
        assert (await inbox.counts()).live_worker
        failed = await inbox.thread("Bad")
        assert failed.error is not None
        assert (failed.error.node, failed.error.message) == ("n", "bad day")
        stop.set()
        await worker
        assert (await inbox.thread("Slow")).status == "ready"
        assert not (await inbox.counts()).live_worker


async def test_untrusted_agents_block_the_thread_until_trusted(tmp_path: Path) -> None:
    file = flows(tmp_path)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        await inbox.start(file, "Quick", thread_id="t1")
        reference = str(tmp_path / "agents.py")
        assert trusted() == (reference,)
        assert trust_file().stat().st_mode & 0o777 == 0o600
        trust_file().unlink()
        view = await inbox.settled("t1")
        assert (view.status, view.blocked) == ("ready", reference)
        assert (await inbox.list()).items[0].blocked == reference
        assert (await inbox.counts()).blocked == 1
        stop = asyncio.Event()
        worker = asyncio.create_task(inbox.work(1, stop))
        trust_file().write_text(reference + "\n")
        await eventually(lambda: is_trusted(reference))

        async def completed() -> bool:
            return (await inbox.thread("t1")).status == "completed"

        await eventually(completed)
        stop.set()
        await worker


async def test_a_path_that_has_become_a_link_is_trusted_by_its_own_name(tmp_path: Path) -> None:
    """What `blocked` says is what `hitl trust` is given."""
    file, code = flows(tmp_path), tmp_path / "agents.py"
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        await inbox.start(file, "Quick", thread_id="t1")
        trust_file().unlink()
        moved = code.rename(tmp_path / "moved.py")
        code.symlink_to(moved)
        blocked = (await inbox.thread("t1")).blocked
        assert blocked is not None
        trust_agents(blocked)
        assert trusted() == (str(moved), str(code))
        assert (await inbox.thread("t1")).blocked is None


async def test_refusals_of_start(tmp_path: Path) -> None:
    file = flows(tmp_path)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        with pytest.raises(UsageError, match="holds 3 graphs: Slow, Quick, Bad"):
            await inbox.start(file)
        await inbox.start(file, "Quick", thread_id="t1")
        with pytest.raises(ThreadExists, match="'t1' already exists"):
            await inbox.start(file, "Quick", thread_id="t1")
        for stored, typed in (("caf\u00e9", "cafe\u0301"), ("de\u0301ja\u0300", "d\u00e9ja\u0300")):
            await inbox.start(file, "Quick", thread_id=stored)
            with pytest.raises(ThreadExists, match=f"'{stored}' already exists"):
                await inbox.start(file, "Quick", thread_id=typed)
        for name in ("", "a\nb", "x" * 300):
            with pytest.raises(UsageError, match="cannot be a thread id"):
                await inbox.start(file, "Quick", thread_id=name)
        unknown = write(tmp_path, "graph: G\nnodes:\n  n: {agent: aproval_interaction}\n", "unknown.yaml")
        with pytest.raises(InvalidGraph, match=r"unknown.yaml:3: .*approval_interaction"):
            await inbox.start(unknown)
        with pytest.raises(AgentsNotLoaded, match="(?i)no such file"):
            await inbox.start(write(tmp_path, APPROVAL), agents="missing.py")


async def test_state_can_be_mended_and_the_question_is_asked_anew(tmp_path: Path) -> None:
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        await inbox.start(write(tmp_path, APPROVAL), inputs={"amount": 5, "payee": "Bob"}, thread_id="t1")
        await inbox.settled("t1")
        await inbox.set_state("t1", {"amount": 7})
        await inbox.decide("t1", "approve")
        view = await inbox.settled("t1")
        assert (view.status, view.pending[0].prompt) == ("paused", "Pay 7 to Bob?")
        await inbox.decide("t1", "approve")
        assert (await inbox.settled("t1")).state["result"] == "paid 7"
        with pytest.raises(NotPossible, match="is completed"):
            await inbox.set_state("t1", {"amount": 1})
        with pytest.raises(NotPossible, match="nothing to cancel"):
            await inbox.cancel("t1")
        with pytest.raises(NotPossible, match="only a failed thread"):
            await inbox.retry("t1")


async def test_a_failed_thread_that_still_asks_can_be_given_up(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "agents: agents.py\ngraph: Both\nnodes:\n  start: {agent: echo, next: [gate, bad]}\n"
        "  gate: {agent: approval_interaction}\n  bad: {agent: bad}\n",
    )
    write(tmp_path, AGENTS, "agents.py")
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        await inbox.start(file, thread_id="t1")
        failed = await inbox.settled("t1")
        assert (failed.status, [item.node for item in failed.pending]) == ("failed", ["gate"])
        await inbox.cancel("t1")
        view = await inbox.thread("t1")
        assert (view.status, view.pending) == ("cancelled", [])
        with pytest.raises(NotPossible, match="nothing to cancel"):
            await inbox.cancel("t1")


async def test_starts_at_the_same_time_load_the_agents_code_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the first of them is given up; and code that cannot be loaded fails all, and is asked for again."""
    started: list[str] = []
    start = hosts.start

    async def noting(reference: str) -> hosts.HostProcess:
        started.append(reference)
        return await start(reference)

    monkeypatch.setattr(hosts, "start", noting)
    file, code = flows(tmp_path), tmp_path / "agents.py"
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        first = asyncio.create_task(inbox.start(file, "Quick"))
        others = [asyncio.create_task(inbox.start(file, "Quick")) for _ in range(20)]
        await eventually(lambda: started)
        first.cancel()
        assert len(set(await asyncio.gather(*others))) == 20
        assert started == [str(code)]
        code.write_text("raise RuntimeError('broken')", encoding="utf-8")
        for count in (2, 3):
            failed = await asyncio.gather(*(inbox.start(file, "Quick") for _ in range(3)), return_exceptions=True)
            assert [type(error) for error in failed] == [AgentsNotLoaded] * 3
            assert len(started) == count


@pytest.mark.parametrize("name", ["flow.yaml", "agents.py"])
async def test_the_process_that_checked_the_agents_code_runs_its_nodes(tmp_path: Path, name: str) -> None:
    """Loading it may take long, and do something."""
    write(tmp_path, NOTES_LOADS, "agents.py")
    write(tmp_path, "{graph: G, agents: agents.py, nodes: {n: {agent: quick}}}")
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox, inbox.running():
        view = await inbox.settled(await inbox.start(tmp_path / name))
        assert view.status == "completed", view.error
    assert (tmp_path / "loads").read_text() == "x"


def test_threads_of_a_program_start_at_the_same_time_each_in_its_own_loop(tmp_path: Path) -> None:
    file = flows(tmp_path)

    async def start() -> str:
        async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
            return await inbox.start(file, "Quick")

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(asyncio.run, [start(), start()]))) == 2


async def test_catalogue_and_check(tmp_path: Path) -> None:
    flows(tmp_path)
    write(tmp_path, "graph: Broken\nnodes:\n  a: {next: nowhere, agent: output, colour: red}\n", "broken.yaml")
    found = {workflow.graph: workflow for workflow in catalogue([tmp_path])}
    assert {"Slow", "Quick", "Bad", "Broken"} <= set(found)
    assert found["Quick"].problem is None
    assert found["Quick"].agents == str(tmp_path / "agents.py")
    assert "colour" in (found["Broken"].problem or "")
    findings = await check([tmp_path / "flows.yaml"], None)
    assert [finding.severity for finding in findings] == ["warning"]
    assert "not trusted" in findings[0].message
    assert await check([tmp_path / "flows.yaml"], str(tmp_path / "agents.py")) == []


async def test_a_thread_that_cannot_be_read_does_not_end_the_worker(tmp_path: Path) -> None:
    """row 171; what its error quotes is without secrets"""
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("a", "echo"), name="Old"), "old")
        await shop.start(graph(node("b", "echo"), name="New"), "new")
        spoil = """update graph set definition = '{"name": ["token=hunter2"]}' where name = 'Old'"""
        await shop.database.write(lambda connection: connection.execute(spoil).rowcount)
        stop = asyncio.Event()
        serving = asyncio.create_task(shop.runner().serve(1, stop))

        async def new_is_done() -> bool:
            return serving.done() or (await shop.inbox.thread("new")).status == "completed"

        await eventually(new_is_done)
        stop.set()
        await serving
        view = await shop.inbox.thread("old")
        assert view.status == "failed" and view.error is not None
        assert view.error.type == "GraphUnreadable"
        assert "token=[redacted]" in view.error.message


async def test_a_run_that_meets_a_defect_does_not_end_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of it is stored; when its lease has run out, it is tried again."""
    stop, broken, run = asyncio.Event(), asyncio.Event(), ThreadRun.run

    async def breaks_once(self: ThreadRun) -> bool:
        if broken.is_set():
            return await run(self)
        broken.set()
        raise RuntimeError("a defect")

    monkeypatch.setattr(ThreadRun, "run", breaks_once)
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("a", "echo")), "old")
        serving = asyncio.create_task(shop.runner().serve(1, stop))
        await broken.wait()
        shop.clock.advance(seconds=16)
        await shop.start(graph(node("b", "echo")), "new")

        async def all_are_done() -> bool:
            views = [await shop.inbox.thread(name) for name in ("old", "new")]
            return serving.done() or [view.status for view in views] == ["completed"] * 2

        await eventually(all_are_done)
        stop.set()
        await serving
        assert "thread old could not be run" in caplog.text


@pytest.mark.parametrize("moment", ["as it claims", "as it reads the graph"])
async def test_a_worker_that_is_told_to_stop_begins_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """What it claimed meanwhile is ready for others."""
    calls: list[str] = []
    stop, stopped = asyncio.Event(), asyncio.Event()
    claim, graph_of, wind_down = ClaimNext.__call__, runner.graph_of, Runner.wind_down

    def claims(self: ClaimNext, connection: sqlite3.Connection) -> list[Claimed]:
        stop.set()
        return claim(self, connection)

    async def reads(database: Database, digest: str) -> Graph:
        stop.set()
        await stopped.wait()
        return await graph_of(database, digest)

    def winds_down(self: Runner) -> None:
        wind_down(self)
        stopped.set()

    if moment == "as it claims":
        monkeypatch.setattr(ClaimNext, "__call__", claims)
    else:
        monkeypatch.setattr(runner, "graph_of", reads)
    monkeypatch.setattr(Runner, "wind_down", winds_down)
    async with workshop(tmp_path, acts=recorder(calls)("acts")) as shop:
        await shop.start(graph(node("a", "acts")))
        async with asyncio.timeout(DEADLINE_SECONDS):
            await shop.runner().serve(1, stop)
        assert (calls, (await shop.inbox.thread("t1")).status) == ([], "ready")
