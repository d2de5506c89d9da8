"""A lease is one claim, not one runner: what was begun under an older claim can store nothing (row 174)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.engine.executor import Executor
from hitl_tui.engine.runner import Runner
from hitl_tui.errors import LeaseLost
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import from_iso, iso
from hitl_tui.model.kinds import InteractionType, StepStatus, ThreadStatus
from hitl_tui.store.commits import Ask, NodeCommit, ThreadCommit
from hitl_tui.store.effects import Doubt, Intend, Place, Record, Withdraw
from hitl_tui.store.leases import Claim, Claimant, ClaimNext, HandBack, Lease, Renew, free
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry
from hitl_tui.store.turns import Advance, Finish, ReleasePaused, Then
from tests.engine.workshop import Workshop, graph, node, workshop
from tests.waiting import eventually

NOW = "2026-01-01T00:00:00.000000Z"
ADVANCE = Advance({"late": True}, (FrontierEntry("b", 1),), {"a": 1, "b": 1}, None)
FINISH = Finish(ThreadStatus.COMPLETED, None, advance=ADVANCE)
TABLES = ("thread", "step", "request", "effect", "audit")


def result(lease: Lease, then: Then, *, asks: bool = False) -> NodeCommit:
    status = StepStatus.PAUSED if asks else StepStatus.OK
    step = Step(
        seq=1,
        superstep=0,
        node="a",
        visit=1,
        status=status,
        output="late",
        writes={"late": True},
        error=None,
        code_sha=None,
        started_at=NOW,
        ended_at=None if asks else NOW,
    )
    request = HumanInteractionRequest(
        thread_id="t1", node_name="a", interaction_type=InteractionType.APPROVAL, prompt="late?"
    )
    return NodeCommit(
        lease, "Test", step, [Ask(0, request, False)] if asks else [], False, then, NOW, lambda: from_iso(NOW)
    )


COMMITS: dict[str, Callable[[Lease], Callable[[sqlite3.Connection], Any]]] = {
    "a result": lambda lease: result(lease, None),
    "a superstep": lambda lease: result(lease, ADVANCE),
    "an end": lambda lease: result(lease, FINISH),
    "a question": lambda lease: result(lease, ReleasePaused(), asks=True),
    "a question beside others": lambda lease: result(lease, None, asks=True),
    "a release": lambda lease: ThreadCommit(lease, ReleasePaused(), NOW),
    "a failure": lambda lease: ThreadCommit(lease, FINISH, NOW),
    "an intent": lambda lease: Intend(Place(lease, "a", 1, "new"), None, NOW),
    "an effect": lambda lease: Record(Place(lease, "a", 1, "pay"), "1"),
    "a doubt": lambda lease: Doubt(Place(lease, "a", 1, "pay"), "it broke"),
    "a withdrawal": lambda lease: Withdraw(Place(lease, "a", 1, "pay")),
}


async def claimed(shop: Workshop) -> tuple[Lease, Lease]:
    """An older and the present claim of one and the same runner, which has begun an effect."""
    leases = []
    for _ in range(2):
        claim = await shop.database.write(Claim("t1", Claimant("me", (), shop.clock, timedelta(seconds=15))))
        assert claim is not None
        leases.append(claim.lease)
        shop.clock.advance(seconds=16)
    await shop.database.write(Intend(Place(leases[1], "a", 1, "pay"), None, NOW))
    return leases[0], leases[1]


async def stored(shop: Workshop) -> list[list[tuple[Any, ...]]]:
    return [[tuple(row) for row in await shop.database.rows(f"select * from {table}")] for table in TABLES]


@pytest.mark.parametrize("kind", COMMITS)
async def test_an_older_claim_of_the_same_runner_stores_nothing(tmp_path: Path, kind: str) -> None:
    """row 174"""
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("a", on_success="b"), node("b")))
        old, new = await claimed(shop)
        before = await stored(shop)
        with pytest.raises(LeaseLost):
            await shop.database.write(COMMITS[kind](old))
        assert await stored(shop) == before
        await shop.database.write(COMMITS[kind](new))
        assert await stored(shop) != before


async def test_an_older_claim_is_neither_renewed_nor_handed_back(tmp_path: Path) -> None:
    """row 174"""
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("a")))
        old, new = await claimed(shop)
        before = await stored(shop)
        until = iso(shop.clock() + timedelta(seconds=15))
        assert await shop.database.write(Renew([old], until)) == [old]
        await shop.database.write(HandBack([old]))
        assert await stored(shop) == before
        assert await shop.database.write(Renew([old, new], until)) == [old]
        await shop.database.write(HandBack([new]))
        assert (await shop.inbox.thread("t1")).status == "ready"


async def test_what_a_lost_worker_left_goes_on_before_all_that_is_ready(tmp_path: Path) -> None:
    """Also where there is always something ready, and all of it is more urgent."""
    async with workshop(tmp_path) as shop:
        claimant = Claimant("me", (), shop.clock, timedelta(seconds=15))
        await shop.start(graph(node("a")), "lost")
        await shop.database.write(Claim("lost", claimant))
        shop.clock.advance(seconds=16)
        for name in ("new", "urgent"):
            await shop.start(graph(node("a")), name)
        await shop.inbox.prioritise("urgent", 9)
        order = [one.thread.id for _ in range(3) for one in await shop.database.write(ClaimNext(claimant, 1))]
        assert order == ["lost", "urgent", "new"]


async def test_a_long_node_keeps_its_lease(tmp_path: Path) -> None:
    """A node that lasts for many leases is renewed as often as need be, and nobody else takes its thread."""
    runs: list[str] = []
    permitted, stop = asyncio.Event(), asyncio.Event()

    async def work(inputs: dict[str, Any]) -> None:
        runs.append("run")
        await permitted.wait()

    async with workshop(tmp_path, work=work) as shop:
        short = timedelta(seconds=0.06)

        def runner(owner: str) -> Runner:
            executor = Executor(shop.registry, shop.hosts)
            return Runner(shop.database, executor, owner=owner, trusted=lambda: (), clock=shop.clock, lease=short)

        await shop.start(graph(node("work", "work")))
        serving = asyncio.create_task(runner("first").serve(1, stop))
        try:
            await eventually(lambda: runs)
            for _ in range(5):
                shop.clock.advance(seconds=0.05)
                due = iso(shop.clock() + short)

                async def renewed(due: str = due) -> bool:
                    row = await shop.database.row("select lease_until from thread")
                    return row is not None and row[0] == due

                await eventually(renewed, 5)
                await runner("second").drive("t1")
        finally:
            permitted.set()
            await eventually(lambda: completed(shop))
            stop.set()
            await serving
        assert runs == ["run"]
        assert (await shop.database.rows("select lease_epoch from thread"))[0][0] == 1


async def completed(shop: Workshop) -> bool:
    return (await shop.inbox.thread("t1")).status == "completed"


async def test_a_lease_is_whole_though_its_claim_waited_for_the_database(tmp_path: Path) -> None:
    """row 174: a shorter one would let another runner begin the same node."""
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("ask", "approval_interaction", on_success="b"), node("b")))
        await shop.run()
        async with shop.inbox.running():
            await shop.kept_waiting(12, shop.inbox.decide("t1", "approve"))
            assert (await shop.inbox.thread("t1")).status == "running"
            shop.clock.advance(seconds=14)
            assert not await free(shop.database, "t1", iso(shop.clock()), ())
