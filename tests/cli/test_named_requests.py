"""Commands by the name that an agent gave one of its requests, such as a batch's (row 87)."""

from __future__ import annotations

import asyncio
import io
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Hitl
from tests.engine.workshop import graph, node, workshop
from tests.spec.printed.batch import BatchInteractionAgent


@pytest.fixture
def batches(hitl: Hitl, tmp_path: Path) -> Hitl:
    """The command line where the thread `t1` asks about two batches."""

    async def prepare() -> None:
        async with workshop(tmp_path, batches=BatchInteractionAgent) as shop:
            await shop.start(graph(node("review", "batches", inputs="items")), items=list(range(6)))
            await shop.run()

    asyncio.run(prepare())
    return hitl


def test_prompt_answers_the_batch_that_was_named_and_no_other(batches: Hitl, monkeypatch: pytest.MonkeyPatch) -> None:
    """row 87"""
    first, _ = batches.quick("show", "t1", "--json").json["pending"]

    def typed(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1\n1\n")))
        ended = batches.quick("prompt", *words)
        return ended.code, ended.out + ended.err

    assert typed("t1_batch_1", "--request", first["request_id"])[0] == 3
    code, said = typed("t1_batch_1")
    assert (code, said.count("chose for")) == (0, 1) and "chose for Test · review_batch_1" in said
    assert [each["node"] for each in batches.quick("show", "t1", "--json").json["pending"]] == ["review_batch_0"]
    code, said = typed("t1_batch_1")
    assert code == 4 and "no answer by that name" in said


@pytest.mark.parametrize(
    "words", ["assign NAME bea", "priority NAME 3", "cancel NAME", "audit NAME", "fork NAME --at 1"]
)
def test_what_is_for_whole_threads_says_what_the_name_is(batches: Hitl, words: str) -> None:
    ended = batches.quick(*words.replace("NAME", "t1_batch_1").split())
    assert ended.code == 3
    assert "the name of one request of thread 't1'" in ended.err
    view = batches.quick("show", "t1", "--json").json
    assert (view["status"], len(view["pending"])) == ("paused", 2)


def test_notes_and_history_are_those_of_the_thread(batches: Hitl) -> None:
    batches.quick("note", "t1", "look twice")
    left = batches.quick("note", "t1_batch_1", "really", "--json").json
    assert (left["thread_id"], [note["text"] for note in left["notes"]]) == ("t1", ["look twice", "really"])
    assert batches.quick("history", "t1_batch_1", "--json").json["thread_id"] == "t1"


def test_how_to_put_a_batch_aside_works_as_it_is_printed(batches: Hitl) -> None:
    """row 92: with several batches open it must say which"""
    first, second = (each["request_id"] for each in batches.quick("show", "t1", "--json").json["pending"])
    several = batches.quick("snooze", "t1", "1h")
    assert several.code == 2
    assert f"{first} (review_batch_0), {second} (review_batch_1)" in several.err
    later = batches.quick("resume", "t1", "choose", "--request", second, "--data", '{"choice": 4}', "--json")
    command = later.error["hint"].split("`")[1]
    assert batches.quick(*shlex.split(command)[1:]).out.startswith("t1 · review_batch_1: put aside")
