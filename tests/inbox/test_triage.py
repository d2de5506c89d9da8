"""Snooze, assign, priority, notes and drafts: they order what waits and decide nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.engine import clockwork
from hitl_tui.errors import NothingPending, NotPossible, RequestNotFound, SeveralPending, ThreadNotFound, UsageError
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.inbox.views import NoteView
from hitl_tui.model.jsontext import iso
from tests.engine.workshop import Clock, graph, node, workshop
from tests.inbox.workflow import APPROVAL, write

TWO = """
graph: Two
nodes:
  both: {agent: echo, next: [left, right]}
  left: {agent: approval_interaction, prompt: "Left?", next: end, on_failure: end}
  right: {agent: approval_interaction, prompt: "Right?", next: end, on_failure: end}
  end: {agent: echo}
"""

BROKEN = "right: {agent: failure}"


@pytest.fixture
async def inbox(tmp_path: Path, clock: Clock) -> AsyncIterator[Inbox]:
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api", clock=clock) as made:
        await made.start(write(tmp_path, APPROVAL), inputs={"amount": 5, "payee": "Bob"}, thread_id="t1")
        await made.settled("t1")
        yield made


async def events(inbox: Inbox) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.event, entry.details) for entry in reversed(await inbox.audit("t1"))][2:]


async def waiting(inbox: Inbox, shelf: str = "waiting") -> list[str]:
    return [item.thread_id for item in (await inbox.list(Filter(shelf=shelf))).items]  # type: ignore[arg-type]


async def test_a_snoozed_request_is_out_of_sight_until_its_time(inbox: Inbox, clock: Clock) -> None:
    done = await inbox.snooze("t1", clock.now + timedelta(hours=2))
    assert done.until == clock.now + timedelta(hours=2)
    assert (await waiting(inbox), await waiting(inbox, "snoozed")) == ([], ["t1"])
    assert (await inbox.counts()).waiting == 0 and (await inbox.counts()).snoozed == 1
    clock.now += timedelta(hours=2)
    # Nobody needs to be at work for it to come back; whoever is, tells the others.
    assert (await waiting(inbox), await waiting(inbox, "snoozed")) == (["t1"], [])
    await clockwork.tick(inbox._session.database, iso(clock.now))
    assert (await inbox.thread("t1")).pending[0].snoozed_until is None
    assert await events(inbox) == [("snoozed", {"until": "2026-01-01T02:00:00.000000Z"})]


async def test_a_snoozed_request_can_be_answered_and_taken_back(inbox: Inbox, clock: Clock) -> None:
    await inbox.snooze("t1", clock.now + timedelta(days=1))
    assert (await inbox.snooze("t1", None)).until is None
    assert await waiting(inbox) == ["t1"]
    await inbox.snooze("t1", clock.now + timedelta(days=1))
    await inbox.decide("t1", "approve")
    assert await waiting(inbox, "snoozed") == []
    with pytest.raises(NothingPending, match="nothing to put aside"):
        await inbox.snooze("t1", clock.now + timedelta(days=1))


async def test_a_snooze_ends_while_there_is_time_to_answer(inbox: Inbox, clock: Clock) -> None:
    """An approval is due after 24 hours: it is back after 18."""
    due = (await inbox.thread("t1")).pending[0].due_at
    assert due is not None
    done = await inbox.snooze("t1", clock.now + timedelta(days=30))
    assert done.until == clock.now + (due - clock.now) * 0.75


@pytest.mark.parametrize("hours", [0, -1, 24 * 365 * 11])
async def test_a_snooze_needs_a_time_to_come(inbox: Inbox, clock: Clock, hours: int) -> None:
    with pytest.raises(UsageError, match="is not a time to put something aside until"):
        await inbox.snooze("t1", clock.now + timedelta(hours=hours))


async def test_what_cannot_be_snoozed_is_named(inbox: Inbox, clock: Clock, tmp_path: Path) -> None:
    later = clock.now + timedelta(hours=1)
    with pytest.raises(ThreadNotFound):
        await inbox.snooze("nobody", later)
    with pytest.raises(RequestNotFound):
        await inbox.snooze("t1", later, "r9")
    await inbox.start(write(tmp_path, TWO, "two.yaml"), thread_id="t2")
    view = await inbox.settled("t2")
    with pytest.raises(SeveralPending):
        await inbox.snooze("t2", later)
    await inbox.snooze("t2", later, view.pending[0].request_id)
    assert await waiting(inbox) == ["t1", "t2"]


async def test_a_thread_goes_from_one_to_another(inbox: Inbox) -> None:
    """row 100: the item changes its assignee, the audit shows from and to"""
    assert await inbox.assign("t1", "bob") is None
    assert await inbox.assign("t1", "bob") == "bob"
    assert await inbox.assign("t1", "lead", escalate=True) == "bob"
    assert (await inbox.list()).items[0].assignee == "lead"
    assert await inbox.assign("t1", None) == "lead"
    assert await events(inbox) == [
        ("assigned", {"from": None, "to": "bob"}),
        ("escalated", {"from": "bob", "to": "lead"}),
        ("unassigned", {"from": "lead", "to": None}),
    ]
    for nobody in ("", "system", "a\nb", "x" * 101):
        with pytest.raises(UsageError, match="cannot be given a thread"):
            await inbox.assign("t1", nobody)
    for word, remedy in (("me", "`hitl assign t1` gives"), (" Nobody ", "`hitl assign t1 --nobody` takes")):
        with pytest.raises(UsageError, match="cannot be given a thread") as refused:
            await inbox.assign("t1", word)
        assert remedy in refused.value.hint, "a saved view means something else by it"
    await inbox.cancel("t1")
    with pytest.raises(NotPossible, match="is cancelled"):
        await inbox.assign("t1", "bob")


@pytest.mark.parametrize("name", ["me", "Nobody"])
async def test_who_cannot_be_given_a_thread_is_told_to_act_under_another_name(tmp_path: Path, name: str) -> None:
    """`hitl assign THREAD`, the remedy for others, is what was refused."""
    async with Inbox.open(tmp_path / "hitl.db", actor=name, via="api") as inbox:
        with pytest.raises(UsageError, match="cannot be given a thread") as refused:
            await inbox.assign("t1", name)
    assert "another one by --actor or HITL_ACTOR" in refused.value.hint


async def test_the_more_urgent_comes_first(inbox: Inbox, tmp_path: Path) -> None:
    await inbox.start(write(tmp_path, APPROVAL), inputs={"amount": 6, "payee": "Cy"}, thread_id="t2")
    await inbox.settled("t2")
    await inbox.prioritise("t2", 5)
    page = await inbox.list(sort="priority")
    assert [(item.thread_id, item.priority) for item in page.items] == [("t2", 5), ("t1", 0)]
    with pytest.raises(UsageError, match="10 is not a priority"):
        await inbox.prioritise("t2", 10)


async def test_what_a_thread_asks_is_as_urgent_as_it_was_made_while_it_ran(tmp_path: Path) -> None:
    async def acts(inputs: dict[str, Any]) -> None:
        await shop.inbox.prioritise("t1", 7)

    async with workshop(tmp_path, acts=acts) as shop:
        await shop.start(graph(node("a", "acts", on_success="b"), node("b", "approval_interaction")))
        assert (await shop.run()).status == "paused"
        assert [item.priority for item in (await shop.inbox.list()).items] == [7]


async def test_notes_stay_in_their_order(inbox: Inbox, clock: Clock) -> None:
    await inbox.note("t1", " ask Bob first\n")
    await inbox.note("t1", "he says yes \ud800")
    assert await inbox.notes("t1") == [
        NoteView(clock.now, "ann", "ask Bob first"),
        NoteView(clock.now, "ann", "he says yes ?"),
    ]
    assert await events(inbox) == [("noted", {"length": 13}), ("noted", {"length": 13})]
    for text, remedy in (("  ", "write what is to be known"), ("x" * 20_001, "write it shorter")):
        with pytest.raises(UsageError, match="a note has 1 to 20000 characters") as refused:
            await inbox.note("t1", text)
        assert refused.value.hint == remedy
    with pytest.raises(ThreadNotFound):
        await inbox.note("nobody", "x")


async def test_a_note_makes_no_ended_thread_younger(inbox: Inbox, clock: Clock) -> None:
    """What is kept of it goes when that is due, counted from its end."""
    await inbox.decide("t1", "approve")
    ended = (await inbox.settled("t1")).updated_at
    clock.advance(days=31)
    await inbox.note("t1", "for the auditors")
    assert (await inbox.thread("t1")).updated_at == ended
    assert (await inbox.prune(timedelta(days=30))).threads == 1


async def test_a_draft_outlives_the_process_and_not_the_request(inbox: Inbox, clock: Clock, tmp_path: Path) -> None:
    request_id = (await inbox.thread("t1")).pending[0].request_id
    assert await inbox.draft(request_id) is None
    await inbox.save_draft(request_id, {"text": "half \ud800"})
    async with Inbox.open(inbox.path, actor="ann", via="tui", clock=clock) as again:
        assert await again.draft(request_id) == {"text": "half \ud800"}
    await inbox.decide("t1", "approve")
    await inbox.settled("t1")
    clock.now += timedelta(days=1)
    await inbox.prune(timedelta(hours=1))
    assert await inbox.draft(request_id) is None


async def test_each_reviewer_has_a_draft_of_their_own(inbox: Inbox) -> None:
    request_id = (await inbox.thread("t1")).pending[0].request_id
    await inbox.save_draft(request_id, "pay only half")
    async with Inbox.open(inbox.path, actor="bob", via="tui") as bobs:
        assert await bobs.draft(request_id) is None
        await bobs.save_draft(request_id, "pay all")
        assert await inbox.draft(request_id) == "pay only half"
        await inbox.save_draft(request_id, None)
        assert await inbox.draft(request_id) is None
        assert await bobs.draft(request_id) == "pay all"


async def test_what_is_overdue_is_not_put_aside(inbox: Inbox, clock: Clock) -> None:
    """Its timeout policy applies as soon as somebody sweeps, so there is no time left to put it aside for."""
    clock.now += timedelta(days=2)
    with pytest.raises(NotPossible, match="the time to answer the request at '.*' was over at 2026-01-02"):
        await inbox.snooze("t1", clock.now + timedelta(hours=1))


@pytest.mark.parametrize("held", [False, True], ids=["open", "held"])
async def test_a_failed_thread_that_still_asks_can_be_given_away(tmp_path: Path, clock: Clock, *, held: bool) -> None:
    """Also within the undo window of its answer: then it may ask again."""
    flow = TWO.replace('right: {agent: approval_interaction, prompt: "Right?", next: end, on_failure: end}', BROKEN)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api", clock=clock) as made:
        await made.start(write(tmp_path, flow), thread_id="t1")
        view = await made.settled("t1")
        assert (view.status, len(view.pending)) == ("failed", 1)
        if held:
            await made.decide("t1", "approve", hold=300)
        await made.assign("t1", "bob")
        await made.prioritise("t1", 3)
        view = await made.thread("t1")
        assert (view.assignee, view.priority) == ("bob", 3)
        clock.now += timedelta(seconds=200)
        assert (await made.prune(timedelta(seconds=100), threads=True)).threads == 0
        await made.cancel("t1")
        with pytest.raises(NotPossible, match="there is nothing to cancel"):
            await made.cancel("t1")
