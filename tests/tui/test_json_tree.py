"""The JSON tree: every key can be reached, and what is folded or cut says which key opens it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import App, ComposeResult

from hitl_tui.safe_text import visible
from hitl_tui.tui.widgets.json_tree import JsonTree

RICH = {
    "service": "payment_service",
    "version": "2.1.0",
    "database_changes": True,
    "rollback_strategy": "blue_green",
    "estimated_downtime": "5 minutes",
    "window": {"from": "2024-03-15T10:00:00Z", "to": None},
    "migrations": ["one", {"two": 2}],
    "approved_before": False,
}
HOSTILE = "\x1b[2J \x9b \u202e \u200b [/x] [@click=app.quit]go[/] \ud800"


class Host(App[None]):
    """A tree and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.tree_view = JsonTree()

    def compose(self) -> ComposeResult:
        yield self.tree_view


async def shown(value: Any, *keys: str, size: tuple[int, int] = (60, 12)) -> JsonTree:
    """The tree of a value after some keys."""
    app = Host()
    async with app.run_test(size=size, notifications=True) as pilot:
        app.tree_view.focus()
        app.tree_view.show(value, another=True)
        await pilot.pause()
        await pilot.press(*keys)
        return app.tree_view


async def test_row_96_scrolling_reaches_every_key() -> None:
    """Row 96: eight keys, booleans, times and texts; moving down comes to the last one, nothing is cut."""
    app = Host()
    async with app.run_test(size=(40, 5), notifications=True) as pilot:
        tree = app.tree_view
        tree.focus()
        tree.show(RICH, another=True)
        await pilot.pause()
        seen = set()
        for _ in range(len(tree.entries)):
            assert tree.cursor is not None
            seen.add(tree.cursor.label)
            row = next(i for i in range(len(tree.lines)) if tree.is_cursor(i))
            top = tree.scroll_offset.y
            assert top <= tree._first_rows[row] < top + tree.size.height
            await pilot.press("j")
        assert seen >= {*RICH, "from", "to", "two", "[0]", "[1]"}
        for text in ("payment_service", "true", "5 minutes", "2024-03-15T10:00:00Z", "null", "false"):
            assert text in tree.plain_text


async def test_row_97_a_cut_text_says_so_and_a_key_shows_all_of_it() -> None:
    """Row 97: nothing is hidden without a marker and a key."""
    long = "x" * 5000 + "THE END"
    tree = await shown({"query": long})
    assert "THE END" not in tree.plain_text and "4,707 more characters — enter shows all" in tree.plain_text
    tree = await shown({"query": long})
    tree.toggle_whole()
    assert "THE END" in tree.plain_text
    tree = await shown({"query": long}, "enter")
    assert "THE END" in tree.plain_text and "more characters" not in tree.plain_text


async def test_folding_and_unfolding() -> None:
    tree = await shown(RICH, "minus")
    assert [entry.label for entry in tree.entries] == list(RICH)
    assert "+ migrations  (2 items)" in tree.plain_text
    tree = await shown(RICH, "minus", "end", "k", "right", "down", "down", "enter")
    assert "two: 2" in tree.plain_text and "+ window" in tree.plain_text


async def test_left_goes_to_what_holds_a_value() -> None:
    tree = await shown(RICH, "end", "k", "left")
    assert tree.cursor is not None and tree.cursor.label == "[1]"


async def test_five_thousand_keys_are_all_there() -> None:
    tree = await shown({f"key{number}": number for number in range(5_000)})
    assert "4,000 more — enter shows the next" in tree.plain_text
    tree = await shown({f"key{number}": number for number in range(5_000)}, *["end", "enter"] * 4)
    assert "key4999: 4999" in tree.plain_text and "more —" not in tree.plain_text


async def test_deep_nesting_does_not_matter() -> None:
    deep: Any = "bottom"
    for _ in range(3_000):
        deep = {"a": deep}
    tree = await shown(deep, "asterisk", "end")
    assert tree.cursor is not None and "bottom" in tree.plain_text


async def test_a_megabyte_in_one_line() -> None:
    tree = await shown({"blob": "y" * 1_000_000}, "enter")
    assert "y" * 1_000_000 in tree.plain_text


@pytest.mark.parametrize("value", [{HOSTILE: HOSTILE}, [HOSTILE], {"a": {HOSTILE: [HOSTILE, {}]}}])
async def test_hostile_text_is_shown_and_links_are_not_opened(value: Any) -> None:
    app = Host()
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        tree = app.tree_view
        tree.focus()
        tree.show(value, another=True)
        await pilot.press("asterisk")
        assert visible(tree.plain_text, newlines=True) == tree.plain_text and "[/x]" in tree.plain_text
        for segment in (segment for row in range(12) for segment in tree.render_line(row)):
            meta = segment.style.meta if segment.style else {}
            assert not (segment.style and segment.style.link) and "@click" not in meta


async def test_what_changes_keeps_the_readers_place() -> None:
    app = Host()
    async with app.run_test(size=(40, 6), notifications=True) as pilot:
        tree = app.tree_view
        tree.focus()
        tree.show(RICH, another=True)
        await pilot.press("end", "k", "k", "k")
        before, place = tree.cursor, tree.scroll_offset
        tree.show({**RICH, "zzz": 1, "service": "other"}, another=False)
        await pilot.pause()
        assert tree.cursor == before and tree.scroll_offset == place and "service: other" in tree.plain_text


async def test_nothing_is_something_too() -> None:
    assert "Nothing is set." in (await shown({})).plain_text
    assert 'empty: ""' in (await shown({"empty": ""})).plain_text
