"""A frontier of many nodes runs a bounded number at a time, and keeps no other thread from its turn."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hitl_tui.engine import hosts as pool
from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.slots import Slots
from tests.engine.hosting import NONE, agents_file, run
from tests.waiting import eventually

AGENTS = """
@agent("counts")
def counts(inputs):
    Path(inputs["folder"], str(os.getpid())).touch()
    until(Path(inputs["folder"], "go"))
    return os.getpid()
"""


async def test_parallel_nodes_wait_for_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 171: thirty nodes of one superstep start two processes here, eight as it is shipped."""
    assert pool.SHARED + 1 == 8
    monkeypatch.setattr(pool, "SHARED", 1)
    reference, folder = agents_file(tmp_path, AGENTS), tmp_path / "pids"
    folder.mkdir()
    hosts = Hosts(keep=1)
    many = [asyncio.create_task(hosts.run(reference, run("counts", folder=str(folder)), NONE)) for _ in range(30)]
    try:
        await eventually(lambda: len(list(folder.iterdir())) == 2)
        # Another thread's first node does not wait for them.
        other = asyncio.create_task(hosts.run(reference, run("counts", thread="u", folder=str(folder)), NONE))
        await eventually(lambda: len(list(folder.iterdir())) == 3)
        (folder / "go").touch()
        results = await asyncio.gather(*many, other)
    finally:
        for task in many:
            task.cancel()
        await asyncio.gather(*many, return_exceptions=True)
        await hosts.close()
    assert len({result.output for result in results}) == 3


async def test_each_of_three_threads_has_a_place_and_shares_the_rest() -> None:
    slots = Slots(3, 2)
    order: list[str] = []

    async def hold(name: str, until: asyncio.Event) -> None:
        async with slots.of(name[0]):
            order.append(name)
            await until.wait()

    end, never = asyncio.Event(), asyncio.Event()
    tasks = [asyncio.create_task(hold(name, end)) for name in ("a1", "a2", "a3", "a4")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (order, slots.waiting) == (["a1", "a2", "a3"], 1)
    tasks += [asyncio.create_task(hold(name, never)) for name in ("b1", "b2", "c1", "d1")]
    await eventually(lambda: order[3:] == ["b1", "c1"])
    tasks[3].cancel()
    end.set()
    await eventually(lambda: order[5:] == ["b2", "d1"])
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert slots.waiting == 0
