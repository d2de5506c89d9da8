"""Search through the inbox: what is there now is found, in every order, with every filter; what is gone is not."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import SORTS, Filter, Shelf
from hitl_tui.store import search
from hitl_tui.store.database import Database
from tests.inbox.workflow import APPROVAL, write
from tests.waiting import eventually

CONTEXT = """
graph: Deploy
nodes:
  release:
    agent: approval_interaction
    prompt: "Release {service}?"
    inputs: [service]
    context: {rollback_strategy: blue_green, "migrations": ["add index", {"owner": "Zoë"}]}
    next: done
    on_failure: end
  done: {agent: output, prompt: "done"}
  end: {agent: output, prompt: "not done"}
"""
BROKEN = "graph: Broken\nnodes:\n  charge: {agent: failure, prompt: the card was declined}\n"
TWO = """
graph: Two
nodes:
  both: {agent: echo, next: [left, right]}
  left: {agent: approval_interaction, prompt: "Left door?", next: end, on_failure: end}
  right: {agent: choice_interaction, prompt: "Right door?", context: {options: [a, b]}, next: end, on_failure: end}
  end: {agent: echo}
"""


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as made:
        yield made


async def pay(inbox: Inbox, folder: Path, name: str, payee: str = "Bob", *, priority: int = 0) -> None:
    file = write(folder, APPROVAL)
    await inbox.start(file, inputs={"amount": 5, "payee": payee}, thread_id=name, priority=priority)
    await inbox.settled(name)


async def found(inbox: Inbox, text: str, shelf: Shelf = "all") -> list[str]:
    return [item.thread_id for item in (await inbox.list(Filter(shelf, text=text))).items]


@pytest.mark.parametrize(
    "text",
    [
        *("release", "payment_service", "payment serv", '"release payment_service"'),
        *("blue_green", "rollback_strategy", "add index", "ZOE", "deploy", "order-12/a", "order-12", "12/a zoë rel"),
    ],
)
async def test_by_prompt_context_graph_node_and_thread(inbox: Inbox, tmp_path: Path, text: str) -> None:
    await inbox.start(write(tmp_path, CONTEXT), inputs={"service": "payment_service"}, thread_id="order-12/a")
    await inbox.settled("order-12/a")
    await pay(inbox, tmp_path, "other")
    assert await found(inbox, text) == ["order-12/a"]
    assert await found(inbox, f"{text} nowhere") == []


@pytest.mark.parametrize(("name", "text"), [("é", '"é"'), ("🚀", "🚀"), ("[/x]", "bob"), ("1abc", "1ab")])
async def test_odd_thread_ids(inbox: Inbox, tmp_path: Path, name: str, text: str) -> None:
    await pay(inbox, tmp_path, name)
    assert await found(inbox, text) == [name]
    await pay(inbox, tmp_path, "other", "Eve")
    assert await found(inbox, "other eve pay") == ["other"]


async def test_an_item_is_found_on_the_shelf_where_it_is_now(inbox: Inbox, tmp_path: Path) -> None:
    await pay(inbox, tmp_path, "t1", "Zaphod")

    async def where() -> list[str]:
        shelves: tuple[Shelf, ...] = ("waiting", "active", "failed", "done")
        return [shelf for shelf in shelves if await found(inbox, "zaphod", shelf)]

    assert await where() == ["waiting"]
    await inbox.decide("t1", "approve", hold=600)
    assert await where() == ["active"]
    await inbox.undo("t1")
    assert await where() == ["waiting"]
    await inbox.decide("t1", "approve")
    await inbox.settled("t1")
    # By what it asked before.
    assert await where() == ["done"]
    await pay(inbox, tmp_path, "t2", "Zaphod")
    await inbox.cancel("t2")
    assert await where() == ["done"]


async def test_a_failed_thread_is_found_by_its_node_and_its_error(inbox: Inbox, tmp_path: Path) -> None:
    await inbox.start(write(tmp_path, BROKEN), thread_id="b1")
    await inbox.settled("b1")
    assert await found(inbox, "charge declined", "failed") == ["b1"]


async def test_two_requests_of_a_thread_are_two_items(inbox: Inbox, tmp_path: Path) -> None:
    await inbox.start(write(tmp_path, TWO), thread_id="t1")
    view = await inbox.settled("t1")
    assert len(await found(inbox, "door")) == 2
    assert len(await found(inbox, "left")) == 1
    left = next(request for request in view.pending if request.node == "left")
    await inbox.decide("t1", "approve", request_id=left.request_id)
    assert await found(inbox, "left") == []
    assert await found(inbox, "right") == ["t1"]


async def test_windows_ranks_and_counts_agree_in_every_order(inbox: Inbox, tmp_path: Path) -> None:
    for number in range(12):
        await pay(inbox, tmp_path, f"t{number}", "Bob" if number % 3 else "Eve", priority=number % 2)
    for sort in SORTS:
        whole = (await inbox.list(Filter("waiting"), sort)).items
        bobs = [item.thread_id for item in whole if "Bob" in (item.prompt or "")]
        which = Filter("waiting", text="bo")
        page = await inbox.list(which, sort)
        assert [item.thread_id for item in page.items] == bobs
        assert page.total == len(bobs) == 8
        assert [await inbox.rank(which, sort, item.key) for item in page.items] == list(range(8))
        eve = next(item for item in whole if "Eve" in (item.prompt or ""))
        assert await inbox.rank(which, sort, eve.key) is None
        first = await inbox.list(which, sort, limit=3)
        second = await inbox.list(which, sort, limit=3, cursor=first.next)
        by_offset = await inbox.list(which, sort, limit=3, offset=3)
        assert [item.thread_id for item in second.items] == bobs[3:6]
        assert by_offset.items == second.items


async def test_it_goes_together_with_the_other_filters(inbox: Inbox, tmp_path: Path) -> None:
    await pay(inbox, tmp_path, "t1")
    await inbox.start(write(tmp_path, TWO), thread_id="t2")
    await inbox.settled("t2")

    async def keys(which: Filter) -> list[str]:
        return [item.node or "" for item in (await inbox.list(which)).items]

    assert await keys(Filter(text="door", types=("choice",))) == ["right"]
    assert await keys(Filter(text="door", graphs=("Gate",))) == []
    assert await keys(Filter(text="pay", graphs=("Gate",), statuses=("paused",))) == ["gate"]
    await inbox.assign("t2", "bea")
    assert len(await keys(Filter(text="door", assignees=("bea",)))) == 2
    assert await keys(Filter(text="door", older_than=timedelta(hours=1))) == []


async def test_much_that_is_found_is_walked_along_little_is_looked_up(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        await pay(inbox, tmp_path, f"t{number}", "Bob" if number % 2 else "Eve")
    which = Filter("waiting", text="bob")
    few = await inbox.list(which)
    monkeypatch.setattr("hitl_tui.store.listing._FEW", 1)
    many = await inbox.list(which)
    assert few == many
    assert few.total == 3


async def test_what_is_pruned_is_forgotten(inbox: Inbox, tmp_path: Path) -> None:
    await pay(inbox, tmp_path, "t1", "Zaphod")
    await pay(inbox, tmp_path, "t2", "Zaphod")
    await inbox.decide("t2", "approve")
    await inbox.settled("t2")
    assert await found(inbox, "zaphod", "done") == ["t2"]
    await inbox.prune(timedelta(0), threads=True, vacuum=True)
    assert await found(inbox, "zaphod") == ["t1"]
    with closing(sqlite3.connect(inbox.path)) as connection:
        assert connection.execute("select thread from searched").fetchall() == [("t1",)]
        assert connection.execute("select count(*) from search where search match 'zaphod'").fetchone() == (1,)
        connection.execute("insert into search (search) values ('integrity-check')")
    # The row numbers of what was removed are given out again.
    await pay(inbox, tmp_path, "t3", "Trillian")
    assert await found(inbox, "zaphod") == ["t1"]
    assert await found(inbox, "trillian") == ["t3"]


async def test_rows_that_were_numbered_anew_are_indexed_anew(inbox: Inbox, tmp_path: Path) -> None:
    """SQLite's VACUUM may do that."""
    await pay(inbox, tmp_path, "t1", "Zaphod")
    await pay(inbox, tmp_path, "t2", "Trillian")
    assert await found(inbox, "zaphod") == ["t1"]
    with closing(sqlite3.connect(inbox.path)) as connection, connection:
        connection.execute("update request set rowid = rowid + 100")
    await pay(inbox, tmp_path, "t3", "Marvin")
    assert [await found(inbox, name) for name in ("zaphod", "trillian", "marvin")] == [["t1"], ["t2"], ["t3"]]


async def test_several_processes_may_index_at_once(inbox: Inbox, tmp_path: Path) -> None:
    for number in range(8):
        await pay(inbox, tmp_path, f"t{number}")
    async with Database.open(inbox.path) as first, Database.open(inbox.path) as second:
        await asyncio.gather(*(database.write(search.Index()) for database in (first, second, first, second)))
        assert await search.behind(first) == 0
    assert len(await found(inbox, "bob")) == 8
    with closing(sqlite3.connect(inbox.path)) as connection:
        assert connection.execute("select count(*) from searched").fetchone() == (8,)


async def test_bites_are_bounded_and_nothing_new_costs_no_write(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await pay(inbox, tmp_path, f"t{number}")
    monkeypatch.setattr(search, "BITE_SECONDS", 0.0)
    async with Database.open(inbox.path) as database:
        left = [await search.behind(database)]
        while left[-1]:
            await database.write(search.Index())
            left.append(await search.behind(database))
        # Each bite is one thread.
        assert len(left) == 4
        version = (await database.row("pragma data_version"))[0]  # type: ignore[index]
        assert len(await found(inbox, "bob")) == 3
        assert (await database.row("pragma data_version"))[0] == version  # type: ignore[index]


async def test_a_search_finds_at_once_what_it_can_and_the_rest_soon(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await pay(inbox, tmp_path, f"t{number}")
    monkeypatch.setattr("hitl_tui.inbox.listing._CATCH_UP_SECONDS", 0.0)
    assert await found(inbox, "bob") == []
    assert await inbox.catch_up_search(0.0) > 0
    assert await inbox.catch_up_search() == 0
    assert len(await found(inbox, "bob")) == 3


async def test_a_worker_keeps_the_index_up(inbox: Inbox, tmp_path: Path) -> None:
    await pay(inbox, tmp_path, "t1")
    stop = asyncio.Event()
    working = asyncio.create_task(inbox.work(2, stop))
    try:
        await eventually(lambda: _documents(inbox.path) == 1)
        await inbox.start(write(tmp_path, CONTEXT), inputs={"service": "billing"}, thread_id="t2")
        await eventually(lambda: _documents(inbox.path) == 2)
    finally:
        stop.set()
        await working


def _documents(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("select count(*) from searched").fetchone()[0])


async def test_long_and_strange_texts_are_cut_and_never_refused(inbox: Inbox, tmp_path: Path) -> None:
    long = "x" * 1_000_000
    strange = "\x1b[2J\u202e\ud800 [/x] \0 needle"
    file = write(tmp_path, APPROVAL)
    await inbox.start(file, inputs={"amount": 5, "payee": f"first {long} last"}, thread_id="long")
    await inbox.start(file, inputs={"amount": 5, "payee": strange}, thread_id="strange")
    for name in ("long", "strange"):
        await inbox.settled(name)
    assert await found(inbox, "first") == ["long"]
    assert await found(inbox, "needle") == ["strange"]
    with closing(sqlite3.connect(inbox.path)) as connection:
        longest = connection.execute("select max(length(words)) from searched").fetchone()[0]
    assert longest <= search.MOST_LETTERS + 10
