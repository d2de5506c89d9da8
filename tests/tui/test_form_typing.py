"""Typing into the fields of a form on a small terminal."""

from __future__ import annotations

from hitl_tui.model.consequence import Consequence, Way
from tests.tui.request_samples import Host
from tests.tui.test_detail import paints, screen_text, shown
from tests.tui.test_forms import CALL
from tests.waiting import eventually


async def test_row_98_what_is_typed_goes_on_with_the_value_and_the_keys_stay_in_sight() -> None:
    """row 98: a number that is proposed is changed at its end; an error does not push the line of keys away"""
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **CALL)
        await pilot.press("e")
        await paints(app, "ctrl+s approve with it")
        await pilot.press("tab", "tab", "x", "ctrl+s")
        await paints(app, "One field does not fit yet")
        await eventually(lambda: "ctrl+s approve with it" in screen_text(app))
        await pilot.press("backspace", "0")
        await eventually(lambda: "does not fit yet" not in screen_text(app))
        await pilot.press("ctrl+s")
        await eventually(lambda: bool(app.answers))
        assert app.answers[0].data == {"args": {"to": "ann", "body": "Dear Ann,\nbest", "copies": 20, "urgent": False}}


async def test_the_keys_stay_in_sight_below_what_the_answers_lead_to() -> None:
    """On a small terminal the form gives way, not the line that says how to submit it."""
    many = {f"field_{number}": number for number in range(9)}
    schema = {"type": "object", "properties": {name: {"type": "integer"} for name in many}}
    context = {"tool": "order", "args": many, "args_schema": schema}
    # What header and footer leave of 24 lines.
    async with Host().run_test(size=(80, 22), notifications=True) as pilot:
        app = await shown(pilot, "approval", context=context, allowed=["approve", "edit", "reject"])
        ways = (Way((("ship",),), "end"), Way((("wait",),), "end"))
        found = [Consequence(word, word, ways) for word in ("approve", "edit", "reject")]
        app.pane.tabs.preview.show(found)
        await pilot.press("e", "x", "ctrl+s")
        for words in ("field_0", "more in the tab Graph", "One field does not fit yet", "ctrl+s approve with it"):
            await paints(app, words)


async def test_an_edit_that_is_not_allowed_says_so() -> None:
    async with Host().run_test(size=(80, 24), notifications=True) as pilot:
        app = await shown(pilot, "approval", **{**CALL, "allowed": ["approve", "reject"]})
        await pilot.press("e")
        await paints(app, "This request does not allow to edit its arguments")
