"""What a reviewer must be able to read before deciding: every value, the time that is left, what is at risk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from textual import events

from hitl_tui.inbox import Inbox
from hitl_tui.model.risk import CLASSES
from tests.tui.request_samples import Host, request, thread, turns
from tests.tui.test_detail import host, paints, screen_text, shown
from tests.tui.test_json_tree import RICH
from tests.tui.threads import ask, listed, on_screen, opened, painted
from tests.waiting import eventually

TIMED = """
graph: Timed
nodes:
  ask: {agent: approval_interaction, prompt: "Go ahead?", context: {timeout: 3600}, output: answer}
"""


async def test_row_96_scrolling_reaches_every_key_of_a_request() -> None:
    """row 96: eight keys, booleans, a time, "5 minutes", below a long prompt on a small terminal; nothing is cut."""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", prompt="Read this.\n" * 20, context=RICH)
        assert "5 minutes" not in screen_text(app)
        seen = ""
        for _ in range(app.pane.material.max_scroll_y + 1):
            seen += screen_text(app)
            await pilot.press("j")
        for key in RICH:
            assert key in seen
        for value in ("payment_service", "true", "blue_green", "5 minutes", "2024-03-15T10:00:00Z", "two", "false"):
            assert value in seen
        assert "…" not in app.pane.material.plain_text


async def test_row_47_the_time_that_a_request_has_is_stored_and_runs_down(tmp_path: Path) -> None:
    """row 47: 3600 seconds, in the row of the list and in the head of the request"""
    file = tmp_path / "timed.yaml"
    file.write_text(TIMED)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="cli") as inbox:
        await inbox.start(file, thread_id="t1")
        (request,) = (await inbox.settled("t1", 20)).pending
    assert request.due_at == request.created_at + timedelta(seconds=3600)
    gone = timedelta(minutes=10)
    async with opened(tmp_path / "hitl.db", rows=1, now=lambda: request.created_at + gone) as (pilot, _, _):
        await eventually(on_screen(pilot, "due 50m"))
        assert any("Go ahead?" in line and " 50m " in line for line in painted(pilot))
        gone = timedelta(minutes=59, seconds=15)
        await eventually(on_screen(pilot, "due <1m"))


async def test_a_risk_of_any_class_asks_for_a_reason_as_the_decision_does(tmp_path: Path) -> None:
    """row 14, D-1: what the field says is what `decide` will demand"""
    file = tmp_path / "timed.yaml"
    file.write_text(TIMED.replace("{timeout: 3600}", "{risk: financial}"))
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await inbox.start(file, thread_id="t1")
        await inbox.settled("t1", 20)
        await listed(screen, 1)
        await pilot.press("r")
        await eventually(on_screen(pilot, "Reason (required)"))


@pytest.mark.parametrize("risk", CLASSES)
async def test_row_101_the_head_names_the_class_of_the_risk(risk: str) -> None:
    """row 101: as what it is, not as `financial risk risk`"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", risk=risk, require_reason=True)
        await paints(app, f"▲ {risk}   due ")
        await pilot.press("r", "enter")
        await paints(app, "This rejection needs a reason")


@pytest.mark.parametrize("read", [(), ("v", "end")], ids=["from its top", "to its end"])
async def test_row_31_a_conversation_shows_its_newest_turn_whatever_was_read_before(read: tuple[str, ...]) -> None:
    """row 31; also when there is more room later, which moves all of it down"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", prompt="Read this.\n" * 40)
        await pilot.press(*read)
        await pilot.pause()
        app.pane.show(thread(request("conversation"), transcript=turns()), "request-conversation", [])
        await paints(app, "proposed microservices approach?")
        await pilot.resize_terminal(80, 30)
        await paints(app, "proposed microservices approach?")
        await pilot.resize_terminal(80, 24)
        await paints(app, "proposed microservices approach?")


async def test_what_comes_after_a_conversation_is_shown_from_its_top() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = host(pilot)
        talk, long = request("conversation"), request("approval", prompt="Read this.\n" * 40)
        for asked, said in ((talk, turns()), (long, [])):
            app.pane.show(thread(asked, transcript=said), asked.request_id, [])
        await pilot.pause()
        assert app.pane.material.max_scroll_y > 0
        assert app.pane.material.scroll_offset.y == 0


async def test_a_paste_into_an_editor_is_not_called_lost(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", kind="text_input")
        await listed(screen, 1)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.answer is not None and screen.detail.answer.field.has_focus)
        pilot.app.post_message(events.Paste("pasted"))
        await eventually(on_screen(pilot, "pasted"))
        await pilot.pause()
        assert screen.footer.notice == ""
