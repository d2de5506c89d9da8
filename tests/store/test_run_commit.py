"""Results of one thread that are stored together leave the same rows as one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import from_iso
from hitl_tui.model.kinds import InteractionType, Outcome, StepStatus, ThreadStatus
from hitl_tui.store.commits import Ask, NodeCommit, RunCommit, ThreadCommit
from hitl_tui.store.leases import Claim, Claimant, Lease
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry
from hitl_tui.store.together import Together
from hitl_tui.store.turns import Advance, Finish, ReleasePaused, Then
from tests.engine.workshop import graph, node, workshop

NOW, LATER = "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:01.000000Z"
FIRST = Advance({"a": 1}, (FrontierEntry("b", 1),), {"a": 1, "b": 1}, None)
SECOND = Advance({"a": 1, "b": 2}, (FrontierEntry("a", 2),), {"a": 2, "b": 1}, Outcome.REJECTED)
ERROR = {"node": "b", "type": "ValueError", "message": "no"}
TABLES = ("thread", "step", "request", "audit")

Parts = Sequence[NodeCommit | ThreadCommit]


def result(lease: Lease, seq: int, then: Then, *, asks: bool = False, superstep: int = 0, now: str = "") -> NodeCommit:
    name, now = "ab"[seq - 1], now or (NOW if seq == 1 else LATER)
    status, ended = (StepStatus.PAUSED, None) if asks else (StepStatus.OK, now)
    step = Step(seq, superstep, name, 1, status, seq, {name: seq}, None, None, now, ended)
    request = HumanInteractionRequest(
        id=UUID(int=seq, version=4),
        thread_id="t1",
        node_name=name,
        interaction_type=InteractionType.APPROVAL,
        prompt="Go on?",
    )
    return NodeCommit(
        lease, "Test", step, [Ask(0, request, False)] if asks else [], False, then, now, lambda: from_iso(now)
    )


RUNS: dict[str, Callable[[Lease], Parts]] = {
    "a pause": lambda lease: [
        result(lease, 1, FIRST),
        result(lease, 2, ReleasePaused(), asks=True, superstep=1),
    ],
    "a pause that somebody answered before": lambda lease: [
        result(lease, 1, None, asks=True),
        result(lease, 2, ReleasePaused(), asks=True),
    ],
    "a sleep": lambda lease: [
        result(lease, 1, FIRST),
        result(lease, 2, ReleasePaused(LATER), superstep=1),
    ],
    "two supersteps": lambda lease: [result(lease, 1, FIRST), result(lease, 2, SECOND, superstep=1)],
    "a sibling": lambda lease: [result(lease, 1, None), result(lease, 2, FIRST)],
    "a sibling of the next superstep": lambda lease: [
        result(lease, 1, FIRST, now=LATER),
        result(lease, 2, None, superstep=1),
    ],
    "an end": lambda lease: [
        result(lease, 1, FIRST),
        result(lease, 2, Finish(ThreadStatus.COMPLETED, Outcome.REJECTED, advance=SECOND), superstep=1),
    ],
    "a failure": lambda lease: [
        result(lease, 1, FIRST),
        result(lease, 2, SECOND, superstep=1),
        ThreadCommit(lease, Finish(ThreadStatus.FAILED, None, ERROR), LATER),
    ],
    "a release": lambda lease: [result(lease, 1, SECOND), ThreadCommit(lease, ReleasePaused(), LATER)],
}


async def rows(folder: Path, commit: Callable[[Parts], Any], run: str) -> list[list[dict[str, Any]]]:
    """All that the database holds when a run is stored in this way."""
    await asyncio.to_thread(folder.mkdir)
    async with workshop(folder) as shop:
        await shop.start(graph(node("a", on_success="b"), node("b")))
        claimed = await shop.database.write(Claim("t1", Claimant("me", (), shop.clock, timedelta(seconds=15))))
        assert claimed is not None
        await shop.database.write(commit(RUNS[run](claimed.lease)))
        return [[dict(row) for row in await shop.database.rows(f"select * from {table}")] for table in TABLES]


@pytest.mark.parametrize("run", RUNS)
async def test_what_is_stored_at_once_is_what_is_stored_in_turn(tmp_path: Path, run: str) -> None:
    """row 174"""
    assert await rows(tmp_path / "once", RunCommit, run) == await rows(tmp_path / "turn", Together, run)


async def test_the_time_of_a_request_runs_from_its_transaction(tmp_path: Path) -> None:
    """row 173: the node ended at NOW, and waited until LATER for others who wrote; nobody knew of its request before"""

    def commit(parts: Parts) -> RunCommit:
        return RunCommit(
            [replace(part, clock=lambda: from_iso(LATER)) for part in parts if isinstance(part, NodeCommit)]
        )

    _, _, requests, audit = await rows(tmp_path / "late", commit, "a pause")
    assert [row["created_at"] for row in requests] == [LATER]
    assert [row["at"] for row in audit if row["event"] == "asked"] == [LATER]
