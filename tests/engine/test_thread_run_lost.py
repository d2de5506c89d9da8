"""A run that loses its thread, is cancelled, or kills who runs it."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents.base import BaseAgent
from hitl_tui.engine.executor import Executor
from hitl_tui.engine.runner import Runner
from hitl_tui.store import threads, writer
from hitl_tui.store.failpoints import name_of
from hitl_tui.store.leases import Claim, Claimant, Claimed
from tests.calm import grow_calm
from tests.engine.workshop import graph, node, workshop


async def test_a_lost_lease_commits_nothing(tmp_path: Path) -> None:
    """Another runner took over while the node ran: what it computed is thrown away."""
    async with workshop(tmp_path) as shop:

        async def slow(inputs: dict[str, Any]) -> str:
            shop.clock.advance(minutes=5)
            view = await shop.run(owner="runner-2")
            assert view.status == "completed"
            return "late"

        def fast(inputs: dict[str, Any]) -> str:
            return "fast"

        sources = iter([slow, fast])

        class Once(BaseAgent):
            def process(self, inputs: dict[str, Any]) -> Any:
                return next(sources)(inputs)

        shop.registry.add("once", Once)
        await shop.start(graph(node("n", "once", output="who")))
        view = await shop.run()
        assert (view.status, view.state) == ("completed", {"who": "fast"})
        assert len(await shop.history()) == 1


async def test_a_thread_that_kills_its_workers_fails(tmp_path: Path) -> None:
    """Three runners vanish in the middle of its node; the next one does not try again."""
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("n", "echo")))
        for number in range(3):
            claim = Claim("t1", Claimant(f"runner-{number}", (), shop.clock, timedelta(seconds=15)))
            assert await shop.database.write(claim) is not None
            shop.clock.advance(seconds=16)
        view = await shop.run()
        assert view.status == "failed"
        assert view.error is not None
        assert view.error.type == "WorkerLost"


async def test_an_agent_that_cancels_itself_has_failed(tmp_path: Path) -> None:
    async def cancels(inputs: dict[str, Any]) -> None:
        raise asyncio.CancelledError

    async with workshop(tmp_path, cancels=cancels) as shop:
        await shop.start(graph(node("n", "cancels")))
        async with asyncio.timeout(10):
            assert (await shop.run()).status == "failed"


async def test_a_cancelled_thread_frees_its_runner(tmp_path: Path) -> None:
    started = asyncio.Event()

    async def hangs(inputs: dict[str, Any]) -> None:
        started.set()
        await asyncio.Event().wait()

    async with workshop(tmp_path, hangs=hangs) as shop:
        await shop.start(graph(node("n", "hangs")))
        runner = Runner(
            shop.database,
            Executor(shop.registry, shop.hosts),
            owner="runner-1",
            trusted=tuple,
            clock=shop.clock,
            lease=timedelta(seconds=0.3),
        )
        driving = asyncio.create_task(runner.drive("t1"))
        await started.wait()
        await shop.inbox.cancel("t1")
        async with asyncio.timeout(10):
            await driving
        assert (await shop.inbox.thread("t1")).status == "cancelled"


async def test_cancel_closes_the_request(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("gate", "approval_interaction")))
        await shop.run()
        await shop.inbox.cancel("t1")
        view = await shop.inbox.thread("t1")
        assert (view.status, view.pending) == ("cancelled", [])
        assert (await threads.find(shop.database, "t1")).open_requests == 0


async def test_ctrl_c_in_the_middle_of_the_claim_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim may be stored within the caller's own step: then the cancel comes before anything waits for it."""
    claim = Claim.__call__
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("a", "echo")))
        await grow_calm(shop.database)
        running = asyncio.create_task(shop.runner().drive("t1"))

        def interrupted(self: Claim, connection: sqlite3.Connection) -> Claimed | None:
            running.cancel()
            return claim(self, connection)

        monkeypatch.setattr(Claim, "__call__", interrupted)
        with pytest.raises(asyncio.CancelledError):
            await running
        assert (await shop.inbox.thread("t1")).status == "ready"


async def test_a_heartbeat_between_the_end_and_its_hearing_takes_nothing_for_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    commit = writer._commit

    async def acts(inputs: dict[str, Any]) -> None:
        # Another process writes just then, so that the end is stored while its run waits.
        other = sqlite3.connect(shop.database.path, isolation_level=None)
        other.execute("begin immediate")
        asyncio.get_running_loop().call_later(0.02, other.close)

    def beats_first(connection: sqlite3.Connection, batch: Any) -> None:
        if any(name_of(job.transaction) == "finish" for job in batch):
            asyncio.get_running_loop().create_task(runner._renew())
        commit(connection, batch)

    async with workshop(tmp_path, acts=acts) as shop:
        runner = shop.runner()
        runner._watcher = lambda thread, event: heard.append(event)
        await shop.start(graph(node("a", "acts")))
        await grow_calm(shop.database)
        monkeypatch.setattr(writer, "_commit", beats_first)
        await runner.drive("t1")
        assert heard == ["claimed", "released"]
