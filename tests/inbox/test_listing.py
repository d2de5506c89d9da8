"""The list page by page: every item once, and cursors that no page gave."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from hitl_tui.errors import UsageError
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import SORTS, Filter, Sort
from tests.inbox.workflow import APPROVAL, write

PARALLEL = """
graph: Parallel
nodes:
  start: {agent: output, prompt: begun, next: [legal, finance]}
  legal: {agent: approval_interaction, prompt: "Legal?", timeout: never}
  finance: {agent: approval_interaction, prompt: "Finance?", timeout: never}
"""


async def test_pages_follow_each_other(tmp_path: Path) -> None:
    file = write(tmp_path, APPROVAL)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        for number in range(7):
            await inbox.start(file, inputs={"amount": number, "payee": "x"}, thread_id=f"t{number}")
            await inbox.settled(f"t{number}")
        seen, cursor = [], None
        while True:
            page = await inbox.list(limit=3, cursor=cursor)
            assert page.total == 7
            seen += [item.thread_id for item in page.items]
            if (cursor := page.next) is None:
                break
        assert seen == [f"t{number}" for number in range(7)]
        key = (await inbox.list(limit=1, offset=4)).items[0].key
        assert await inbox.rank(Filter(), "due", key) == 4


@pytest.mark.parametrize(
    "words",
    [
        "bogus",
        "5",
        "null",
        '["due", "~", "t"]',
        '["due", "~", "t", null]',
        '["due", "~", "t", Infinity]',
        '["due", "~", "t", 9223372036854775808]',
        '["due", -9223372036854775809, "t", 1]',
        '["due", {"a": 1}, "t", 1]',
        '["due", [1], "t", 1]',
        '["due", "~", "\\ud800", 1]',
        "[" * 10_000,
    ],
)
async def test_a_cursor_that_no_page_gave_is_refused(tmp_path: Path, words: str) -> None:
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        with pytest.raises(UsageError, match="not one that"):
            await inbox.list(cursor=base64.urlsafe_b64encode(words.encode()).decode())
        with pytest.raises(UsageError, match="not one that"):
            await inbox.list(cursor=words)


@pytest.mark.parametrize("sort", SORTS)
async def test_parallel_questions_of_a_thread_have_places_of_their_own(tmp_path: Path, sort: Sort) -> None:
    file = write(tmp_path, PARALLEL)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        for thread_id in ("t0", "t1"):
            await inbox.start(file, thread_id=thread_id)
            await inbox.settled(thread_id)
        whole = [item.key for item in (await inbox.list(sort=sort)).items]
        page = await inbox.list(sort=sort, limit=1)
        paged = [page.items[0].key]
        while page.next is not None:
            page = await inbox.list(sort=sort, limit=1, cursor=page.next)
            paged.append(page.items[0].key)
        assert len(whole) == 4
        assert paged == whole
        assert [await inbox.rank(Filter(), sort, key) for key in whole] == [0, 1, 2, 3]
