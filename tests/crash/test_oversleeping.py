"""A runner that slept past its own lease, as after a laptop's lid was shut (row 174)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.engine import runner
from hitl_tui.engine.runner import LEASE
from hitl_tui.model.jsontext import iso
from tests.engine.hosting import agents_file
from tests.engine.workshop import Workshop, graph, node, workshop
from tests.waiting import eventually


class Work:
    """An agent whose first run lasts until it is permitted to end."""

    def __init__(self) -> None:
        self.runs = 0
        self.permitted = asyncio.Event()

    async def __call__(self, inputs: dict[str, Any]) -> int:
        self.runs += 1
        run = self.runs
        if run == 1:
            await self.permitted.wait()
        return run


def sleep_past_the_lease(shop: Workshop) -> None:
    shop.clock.advance(seconds=LEASE.total_seconds() * 2)


async def test_it_goes_on_with_the_run_that_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "HEARTBEATS", 300)
    work, stop = Work(), asyncio.Event()
    async with workshop(tmp_path, work=work) as shop:
        await shop.start(graph(node("work", "work", output="run")))
        serving = asyncio.create_task(shop.runner().serve(4, stop))
        await eventually(lambda: work.runs)
        sleep_past_the_lease(shop)

        async def renewed() -> bool:
            row = await shop.database.row("select lease_until from thread")
            return row is not None and row[0] > iso(shop.clock())

        await eventually(renewed)
        work.permitted.set()
        await eventually(lambda: completed(shop))
        stop.set()
        await serving
        assert work.runs == 1
        assert [step.status for step in await shop.history()] == ["ok"]


async def test_it_may_claim_again_what_another_had_meanwhile(tmp_path: Path) -> None:
    """The run that lost its lease commits nothing, and ends without harm to the new one."""
    work, stop = Work(), asyncio.Event()
    flow = graph(
        node("work", "work", output="run", on_success="gate"),
        node("gate", "approval_interaction", on_success="last"),
        node("last", "output", prompt="{run}", output="last"),
    )
    async with workshop(tmp_path, work=work) as shop:
        await shop.start(flow)
        serving = asyncio.create_task(shop.runner().serve(4, stop))
        await eventually(lambda: work.runs)
        sleep_past_the_lease(shop)
        assert (await shop.run(owner="runner-2")).status == "paused"
        await shop.answer("approve")
        await eventually(lambda: completed(shop))
        work.permitted.set()
        stop.set()
        await serving
        view = await shop.inbox.thread("t1")
        assert (view.state["run"], view.state["last"]) == (2, "2")
        assert await shop.trace() == ["work", "gate", "last"]


async def test_what_was_taken_over_while_its_process_started_does_not_run(tmp_path: Path) -> None:
    """On a busy machine a process starts slowly; its node was run by another runner then, and must not act again."""
    reference = agents_file(
        tmp_path,
        """
        here = Path(__file__).parent
        (here / "starting").touch()
        until(here / "permitted")

        @agent("acts")
        def acts(inputs):
            (here / "ran").touch()
        """,
    )
    async with workshop(tmp_path) as shop:
        shop.trusted = (reference,)
        await shop.start(graph(node("act", "acts")), agents=reference)
        running = asyncio.create_task(shop.run())
        await eventually((tmp_path / "starting").exists)
        sleep_past_the_lease(shop)
        assert await shop.database.write(shop.runner("runner-2").claim("t1")) is not None
        (tmp_path / "permitted").touch()
        assert (await running).status == "running"
        assert not (tmp_path / "ran").exists()


async def completed(shop: Workshop) -> bool:
    return (await shop.inbox.thread("t1")).status == "completed"
