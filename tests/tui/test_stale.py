"""A request that changed under the reviewer: refused as stale, shown anew, with what changed marked by signs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

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
