"""A run that loses its thread, is cancelled, or kills who runs it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents.base import BaseAgent
from hitl_tui.engine.executor import Executor
from hitl_tui.engine.runner import Runner
from hitl_tui.errors import DatabaseUnusable
from hitl_tui.store import threads, writer
from hitl_tui.store.failpoints import name_of
from hitl_tui.store.leases import Claim, Claimant, Claimed
from tests.calm import grow_calm
from tests.engine.workshop import graph, node, workshop
from tests.waiting import eventually


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


async def test_a_cancelled_thread_frees_its_runner_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only when its lease is renewed: what it does was cancelled."""
    monkeypatch.setattr("hitl_tui.engine.runner.LOOKS", 100_000)
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
            lease=timedelta(hours=1),
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


class Busy:
    """Another program that keeps the database for longer than anybody waits for it, each time that it is told to."""

    def __init__(self, path: Path, log: pytest.LogCaptureFixture) -> None:
        self._path = path
        self._log = log

    async def keep(self) -> asyncio.Task[None]:
        other = sqlite3.connect(self._path, isolation_level=None)
        other.execute("begin immediate")
        return asyncio.create_task(self._leave(other))

    async def _leave(self, other: sqlite3.Connection) -> None:
        self._log.clear()
        await eventually(lambda: "is locked by another process; trying again" in self._log.text)
        other.close()


@pytest.fixture
def busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Busy:
    monkeypatch.setattr("hitl_tui.store.patience.BUSY_SECONDS", 0.01)
    return Busy(tmp_path / "hitl.db", caplog)


async def test_nothing_runs_again_because_others_kept_the_database(tmp_path: Path, busy: Busy) -> None:
    """Its runner waits with what has come of the node, of an effect before its end, and of its last node."""
    ran: list[str] = []
    leaving: list[asyncio.Task[None]] = []

    async def keep(what: str) -> None:
        ran.append(what)
        leaving.append(await busy.keep())

    class Pays(BaseAgent):
        async def process(self, inputs: dict[str, Any]) -> Any:
            await self.aonce("pay", lambda: keep("paid"))

    async def mails(inputs: dict[str, Any]) -> None:
        await keep("mailed")

    async with workshop(tmp_path, pays=Pays, mails=mails) as shop:
        await shop.start(graph(node("a", "pays", on_success="b"), node("b", "mails")))
        view = await shop.run()
        assert (view.status, ran) == ("completed", ["paid", "mailed"])
        await asyncio.gather(*leaving)


async def test_no_effect_begins_that_cannot_be_noted_before(tmp_path: Path, busy: Busy) -> None:
    paid: list[str] = []
    with closing(sqlite3.connect(tmp_path / "hitl.db", isolation_level=None)) as other:

        class Pays(BaseAgent):
            async def process(self, inputs: dict[str, Any]) -> Any:
                other.execute("begin immediate")
                await self.aonce("pay", lambda: paid.append("paid"))

        async with workshop(tmp_path, pays=Pays) as shop:
            await shop.start(graph(node("a", "pays")))
            with pytest.raises(DatabaseUnusable, match="is locked by another process"):
                async with asyncio.timeout(10):
                    await shop.run()
            other.execute("rollback")
    assert paid == []


async def test_an_agent_that_blocks_the_loop_does_not_wait_for_long(tmp_path: Path, busy: Busy) -> None:
    """Who keeps the database locked may be something that needs the loop; here it would leave after ten seconds."""
    with closing(sqlite3.connect(tmp_path / "hitl.db", isolation_level=None, check_same_thread=False)) as other:
        late = threading.Timer(10, other.rollback)

        class Pays(BaseAgent):
            def process(self, inputs: dict[str, Any]) -> Any:
                self.once("pay", lambda: other.execute("begin immediate") and None)

        async with workshop(tmp_path, pays=Pays) as shop:
            await shop.start(graph(node("a", "pays")))
            late.start()
            with pytest.raises(DatabaseUnusable, match="is locked by another process"):
                await shop.run()
            late.cancel()
            other.execute("rollback")


async def test_a_runner_that_is_told_to_stop_does_not_wait_for_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, busy: Busy
) -> None:
    monkeypatch.setattr("hitl_tui.engine.runner.GRACE_SECONDS", 0.01)
    stop = asyncio.Event()
    with closing(sqlite3.connect(tmp_path / "hitl.db", isolation_level=None)) as other:

        async def acts(inputs: dict[str, Any]) -> None:
            other.execute("begin immediate")

        async with workshop(tmp_path, acts=acts) as shop:
            await shop.start(graph(node("a", "acts")))
            serving = asyncio.create_task(shop.runner().serve(1, stop))
            await eventually(lambda: "keeping" in {record.module for record in caplog.records})
            stop.set()
            with pytest.raises(DatabaseUnusable, match="is locked by another process"):
                await serving
            other.execute("rollback")


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
