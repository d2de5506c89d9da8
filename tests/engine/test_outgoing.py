"""When results reach the disk: shared commits next to pure nodes, and no node with effects before what it needs."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.engine.node_run import NodeRun
from hitl_tui.engine.outgoing import MAX_WAITING, Outgoing
from hitl_tui.engine.thread_run import ThreadRun
from hitl_tui.errors import DatabaseUnusable, NotSerialisable
from hitl_tui.model.graph import Route
from hitl_tui.model.jsontext import to_json
from hitl_tui.store import turns
from hitl_tui.store.commits import NodeCommit
from hitl_tui.store.failpoints import name_of
from hitl_tui.store.together import Together
from tests.engine.workshop import Workshop, graph, node, workshop
from tests.waiting import eventually

FLOW = graph(
    node("prepare", "acts", on_success="gate"),
    node("gate", "approval_interaction", on_success="finish"),
    node("finish", "acts"),
)


def noted(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What is written from now on: the names of the parts of each transaction."""
    written: list[list[str]] = []
    write = shop.database.write

    async def noting(transaction: Callable[[sqlite3.Connection], Any], *note: Any) -> Any:
        parts = transaction.parts if isinstance(transaction, Together) else [transaction]
        written.append([name_of(part) for part in parts])
        return await write(transaction, *note)

    monkeypatch.setattr(shop.database, "write", noting)
    return written


def on_disk(shop: Workshop) -> list[tuple[str, str]]:
    """The steps as another process sees them."""
    with closing(sqlite3.connect(shop.database.path)) as connection:
        return connection.execute("select node, status from step order by seq").fetchall()


async def test_a_pause_and_a_resume_take_as_few_commits_as_they_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with workshop(tmp_path, acts=lambda inputs: "done") as shop:
        written = noted(shop, monkeypatch)
        await shop.start(FLOW)
        assert (await shop.run()).status == "paused"
        assert written == [["start"], ["claim"], ["superstep", "pause"]]
        written.clear()
        await shop.answer("approve")
        assert (await shop.run()).status == "completed"
        assert written == [["decision"], ["claim"], ["superstep", "finish"]]


async def test_what_is_started_or_answered_and_run_here_is_claimed_in_the_same_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flow.yaml").write_text(
        "graph: G\nnodes:\n  gate: {agent: approval_interaction, next: end}\n  end: {agent: echo}\n"
    )
    async with workshop(tmp_path) as shop:
        written = noted(shop, monkeypatch)
        async with shop.inbox.running():
            await shop.inbox.start(tmp_path / "flow.yaml", thread_id="t1")
            assert (await shop.inbox.settled("t1")).status == "paused"
            await shop.inbox.decide("t1", "approve")
            assert (await shop.inbox.settled("t1")).status == "completed"
        assert written == [["start", "claim"], ["pause"], ["decision", "claim"], ["superstep", "finish"]]


async def test_what_was_claimed_and_not_run_is_ready_for_others(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text("graph: G\nnodes:\n  end: {agent: echo}\n")
    async with workshop(tmp_path) as shop:
        async with shop.inbox.running():
            await shop.inbox.start(tmp_path / "flow.yaml", thread_id="t1")
            assert (await shop.inbox.thread("t1")).status == "running"
        assert (await shop.inbox.thread("t1")).status == "ready"


async def test_a_node_that_acts_starts_after_the_one_before_it_is_on_disk(tmp_path: Path) -> None:
    seen: list[list[tuple[str, str]]] = []

    def looks(inputs: dict[str, Any]) -> None:
        seen.append(on_disk(shop))

    async with workshop(tmp_path, looks=looks) as shop:
        await shop.start(graph(node("a", "looks", on_success="b"), node("b", "looks")))
        await shop.run()
    assert seen == [[], [("a", "ok")]]


async def test_the_answer_that_was_taken_shows_while_the_next_node_still_runs(tmp_path: Path) -> None:
    release = asyncio.Event()

    async def acts(inputs: dict[str, Any]) -> None:
        if await shop.trace():
            await release.wait()

    async with workshop(tmp_path, acts=acts) as shop:
        await shop.start(FLOW)
        await shop.run()
        await shop.answer("approve")
        run = asyncio.create_task(shop.run())
        await eventually(lambda: ("gate", "ok") in on_disk(shop))
        assert not run.done()
        release.set()
        assert (await run).status == "completed"


async def test_without_the_lease_neither_it_nor_what_went_before_is_stored(tmp_path: Path) -> None:
    """row 174: what waited for its neighbour is lost with it, and the next runner runs both again."""
    calls: list[str] = []

    async def acts(inputs: dict[str, Any]) -> None:
        calls.append("acts")
        if len(calls) == 2:
            await shop.inbox.cancel("t1")

    async with workshop(tmp_path, acts=acts) as shop:
        await shop.start(FLOW)
        await shop.run()
        await shop.answer("approve")
        assert (await shop.run()).status == "cancelled"
        assert on_disk(shop) == [("prepare", "ok"), ("gate", "paused")]


@pytest.mark.parametrize("times", [2, 99])
async def test_after_a_result_that_cannot_be_stored_none_is_but_the_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Neither the first result, which the writer tries twice, nor the next one, whether that could be stored or not."""
    tried: list[Any] = []

    def stored(state: Any, where: str = "state") -> str:
        if where == "state":
            tried.append(state)
            if len(tried) <= times:
                raise NotSerialisable("state.x is too large")
        return to_json(state, where)

    async def acts(inputs: dict[str, Any]) -> None:
        await eventually(lambda: tried)

    monkeypatch.setattr(turns, "to_json", stored)
    async with workshop(tmp_path, acts=acts) as shop:
        await shop.start(graph(node("a", "echo", on_success="b"), node("b", "acts")))
        view = await shop.run()
        assert view.status == "failed" and view.error is not None
        assert view.error.message == "state.x is too large (a)"
        assert on_disk(shop) == []


async def test_a_loop_of_pure_nodes_lets_others_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = graph(
        node("a", "echo", on_success="b"),
        node("b", "echo", routes=(Route(to=("a",), when="stop != 'now'"),)),
    )
    async with workshop(tmp_path) as shop:
        written = noted(shop, monkeypatch)
        await shop.start(loop, stop="")
        run = asyncio.create_task(shop.run())
        await eventually(lambda: len(written) > 5)
        assert max(map(len, written)) == MAX_WAITING
        await shop.inbox.cancel("t1")
        assert (await run).status == "cancelled"


class SlowDisk:
    """In the place of a database: it stores when it is let, also what its caller was cancelled for."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.begun = 0
        self.stored: list[Any] = []

    async def write(self, transaction: Any) -> None:
        self.begun += 1
        await asyncio.shield(self._store(transaction))

    async def _store(self, transaction: Any) -> None:
        await self.go.wait()
        self.stored.append(transaction)


async def test_a_node_that_acts_waits_for_a_result_that_is_being_written() -> None:
    disk = SlowDisk()
    outgoing = Outgoing(disk)  # type: ignore[arg-type]
    await outgoing.put("acted", pure=False)  # type: ignore[arg-type]
    await eventually(lambda: disk.begun == 1)
    await outgoing.put("pure", pure=True)  # type: ignore[arg-type]
    sure = asyncio.create_task(outgoing.make_sure())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not sure.done()
    disk.go.set()
    await sure
    assert disk.stored == ["acted", "pure"]
    # Now nothing of a node that acts is on its way.
    disk.go.clear()
    await outgoing.put("more", pure=True)  # type: ignore[arg-type]
    await outgoing.make_sure()
    outgoing.close()


async def test_what_came_before_a_defect_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that has acted does not act again because the next one met a defect of ours."""
    settle = ThreadRun._settle
    acted: list[int] = []

    def defective(self: ThreadRun, run: NodeRun, *rest: Any, **more: Any) -> NodeCommit:
        if run.node.name == "b":
            raise ValueError("a defect")
        return settle(self, run, *rest, **more)

    monkeypatch.setattr(ThreadRun, "_settle", defective)
    async with workshop(tmp_path, acts=lambda inputs: acted.append(1)) as shop:
        await shop.start(graph(node("a", "acts", on_success="b"), node("b", "echo")))
        assert (await shop.run()).status == "failed"
        assert on_disk(shop) == [("a", "ok")]
        monkeypatch.undo()
        await shop.inbox.retry("t1")
        assert (await shop.run()).status == "completed"
    assert acted == [1]


class BusyDisk(SlowDisk):
    """In the place of a database that somebody else keeps for good."""

    async def write(self, transaction: Any) -> None:
        self.begun += 1
        await asyncio.sleep(0)
        raise DatabaseUnusable("locked", busy=True)


async def test_nothing_is_tried_again_for_a_run_that_is_over() -> None:
    """It would go on where the database is closed by then, and as long as the program."""
    disk = BusyDisk()
    outgoing = Outgoing(disk)  # type: ignore[arg-type]
    await outgoing.put("pure", pure=True)  # type: ignore[arg-type]
    await eventually(lambda: disk.begun > 2)
    outgoing.close()
    await eventually(lambda: asyncio.all_tasks() == {asyncio.current_task()})


async def test_each_pure_result_follows_in_a_moment() -> None:
    disk = SlowDisk()
    disk.go.set()
    outgoing = Outgoing(disk)  # type: ignore[arg-type]
    for number, name in enumerate(("one", "two", "three"), 1):
        await outgoing.put(name, pure=True)  # type: ignore[arg-type]
        await outgoing.make_sure()
        await eventually(lambda number=number: len(disk.stored) == number)
    await outgoing.put("four", pure=True)  # type: ignore[arg-type]
    outgoing.close()
    await asyncio.sleep(0)
    assert disk.stored == ["one", "two", "three"]
