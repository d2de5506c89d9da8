"""Windows, cursors and ranks agree with one sorted list."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import combinations
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.model.kinds import ThreadStatus
from hitl_tui.store import listing
from hitl_tui.store.database import Database
from hitl_tui.store.listing import Order, Selection

ORDERS: list[Order] = list(get_args(Order))


def fill(connection: sqlite3.Connection) -> None:
    rng = random.Random(7)
    connection.execute("insert into graph values ('g', 'G', '{}', null, 'now')")
    for number in range(300):
        thread = f"t{rng.randrange(10**6):06d}"
        asks = rng.choice([0, 1, 1, 2])
        status = rng.choice(["paused", "paused", "ready"] if asks else ["ready", "completed", "failed"])
        connection.execute(
            "insert into thread (id, graph, graph_name, status, state, frontier, open_requests, priority, created_at,"
            " updated_at) values (?, 'g', ?, ?, '{}', '[]', ?, ?, ?, 'now')",
            (thread, rng.choice(["G", "H"]), status, asks, number % 3, f"2026-01-{number % 28 + 1:02d}"),
        )
        # Two questions of one node, or one of each of two parallel nodes.
        parallel = rng.random() < 0.5
        for ask in range(asks):
            step, node, position = (1 + ask, f"n{ask}", 0) if parallel else (1, "n", ask)
            connection.execute(
                "insert into request (id, thread, step, node, visit, position, graph_name, type, prompt, context,"
                " options, allowed, digest, status, priority, due_at, created_at)"
                " values (?, ?, ?, ?, 1, ?, 'G', ?, 'p', '{}', '[]', '[]', 'd', 'pending', ?, ?, ?)",
                (
                    str(UUID(int=number * 10 + ask)),
                    thread,
                    step,
                    node,
                    position,
                    rng.choice(["edit", "choice"]),
                    number % 3,
                    rng.choice([None, f"2026-02-{number % 28 + 1:02d}"]),
                    f"2026-01-{number % 28 + 1:02d}",
                ),
            )


async def test_a_row_that_only_an_index_has_is_damage(tmp_path: Path) -> None:
    everything = Selection(True, True)
    async with Database.open(tmp_path / "x.db") as database:
        await database.write(fill)
        with closing(sqlite3.connect(database.path)) as careless, careless:
            careless.execute("delete from thread where open_requests > 0")
        with pytest.raises(DatabaseUnusable, match="is damaged") as caught:
            await database.read(lambda connection: listing.window(connection, everything, "due", 5))
    assert "remove FILE-wal" in caught.value.hint


async def read(database: Database, query: Callable[..., Any], *names: Any, **named: Any) -> Any:
    return await database.read(lambda connection: query(connection, *names, **named))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "selection",
    [
        Selection(True, True),
        Selection(True, False, types=["edit"]),
        Selection(True, True, statuses=["paused"]),
        Selection(True, True, statuses=["ready", "completed"]),
        Selection(True, False, statuses=["paused", "ready"]),
        Selection(False, True, statuses=["completed", "failed"]),
    ],
)
async def test_one_order(tmp_path: Path, order: Order, selection: Selection) -> None:
    async with Database.open(tmp_path / "x.db") as database:
        await database.write(fill)
        rows = await read(database, listing.window, selection, order, 1000)
        whole = [place for place, _ in rows]
        assert whole
        assert {row["status"] for _, row in rows} <= set(selection.statuses or ThreadStatus)
        assert len(set(whole)) == len(whole)
        assert whole == sorted(whole, key=lambda place: (place.key, place.thread, place.position))
        assert await read(database, listing.count, selection, order) == len(whole)
        paged: list[listing.Place] = []
        while page := await read(database, listing.window, selection, order, 37, after=paged[-1] if paged else None):
            paged += [place for place, _ in page]
        assert paged == whole
        for offset in range(0, len(whole) + 4, 5):
            for total in (0, len(whole)):
                cut = await read(database, listing.window, selection, order, 20, offset, total=total)
                assert [place for place, _ in cut] == whole[offset : offset + 20]
        assert await read(database, listing.count, selection, order, before=whole[17]) == 17


async def test_place_of_an_item(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "x.db") as database:
        await database.write(fill)
        everything = Selection(True, True)
        for place, row in (await read(database, listing.window, everything, "due", 1000))[::40]:
            item = row["request"] or row["thread"]
            assert await read(database, listing.place, everything, "due", item) == place
            other = Selection(row["request"] is None, row["request"] is not None)
            assert await read(database, listing.place, other, "due", item) is None
        assert await read(database, listing.place, everything, "due", "no such") is None


async def test_open_requests_by_the_status_of_their_thread(tmp_path: Path) -> None:
    """Every status alone and every two together find what a join would."""
    async with Database.open(tmp_path / "x.db") as database:
        await database.write(fill)
        rows = await database.read(
            lambda c: c.execute("select r.id, t.status from request r join thread t on t.id = r.thread").fetchall()
        )
        for statuses in combinations(["paused", "ready", "failed"], 2):
            for chosen in (statuses, statuses[:1]):
                selection = Selection(True, False, statuses=chosen)
                found = await read(database, listing.window, selection, "due", 1000)
                assert {row["request"] for _, row in found} == {row["id"] for row in rows if row["status"] in chosen}
                assert await read(database, listing.count, selection) == len(found)
