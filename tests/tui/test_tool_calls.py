"""A tool call on the screen: what may be done with it, by which key (row 112)."""

from __future__ import annotations

from tests.tui.request_samples import Host
from tests.tui.test_detail import paints, screen_text, shown
from tests.tui.test_forms import MAIL, typed


async def test_row_112_only_what_is_allowed_is_offered() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", context=MAIL, allowed=["approve", "reject"])
        text = screen_text(app)
        assert "[a] Approve send_email" in text and "[r] Reject…" in text
        assert "Edit" not in text and "Message" not in text
        await pilot.press("e", "m")
        assert app.answers == [] and "Result" not in screen_text(app)


async def test_a_message_stands_in_place_of_the_result() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        mail = {**MAIL, "tool": "send_an_email_to_many_people_at_once"}
        app = await shown(pilot, "approval", context=mail, allowed=["approve", "edit", "reject", "respond"])
        text = screen_text(app)
        for words in ("[a] Approve send_an_email_to_man…", "[e] Edit…", "[m] Message…", "[r] Reject…"):
            assert words in text
        await pilot.press("m")
        await paints(app, "Result, in your words")
        await pilot.press("enter")
        await paints(app, "The tool does not run")
        await pilot.press("escape", "r")
        await paints(app, "Reason (optional)")
        await pilot.press("escape", "m")
        await typed(pilot, "sent it already")
        await pilot.press("enter")
        assert [(each.action, each.data) for each in app.answers] == [("respond", {"message": "sent it already"})]
