"""Triage by keys: marks, batches, snooze, assignment, priority, notes, filters (rows 93, 100, 101)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hitl_tui.inbox.filters import Filter
from hitl_tui.inbox.views import Item
from hitl_tui.tui.moments import moment_of, wrong_moment
from hitl_tui.tui.screens.confirm import ConfirmScreen
from hitl_tui.tui.screens.filters import FilterScreen, choices, ticked, toggled
from hitl_tui.tui.screens.inbox import InboxScreen
from hitl_tui.tui.screens.line_prompt import LinePrompt
from hitl_tui.tui.triage import batch_question
from tests.tui.threads import agree, ask, listed, on_screen, opened, painted
from tests.waiting import eventually

NAMES = ("t1", "t2", "t3")


async def test_marked_approvals_are_decided_together_after_one_question(tmp_path: Path) -> None:
    """row 93: three are marked and approved; each has its own decision and its own audit row"""
    async with opened(tmp_path / "hitl.db", undo_seconds=60) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, *NAMES)
        await listed(screen, 3)
        await pilot.press("space", "space", "space")
        assert len(screen.inbox_list.marks) == 3
        await pilot.pause()
        assert any("✓ 3 marked" in line for line in painted(pilot))
        await pilot.press("a")
        await eventually(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert any("Approve 3 requests?" in line for line in painted(pilot))
        assert any("t1, t2, t3" in line for line in painted(pilot))
        await agree(pilot)
        await listed(screen, 0)
        decided = [entry for entry in await inbox.audit(limit=50) if entry.event == "decided"]
        assert sorted(entry.thread_id for entry in decided) == list(NAMES)
        assert all(entry.via == "tui" for entry in decided)
        assert len(screen.inbox_list.marks) == 0
        await pilot.press("u")
        await listed(screen, 3)


async def test_a_yes_that_was_typed_ahead_is_none(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1")
        await listed(screen, 1)
        await pilot.press("x", "y")
        await eventually(lambda: any("press y again" in line for line in painted(pilot)))
        assert (await inbox.thread("t1")).status == "paused"
        await agree(pilot)
        await listed(screen, 0)


async def test_a_batch_can_be_left_and_rejected_with_one_reason(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", undo_seconds=0) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, *NAMES)
        await ask(inbox, tmp_path, "t4", kind="edit")
        await listed(screen, 4)
        await pilot.press("asterisk")
        await eventually(lambda: len(screen.inbox_list.marks) == 4)
        await pilot.press("a")
        await eventually(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert any("1 marked item is no plain approval" in line for line in painted(pilot))
        await pilot.press("n")
        assert len((await inbox.list(Filter(shelf="waiting"))).items) == 4
        await pilot.press("r")
        await eventually(lambda: isinstance(pilot.app.screen, LinePrompt))
        await pilot.press(*"no", "enter")
        await listed(screen, 1)
        for name in NAMES:
            (step,) = [step for step in await inbox.history(name) if step.decision]
            assert step.decision is not None
            assert (step.decision.action, step.decision.data) == ("reject", {"reason": "no"})


async def test_a_marked_request_that_changed_or_is_taken_is_not_decided(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", undo_seconds=0) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, *NAMES)
        await listed(screen, 3)
        await pilot.press("v", "G", "v")
        assert len(screen.inbox_list.marks) == 3
        await pilot.press("a")
        await eventually(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await inbox.decide("t2", "reject")
        await agree(pilot)
        await eventually(lambda: "approved 2 of 3; not 1: t2" in screen.footer.notice)
        (step,) = [step for step in await inbox.history("t2") if step.decision]
        assert step.decision is not None and step.decision.action == "reject"


async def test_a_mark_leaves_with_its_request(tmp_path: Path) -> None:
    """What somebody else answered meanwhile is not acted on, nor what its thread asks next."""
    async with opened(tmp_path / "hitl.db", undo_seconds=0) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, *NAMES, kind="conversation")
        await listed(screen, 3)
        await pilot.press("space", "space")
        await inbox.decide("t2", "respond", {"message": "well"})
        await inbox.settled("t2")
        await eventually(lambda: screen.footer.notice == "no longer listed, nor marked: t2")
        assert [item.thread_id for item in screen.inbox_list.marks.items] == ["t1"]
        await pilot.press("p")
        await eventually(lambda: isinstance(pilot.app.screen, LinePrompt))
        await inbox.decide("t1", "respond", {"message": "well"})
        await inbox.settled("t1")
        await pilot.press("7", "enter")
        await eventually(lambda: "Thread 't1' has gone on since it was listed" in screen.footer.notice)
        assert [(await inbox.thread(name)).priority for name in NAMES] == [0, 0, 0]


async def test_what_was_acted_on_meanwhile_is_not_said_to_have_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lost its mark, and left the list, while this was looked up."""
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", "t2")
        await listed(screen, 2)
        await pilot.press("space", "space")
        first, _ = screen.inbox_list.marks.items

        async def listed_then(_: object) -> set[str]:
            screen.inbox_list.unmark([first])
            return set()

        monkeypatch.setattr(screen.inbox_list, "_listed", listed_then)
        await screen.inbox_list.forget_gone()
        await eventually(lambda: screen.footer.notice == "no longer listed, nor marked: t2")


async def test_marks_outlast_a_search(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, *NAMES)
        await listed(screen, 3)
        await pilot.press("space", "space", "slash", *"t3", "enter")
        await listed(screen, 1)
        await pilot.press("A")
        await eventually(on_screen(pilot, "t1, t2"))
        await pilot.press("escape", "asterisk")
        await eventually(lambda: not screen.inbox_list.marks)


async def test_snooze_assign_priority_and_note_by_keys(tmp_path: Path) -> None:
    """row 100"""
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", "t2")
        await listed(screen, 2)
        await pilot.press("z")
        await eventually(lambda: isinstance(pilot.app.screen, LinePrompt))
        await pilot.press(*"soon", "enter")
        assert any("is no time" in line for line in painted(pilot))
        await pilot.press(*["backspace"] * 4, *"2h", "enter")
        await listed(screen, 1)
        assert screen.footer.notice.startswith("put aside t1 until")
        await pilot.press("f", "f")
        await eventually(lambda: screen.inbox_list.which.shelf == "snoozed")
        await listed(screen, 1)
        await pilot.press("z")
        await listed(screen, 0)
        await pilot.press(*["f"] * 4)
        await listed(screen, 2)
        await pilot.press("c")
        await eventually(lambda: screen.footer.notice == "assigned t1 to ann")
        await pilot.press("E")
        await eventually(lambda: isinstance(pilot.app.screen, LinePrompt))
        await pilot.press(*"lead", "enter")
        await eventually(lambda: screen.footer.notice == "escalated t1 to lead")
        await pilot.press("p")
        await eventually(lambda: isinstance(pilot.app.screen, LinePrompt))
        await pilot.press(*"99", "enter")
        assert any("a whole number, -9 to 9" in line for line in painted(pilot))
        await pilot.press("backspace", "backspace", "7", "enter")
        await eventually(lambda: screen.footer.notice == "priority 7 for t1")
        await pilot.press("N")
        await eventually(lambda: isinstance(pilot.app.screen, LinePrompt))
        await pilot.press(*"ask-bob", "enter")
        await eventually(lambda: screen.footer.notice == "noted on t1")
        assert [note.text for note in await inbox.notes("t1")] == ["ask-bob"]
        await eventually(lambda: any("ann, <1m ago: ask-bob" in line for line in painted(pilot)))
        assert any("assigned to lead · priority 7" in line for line in painted(pilot))
        view = await inbox.thread("t1")
        assert (view.assignee, view.priority) == ("lead", 7)
        events = [entry.event for entry in reversed(await inbox.audit("t1", limit=50))]
        assert events[-6:] == ["snoozed", "unsnoozed", "assigned", "escalated", "prioritised", "noted"]


async def test_a_filter_is_ticked_shown_as_a_chip_and_left_again(tmp_path: Path) -> None:
    """row 101"""
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1")
        await ask(inbox, tmp_path, "t2", kind="high")
        await ask(inbox, tmp_path, "t3", kind="edit")
        await listed(screen, 3)
        await pilot.press("l")
        await eventually(lambda: isinstance(pilot.app.screen, FilterScreen))
        await pilot.press("j", "space", "enter")
        await listed(screen, 1)
        assert any("type:edit" in line for line in painted(pilot))
        await pilot.press("l")
        await eventually(lambda: isinstance(pilot.app.screen, FilterScreen))
        await pilot.press("c", *["j"] * 5, "space", "enter")
        await eventually(lambda: screen.inbox_list.which == Filter(shelf="waiting", risks=("high",)))
        await listed(screen, 1)
        await pilot.press("c", "l", "c", "enter")
        await listed(screen, 3)
        await pilot.press("L")
        assert "is shown already" in screen.footer.notice


async def test_copies_and_jumps(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, *NAMES)
        await listed(screen, 3)
        await pilot.press("G", "y")
        assert (pilot.app.clipboard, screen.footer.notice) == ("t3", "copied t3")
        await pilot.press("Y")
        await eventually(lambda: '"prompt": "Go ahead?"' in pilot.app.clipboard)
        await pilot.press("O")
        await eventually(lambda: screen.footer.notice == "the oldest: t1")
        assert screen.inbox_list.selected is not None and screen.inbox_list.selected.thread_id == "t1"


NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)  # a Thursday


@pytest.mark.parametrize(
    ("text", "ahead"), [("30m", timedelta(minutes=30)), ("2h", timedelta(hours=2)), (" 1d ", timedelta(days=1))]
)
def test_lengths_of_time(text: str, ahead: timedelta) -> None:
    assert moment_of(text, NOW) == NOW + ahead


@pytest.mark.parametrize("text", ["0:00", "23:59", "tomorrow", "mon", "thursday", "Sunday"])
def test_hours_and_days_are_the_next_ones(text: str) -> None:
    moment = moment_of(text, NOW)
    assert NOW < moment <= NOW + timedelta(days=7, hours=24)
    assert not wrong_moment(text, NOW)


@pytest.mark.parametrize("text", ["", "soon", "24:00", "t", "-1h", "1e9d"])
def test_no_time(text: str) -> None:
    assert "write 30m, 4h, 2d, 14:30, tomorrow or monday" in wrong_moment(text, NOW)


def test_filters_are_pure() -> None:
    lines = choices("ann", ["Gate", "[red]"])
    which = Filter(shelf="waiting")
    for line in lines:
        which = toggled(line, which)
    assert which.types == ("approval", "edit", "choice", "text_input", "conversation")
    assert which.assignees == ("",), "one of them only"
    assert which.older_than == timedelta(weeks=1)
    assert which.graphs == ("Gate", "[red]")
    for line in reversed(lines):
        which = toggled(line, which) if ticked(line, which) else which
    assert which == Filter(shelf="waiting")


def test_the_question_names_ids_and_risk() -> None:
    items = [
        Item(f"t{n}", "G", "paused", NOW, NOW, request_id=f"r{n}", risk="financial" if n == 3 else None)
        for n in range(9)
    ]
    question, notes = batch_question("approve", items, 2)
    assert question == "Approve 9 requests?"
    assert "t0, t1, t2, t3, t4, t5 and 3 more" in notes
    assert "1 of them carries a risk" in notes
    assert "2 marked items are no plain approvals and are left as they are" in notes
    assert len(notes.split("\n")) == 3
    assert len(batch_question("approve", [replace(items[0], thread_id="t0\nYes: all of them")], 0)[1].split("\n")) == 1


async def test_putting_aside_says_when_it_really_comes_back(tmp_path: Path) -> None:
    """A deadline comes first: nobody is told of a Monday when it is due tomorrow."""
    async with opened(tmp_path / "hitl.db", size=(160, 30)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1")
        await listed(screen, 1)
        await pilot.press("z")
        await eventually(lambda: isinstance(pilot.app.screen, LinePrompt))
        await pilot.press(*"9d", "enter")
        await listed(screen, 0)
        await eventually(lambda: ": its deadline is before " in screen.footer.notice)
        until = (await inbox.list(Filter(shelf="snoozed"))).items[0].snoozed_until
        assert until is not None
        assert screen.footer.notice.startswith(f"put aside t1 until {until.astimezone():%a %H:%M}")


async def test_the_question_before_a_batch_has_a_line_for_each_note(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", kind="high")
        await ask(inbox, tmp_path, "t2", kind="edit")
        await listed(screen, 2)
        await pilot.press("asterisk", "a")
        await eventually(on_screen(pilot, "▲ 1 of them carries a risk."))
        lines = [line.strip(" │✓▌") for line in painted(pilot)]
        assert any(line.startswith("1 marked item is no plain approval") for line in lines)
        assert not any("␊" in line for line in lines)


async def test_what_is_half_written_outlives_the_program(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", "t2", kind="text_input")
        await listed(screen, 2)
        await pilot.press("enter", *"half")
        await pilot.press("escape", "q")
        await eventually(lambda: not pilot.app.is_running)
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await listed(screen, 2)
        await pilot.press("enter")
        await eventually(lambda: any("half" in line for line in painted(pilot)))
        await pilot.press(*" done", "ctrl+s")
        await listed(screen, 1)
        (step,) = [step for step in await inbox.history("t1") if step.decision]
        assert step.decision is not None and step.decision.data == {"text": "half done"}


@pytest.mark.parametrize("kind", ["text_input", "approval"])
async def test_what_is_half_written_is_stored_while_it_is_written(tmp_path: Path, kind: str) -> None:
    """No kill -9 takes it along: nobody leaves the item, nobody quits."""
    async with opened(tmp_path / "hitl.db", size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1", kind=kind)
        await listed(screen, 1)
        (request,) = (await inbox.thread("t1")).pending
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        await pilot.press(*("r" if kind == "approval" else ""), *"half")

        async def stored() -> bool:
            return (await inbox.draft(request.request_id) or {}).get("draft") == "half"

        await eventually(stored)


async def test_a_thread_is_forked_by_a_key(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1")
        await inbox.decide("t1", "approve")
        await inbox.settled("t1", 20)
        await screen.shelves.show("done", "due")
        await listed_only(screen, 1)
        await pilot.press("F")
        await eventually(lambda: isinstance(pilot.app.screen, LinePrompt))
        await pilot.press(*"9", "enter")
        assert any("one of 1 to 2" in line for line in painted(pilot))
        await pilot.press("backspace", *"1", "enter")
        await eventually(lambda: screen.footer.notice.startswith("started gate-"))
        threads = (await inbox.list()).items
        assert len(threads) == 2


async def listed_only(screen: InboxScreen, rows: int) -> None:
    await eventually(lambda: screen.inbox_list.total == rows)


async def test_a_decision_right_after_mark_all_is_about_all(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, *NAMES)
        await listed(screen, 3)
        await pilot.press("asterisk", "a")
        await eventually(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert any("Approve 3 requests?" in line for line in painted(pilot))


async def test_nothing_is_decided_where_the_question_cannot_be_read(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", size=(20, 5)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1")
        await listed(screen, 1)
        await pilot.press("enter", "a")
        await eventually(lambda: "too small to read it" in screen.footer.notice)
        await pilot.press("escape", "x")
        await eventually(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        confirm = pilot.app.screen
        await eventually(lambda: isinstance(confirm, ConfirmScreen) and not confirm.settles)
        await pilot.press("y")
        assert pilot.app.screen is confirm
        assert (await inbox.thread("t1")).status == "paused"
        await pilot.press("n")
        await pilot.resize_terminal(80, 24)
        await pilot.press("enter", "a")
        await listed(screen, 0)


async def test_nothing_is_rejected_where_the_question_cannot_be_read_any_more(tmp_path: Path) -> None:
    """The terminal became too small while the reason was written."""
    async with opened(tmp_path / "hitl.db", undo_seconds=0) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "t1")
        await listed(screen, 1)
        await pilot.press("space", "r")
        await eventually(lambda: isinstance(pilot.app.screen, LinePrompt))
        await pilot.resize_terminal(20, 5)
        await pilot.press(*"no", "enter")
        await eventually(lambda: "too small to read it" in screen.footer.notice)
        assert (await inbox.thread("t1")).pending[0].status == "pending"
        assert len(screen.inbox_list.marks) == 1
