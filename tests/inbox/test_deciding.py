"""The one decision path (rows 6, 11, 57, 58, 173)."""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path

import pytest

from hitl_tui.errors import (
    ActionNotAllowed,
    AlreadyDecided,
    InvalidData,
    NothingPending,
    RequestNotFound,
    SeveralPending,
    Stale,
    ThreadNotFound,
    UsageError,
)
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.session import utc_now
from hitl_tui.model import schema_keywords
from hitl_tui.model.interaction import HumanInteractionRequest
from tests.engine.workshop import graph, node, workshop
from tests.inbox.workflow import APPROVAL, write
from tests.spec.printed.batch import BatchInteractionAgent


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as made:
        await made.start(write(tmp_path, APPROVAL), inputs={"amount": 5, "payee": "Bob"}, thread_id="t1")
        await made.settled("t1")
        yield made


async def test_unknown_thread_and_request(inbox: Inbox) -> None:
    """row 57: exact text"""
    with pytest.raises(ValueError, match=r"(?m)^Thread 'nobody' not found$"):
        await inbox.decide("nobody", "approve")
    with pytest.raises(ThreadNotFound):
        await inbox.thread("nobody")
    with pytest.raises(RequestNotFound, match="has no request 'r9'"):
        await inbox.decide("t1", "approve", request_id="r9")


async def test_nothing_is_stored_unless_every_check_passes(inbox: Inbox) -> None:
    """rows 6 and 56"""
    before = await inbox.thread("t1")
    with pytest.raises(ActionNotAllowed, match="allowed: approve, reject"):
        await inbox.decide("t1", "choose", {"choice": 1})
    with pytest.raises(InvalidData, match="reason"):
        await inbox.decide("t1", "reject", {"reason": 5})
    with pytest.raises(Stale):
        await inbox.decide("t1", "approve", expect="0" * 64)
    assert await inbox.thread("t1") == before
    rows = await inbox._session.database.rows("select * from response")
    assert rows == []


async def test_the_traceback_of_a_refusal_shows_no_request(inbox: Inbox) -> None:
    """row 6: the context may have secrets"""
    context = {"original_content": "x", "password": "hunter2"}
    thread_id = await inbox.documents.post(
        HumanInteractionRequest(thread_id="e", node_name="g", interaction_type="edit", prompt="?", context=context)
    )
    await inbox.settled(thread_id)
    with pytest.raises(InvalidData, match="requires 'edited'") as caught:
        await inbox.decide(thread_id, "edit", {"wrong": 1})
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


async def test_a_check_that_takes_too_long_stores_nothing(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = {"properties": {"text": {"pattern": "^(a|aa)+$"}}}
    thread_id = await inbox.documents.post(
        HumanInteractionRequest(
            thread_id="e", node_name="g", interaction_type="text_input", prompt="?", response_schema=schema
        )
    )
    await inbox.settled(thread_id)
    monkeypatch.setattr(schema_keywords, "BUDGET", 0.02)
    with pytest.raises(InvalidData, match="text: the check of this answer .* takes more than"):
        await inbox.decide(thread_id, "respond", {"text": "a" * 60 + "!"})
    assert await inbox._session.database.rows("select * from response") == []
    monkeypatch.undo()
    assert (await inbox.decide(thread_id, "respond", {"text": "aa"})).status == "answered"


async def test_the_shown_digest_is_accepted(inbox: Inbox) -> None:
    view = await inbox.thread("t1")
    decided = await inbox.decide("t1", "approve", expect=view.pending[0].digest)
    assert (decided.node, decided.action, decided.status) == ("gate", "approve", "answered")


async def test_answering_twice_says_who_what_and_when(inbox: Inbox) -> None:
    """row 173"""
    request_id = (await inbox.thread("t1")).pending[0].request_id
    await inbox.decide("t1", "reject", {"reason": "no"})
    for which in ({}, {"request_id": request_id}):
        with pytest.raises(AlreadyDecided, match=r"already decided: reject by ann at 20..-..-..T.*Z") as caught:
            await inbox.decide("t1", "approve", **which)
        assert caught.value.details["actor"] == "ann"
    assert (await inbox.settled("t1")).state["result"] == "refused: no"


TWO_GATES = """
graph: Two
nodes:
  first: {agent: approval_interaction, prompt: "Look at it?", output: x, next: second}
  second: {agent: approval_interaction, prompt: "Delete it?", output: y}
"""


async def test_what_was_asked_after_a_decider_began_is_not_theirs(inbox: Inbox, tmp_path: Path) -> None:
    """row 173: without the name of a request it is the one that they knew of, never what the thread asks next"""
    path = write(tmp_path, TWO_GATES)
    before = utc_now()
    await inbox.start(path, thread_id="w")
    await inbox.settled("w")
    with pytest.raises(NothingPending, match="What thread 'w' asks now was asked after this began"):
        await inbox.decide("w", "approve", asked_by=before)
    began = utc_now()
    await inbox.decide("w", "approve")
    assert (await inbox.settled("w")).pending[0].node == "second"
    with pytest.raises(AlreadyDecided, match="the request at 'first' was already decided: approve by ann") as caught:
        await inbox.decide("w", "approve", asked_by=began)
    assert caught.value.hint == "the thread asks something else since: `hitl show w`"
    assert (await inbox.thread("w")).pending[0].status == "pending"
    assert (await inbox.decide("w", "approve")).node == "second"


async def test_who_does_not_say_when_they_began_did_so_before_they_waited(tmp_path: Path) -> None:
    """row 173: what the thread asks meanwhile is not theirs"""
    async with workshop(tmp_path) as shop:
        began = shop.clock()
        shop.clock.advance(seconds=1)
        await shop.start(graph(node("gate", "approval_interaction")))
        await shop.run()
        moments = chain([began], repeat(shop.clock()))
        late = Inbox(replace(shop.session, clock=lambda: next(moments)))
        with pytest.raises(NothingPending, match="was asked after this began"):
            await late.decide("t1", "approve")
        assert (await late.decide("t1", "approve")).node == "gate"


async def test_a_request_by_a_name_of_its_own_is_not_theirs_either_who_began_before(tmp_path: Path) -> None:
    """rows 87 and 173"""
    async with workshop(tmp_path, batches=BatchInteractionAgent) as shop:
        began = shop.clock()
        shop.clock.advance(seconds=1)
        await shop.start(graph(node("review", "batches", inputs="items")), items=[1])
        await shop.run()
        with pytest.raises(NothingPending, match="was asked after this began"):
            await shop.inbox.decide("t1_batch_0", "choose", {"choice": 1}, asked_by=began)
        await shop.inbox.decide("t1_batch_0", "choose", {"choice": 1}, asked_by=shop.clock())


async def test_a_later_one_of_several_is_not_counted(inbox: Inbox, tmp_path: Path) -> None:
    """row 173: of two open ones who names none means the one that they knew of"""
    both = """
graph: Both
nodes:
  go: {agent: echo, inputs: file, output: copied, next: [one, two]}
  one: {agent: approval_interaction, inputs: file, prompt: "Delete {file}?"}
  two: {agent: approval_interaction, inputs: copied, prompt: "Delete {copied}?"}
"""
    before = utc_now()
    await inbox.start(write(tmp_path, both), inputs={"file": "a"}, thread_id="w")
    asked = {request.node: request.request_id for request in (await inbox.settled("w")).pending}
    with pytest.raises(SeveralPending):
        await inbox.decide("w", "approve")
    with pytest.raises(NothingPending, match="was asked after this began"):
        await inbox.decide("w", "approve", asked_by=before)
    began = utc_now()
    await inbox.set_state("w", {"file": "b"})
    await inbox.decide("w", "approve", request_id=asked["one"])
    assert len((await inbox.settled("w")).pending) == 2
    assert (await inbox.decide("w", "approve", asked_by=began)).request_id == asked["two"]


async def test_an_answer_that_is_not_used_was_given_all_the_same(inbox: Inbox) -> None:
    """row 173: who comes second is told of it, and not of a decision before it or that nothing was asked"""
    await inbox.set_state("t1", {"amount": 6})
    began = utc_now()
    await inbox.decide("t1", "reject", {"reason": "too much"})
    (asked,) = (await inbox.settled("t1")).pending
    assert asked.instead_of is not None
    with pytest.raises(AlreadyDecided, match="already decided: reject by ann"):
        await inbox.decide("t1", "approve", asked_by=began)


async def test_a_clock_that_is_set_back_hides_no_request(tmp_path: Path) -> None:
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        await inbox.start(write(tmp_path, TWO_GATES), thread_id="w")
        await inbox.settled("w")
    yesterday = utc_now() - timedelta(days=1)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api", clock=lambda: yesterday) as inbox:
        assert (await inbox.decide("w", "approve")).node == "first"


async def test_nothing_pending(inbox: Inbox, tmp_path: Path) -> None:
    await inbox.start(tmp_path / "flow.yaml", inputs={"amount": 1, "payee": "Eve"}, thread_id="t2")
    with pytest.raises(NothingPending, match="is ready and waits for no answer"):
        await inbox.decide("t2", "approve")


async def test_racing_deciders_have_one_winner(inbox: Inbox) -> None:
    """row 173: 50 at once, one execution"""
    results = await asyncio.gather(
        *(inbox.decide("t1", "approve" if number % 2 else "reject") for number in range(50)), return_exceptions=True
    )
    winners = [result for result in results if not isinstance(result, Exception)]
    assert len(winners) == 1
    assert all(isinstance(result, AlreadyDecided) for result in results if result not in winners)
    audit = await inbox._session.database.rows("select * from audit where event = 'decided'")
    assert len(audit) == 1
    assert (await inbox.settled("t1")).status == "completed"
    ran = [step.node for step in await inbox.history("t1")]
    assert ran in (["gate", "paid"], ["gate", "refused"])


@pytest.mark.parametrize("data", ["{}", '{"choice": 9}'])
async def test_a_history_is_shown_though_an_answer_in_it_chooses_nothing(inbox: Inbox, data: str) -> None:
    request = HumanInteractionRequest(
        thread_id="c", node_name="pick", interaction_type="choice", prompt="?", options=["a", "b"]
    )
    thread_id = await inbox.documents.post(request)
    await inbox.settled(thread_id)
    await inbox.decide(thread_id, "choose", {"choice": 1})
    await inbox._session.database.write(
        lambda connection: connection.execute("update response set data = ?", (data,)).rowcount
    )
    decisions = [decision for step in await inbox.history(thread_id) for decision in step.decisions]
    assert [(decision.action, decision.chosen) for decision in decisions] == [("choose", ())]


RACE = """
import asyncio, sys
from pathlib import Path
from hitl_tui.errors import AlreadyDecided
from hitl_tui.inbox import Inbox

async def main():
    async with Inbox.open(Path(sys.argv[1]), actor=sys.argv[2], via="api") as inbox:
        sys.stdin.readline()
        try:
            await inbox.decide("t1", "approve")
            print("won")
        except AlreadyDecided as error:
            print("lost to", error.details["actor"])

asyncio.run(main())
"""


async def test_racing_processes_have_one_winner(inbox: Inbox) -> None:
    """row 173"""
    names = ["bea", "cem", "dov"]
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", RACE, str(inbox.path), name,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )
        for name in names
    ]  # fmt: skip
    outputs = await asyncio.gather(*(racer.communicate(b"go\n") for racer in racers))
    said = [output.decode().strip() for output, _ in outputs]
    winner = names[said.index("won")]
    assert sorted(said) == sorted(["won", *[f"lost to {winner}"] * 2])


async def test_system_is_nobodys_name(tmp_path: Path) -> None:
    for name in ("system", " System "):
        with pytest.raises(UsageError, match="nobody may act as 'system'"):
            async with Inbox.open(tmp_path / "x.db", actor=name, via="api"):
                pass


async def test_audit_has_no_values(inbox: Inbox) -> None:
    """Names of the data's keys only: a value may be a secret."""
    await inbox.decide("t1", "reject", {"reason": "hunter2", "token": "s3cret"})
    rows = await inbox._session.database.rows("select * from audit where event = 'decided'")
    assert json.loads(rows[0]["details"]) == {"node": "gate", "action": "reject", "data_keys": ["reason", "token"]}
    assert (rows[0]["actor"], rows[0]["via"]) == ("ann", "api")
    assert "s3cret" not in str([tuple(row) for row in rows])
