"""A request that changed under the reviewer: refused as stale, shown anew, with what changed marked by signs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.tui.request_samples import Host, request, thread
from tests.tui.test_detail import host
from tests.tui.threads import ask, listed, on_screen, opened, painted, waiting
from tests.waiting import eventually


async def test_a_stale_decision_shows_the_request_anew_with_the_change_marked(tmp_path: Path) -> None:
    """row 169: what was painted is what is decided; nothing is stored for a request that is another one by now."""
    database = tmp_path / "hitl.db"
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", prompt="Delete A?")
        await listed(screen, 1)
        await eventually(on_screen(pilot, "Delete A?"))
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("update request set prompt = 'Delete B?', digest = 'another'")
            # The key comes before the screen has heard of it.
            screen.detail.decide_key("approve")
            connection.commit()
        await eventually(on_screen(pilot, "+ Delete B?"))
        text = "\n".join(painted(pilot))
        assert "- Delete A?" in text
        assert "changed since you saw it" in text
        assert "is not the one that was shown" in text
        assert await waiting(inbox) == ["one"]


@pytest.mark.parametrize(("kind", "keys"), [("approval", ["a"]), ("conversation", ["x", "ctrl+s"])])
async def test_what_is_asked_in_place_of_an_answered_request_says_so(
    tmp_path: Path, kind: str, keys: list[str]
) -> None:
    """The node asks something else when it runs again: whoever answered is told, in one line of a small terminal."""
    file = tmp_path / "ask.yaml"
    file.write_text(f"graph: G\nnodes:\n  ask: {{agent: {kind}_interaction, inputs: file, prompt: 'Delete {{file}}?'}}")
    async with opened(tmp_path / "hitl.db", size=(80, 24)) as (pilot, screen, inbox):
        await inbox.start(file, inputs={"file": "a"}, thread_id="t1")
        await inbox.settled("t1", 20)
        await inbox.set_state("t1", {"file": "b"})
        await listed(screen, 1)
        await pilot.press("enter")
        await eventually(lambda: screen.detail.answer is not None and screen.detail.answer.field.has_focus)
        assert not on_screen(pilot, "not used")()
        await pilot.press(*keys)
        await eventually(lambda: screen.inbox_list.has_focus)
        (asked,) = (await inbox.settled("t1", 20)).pending
        await eventually(lambda: screen.inbox_list.selected and screen.inbox_list.selected.key == asked.request_id)
        await pilot.press("enter")
        await eventually(on_screen(pilot, "Delete b?"))
        await eventually(on_screen(pilot, " The answer given before is not used: something else is asked now. "))


async def test_every_part_that_changed_is_marked_and_nothing_else() -> None:
    async with Host().run_test(size=(100, 40)) as pilot:
        app = host(pilot)
        seen = request("choice")
        now = request(
            "choice", prompt="Select\x1b it", context={**seen.context, "urgency": "low"}, options=["Only this"]
        )
        for each in (seen, now):
            app.pane.show(thread(each), each.request_id, [])
        lines = app.pane.material.plain_text.splitlines()
        assert "+ Select␛ it" in lines
        assert "- urgency  high" in lines
        assert "+ urgency  low" in lines
        assert "+ 1. Only this" in lines
        assert not any(line.startswith(("+", "-")) and "payment_service" in line for line in lines)
        app.pane.show(thread(now), now.request_id, [])
        assert "changed since" in app.pane.material.plain_text, "it stays marked until something else is shown"
        other = request("approval")
        app.pane.show(thread(other), other.request_id, [])
        app.pane.show(thread(now), now.request_id, [])
        assert "changed since" not in app.pane.material.plain_text
