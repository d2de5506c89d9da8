"""`/` in the real screen: live with each key, marks what it found, follows the item, never stops a key."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.inbox.views import Page
from hitl_tui.tui.screens.inbox import InboxScreen
from hitl_tui.tui.widgets.found_marks import with_found
from tests.tui.terminal import ENTER, ESC, terminal
from tests.tui.threads import ask, decision_of, fill, listed, on_screen, opened, painted, selected, shown, waiting
from tests.waiting import eventually

AUDIT = """insert into audit (at, thread, event, actor, via)
           select created_at, id, 'asked', 'system', 'runner' from thread order by id"""


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with five threads that wait, due in this order."""
    folder = tmp_path_factory.mktemp("five")

    async def fill_it() -> None:
        async with Inbox.open(folder / "hitl.db", actor="ann", via="cli") as inbox:
            await ask(inbox, folder, "a1", "a2", prompt="Pay the invoice of Müller?")
            await ask(inbox, folder, "b1", "b2", prompt="Release the billing service?")
            await ask(inbox, folder, "order-12/a", kind="edit", prompt="Correct the text")

    asyncio.run(fill_it())
    return folder / "hitl.db"


@pytest.fixture
def database(tmp_path: Path, five: Path) -> Path:
    return Path(shutil.copyfile(five, tmp_path / "hitl.db"))


async def many(database: Path, count: int) -> None:
    async with Inbox.open(database, actor="ann", via="cli"):
        pass
    fill(database, count)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(AUDIT)


async def total(screen: InboxScreen, rows: int) -> None:
    await eventually(lambda: screen.inbox_list.total == rows)


async def test_it_narrows_with_each_key_and_enter_goes_to_the_list(database: Path) -> None:
    async with opened(database, rows=5) as (pilot, screen, inbox):
        await pilot.press("slash", *"in")
        await total(screen, 2)
        await eventually(lambda: screen.search_field.hint == "2 found")
        await pilot.press(*"v zz")
        await total(screen, 0)
        await pilot.press("backspace", "backspace", *"pay")
        await total(screen, 2)
        await pilot.press("enter")
        await eventually(lambda: screen.inbox_list.has_focus)
        assert not screen.search_field.display
        await eventually(on_screen(pilot, "search:inv pay"))
        # The keys of the list are its own again.
        await shown(screen)
        name = selected(screen)
        await pilot.press("a")
        await eventually(on_screen(pilot, "approved Gate"))
        assert (await decision_of(inbox, name)).action == "approve"
        await total(screen, 1)
        await pilot.press("escape")
        await total(screen, 4)
        await eventually(lambda: not on_screen(pilot, "search:")())


async def test_esc_in_the_field_shows_all_again_and_stays_on_the_item(database: Path) -> None:
    async with opened(database, rows=5) as (pilot, screen, _):
        await screen.shelves.show("waiting", "age")
        await pilot.press("G")
        await shown(screen, "order-12/a")
        await pilot.press("slash", *"12/a")
        await total(screen, 1)
        assert screen.inbox_list.row == 0
        assert selected(screen) == "order-12/a"
        await pilot.press("escape")
        await total(screen, 5)
        assert selected(screen) == "order-12/a"
        assert screen.inbox_list.row == 4
        assert screen.inbox_list.has_focus
        # Not among what is found: then the first one that is.
        await pilot.press("slash", *"bill")
        await total(screen, 2)
        await eventually(lambda: selected(screen) == "b1")
        assert screen.inbox_list.row == 0


async def test_slash_again_changes_the_search(database: Path) -> None:
    async with opened(database, rows=5) as (pilot, screen, _):
        await pilot.press("slash", *"inv", "enter", "slash")
        assert screen.search_field.text == "inv"
        await pilot.press("end", *" rel")
        await total(screen, 0)
        await pilot.press("enter", "slash", *"rel")
        assert screen.search_field.text == "rel"
        await total(screen, 2)


async def test_nothing_found_says_so_and_how_to_leave(database: Path) -> None:
    async with opened(database, size=(80, 24), rows=5) as (pilot, screen, _):
        await pilot.press("slash", *"[/x]no")
        await eventually(on_screen(pilot, "Nothing here has “[/x]no”."))
        assert on_screen(pilot, "esc  shows all again")()
        await pilot.press("enter", "escape")
        await listed(screen, 5)


async def test_the_search_goes_along_to_other_shelves_and_orders(database: Path) -> None:
    async with opened(database, rows=5) as (pilot, screen, inbox):
        await inbox.cancel("a1")
        await total(screen, 4)
        await pilot.press("slash", *"inv", "enter")
        await total(screen, 1)
        await pilot.press("s")
        await eventually(lambda: screen.inbox_list.sort == "age")
        await total(screen, 1)
        for _ in range(4):
            await pilot.press("f")
        await eventually(lambda: selected(screen) == "a1")
        assert screen.inbox_list.which == Filter("done", text="inv")
        await pilot.press("L")
        await eventually(lambda: screen.inbox_list.which == Filter("done"))


async def test_words_of_one_letter_and_signs_are_said_to_be_left_out(database: Path) -> None:
    async with opened(database, rows=5) as (pilot, screen, _):
        await pilot.press("slash", "i")
        await eventually(lambda: "two letters" in screen.search_field.hint)
        assert screen.inbox_list.total == 5
        await pilot.press(*"n -")
        await eventually(lambda: screen.search_field.hint == "“-” left out; 2 found")


async def test_what_is_found_is_marked_in_the_rows(database: Path) -> None:
    async with opened(database, rows=5, size=(160, 45)) as (pilot, screen, _):
        await pilot.press("slash", *'mull "invoice of"')
        await total(screen, 2)

        def marked() -> list[str]:
            strip = screen.inbox_list.render_line(1)
            return [segment.text for segment in strip if segment.style and segment.style.underline]

        await eventually(lambda: marked() == ["invoice of", "Müll"])
        await pilot.press(*" pa")
        await eventually(lambda: marked() == ["Pa", "invoice of", "Müll"])
        await eventually(on_screen(pilot, "Pay the invoice of Müller?"))


def test_only_words_are_marked() -> None:
    row = [("▌", "cursor"), (" ", ""), ("A", "letter"), ("  ", ""), ("Pay 12 to Bob", ""), ("  ", ""), ("t12", "muted")]
    row += [(" ▲", "risk"), ("12m", ""), (" ", "")]
    found = [text for text, style in with_found(row, "12 a bo") if style == "found"]
    assert found == ["12", "Bo"]
    assert "".join(text for text, _ in with_found(row, "12 bo")) == "".join(text for text, _ in row)
    assert with_found(row, "") == row


async def test_a_paste_goes_into_the_field_in_one_line(database: Path) -> None:
    async with opened(database, rows=5) as (pilot, screen, _):
        await pilot.press("slash")
        screen.focused.post_message(events.Paste("invoice\r\n\x1b[2Jof\n"))  # type: ignore[union-attr]
        await eventually(lambda: screen.search_field.text == "invoice ␛[2Jof")
        await pilot.press(*["backspace"] * 6)
        await total(screen, 2)


async def test_a_new_item_that_matches_comes_in_and_the_selection_stays(database: Path, tmp_path: Path) -> None:
    async with opened(database, rows=5) as (pilot, screen, inbox):
        await screen.shelves.show("waiting", "priority")
        await pilot.press("slash", *"inv", "enter", "j")
        await shown(screen, "a2")
        await ask(inbox, tmp_path, "a0", prompt="Pay the invoice of Zoe?")
        await ask(inbox, tmp_path, "b0", prompt="Something else")
        await total(screen, 3)
        assert selected(screen) == "a2"
        assert screen.inbox_list.row == 2


async def test_no_key_waits_for_a_search_and_the_newest_text_wins(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = Inbox.list
    searched: list[str] = []
    go_on = asyncio.Event()

    async def slow(self: Inbox, which: Filter, **named: object) -> Page:
        if which.text:
            searched.append(which.text)
            await go_on.wait()
        return await listing(self, which, **named)  # type: ignore[arg-type]

    async with opened(database, rows=5) as (pilot, screen, inbox):
        await screen.shelves.show("waiting", "age")
        monkeypatch.setattr(Inbox, "list", slow)
        await pilot.press("slash", *"re")
        await eventually(lambda: searched)
        await pilot.press(*"lease")
        assert screen.search_field.text == "release"
        # What was typed ahead means what will be found, which nobody has seen yet.
        await pilot.press("enter", "a")
        assert screen.footer.notice.startswith("ignored: the search")
        go_on.set()
        await total(screen, 2)
        await shown(screen, "b1")
        assert screen.inbox_list.which.text == "release"
        assert "relea" not in searched
        assert len(await waiting(inbox)) == 5


async def test_what_is_marked_stays_marked_while_searching(database: Path) -> None:
    async with opened(database, rows=5) as (pilot, screen, _):
        await pilot.press("slash", *"inv", "enter", "space")
        await pilot.press("slash", *"rel", "enter")
        await total(screen, 2)
        await pilot.press("space")
        await eventually(on_screen(pilot, "✓ 2 marked"))


async def test_while_the_index_is_behind_it_says_so(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitl_tui.inbox.listing._CATCH_UP_SECONDS", 0.0)
    async with opened(database, rows=5) as (pilot, screen, inbox):
        await pilot.press("slash", *"inv")
        await eventually(lambda: screen.search_field.hint == "0 found so far, indexing …")
        await inbox.catch_up_search()
        await total(screen, 2)
        await eventually(lambda: screen.search_field.hint == "2 found")


async def narrowed_at(pilot: Pilot[None], screen: InboxScreen, size: tuple[int, int]) -> list[str]:
    await pilot.resize_terminal(*size)
    await eventually(lambda: screen.size.width == size[0])
    await eventually(lambda: len(painted(pilot)) == size[1])
    return painted(pilot)


async def test_a_long_list_at_three_sizes(tmp_path: Path) -> None:
    database = tmp_path / "many.db"
    await many(database, 600)
    async with opened(database, rows=600) as (pilot, screen, inbox):
        await inbox.catch_up_search()
        await pilot.press("slash", *"question 29")
        await total(screen, 11)
        for size in ((80, 24), (120, 40), (160, 45)):
            lines = await narrowed_at(pilot, screen, size)
            assert "/question 29" in lines[2]
            assert "11 found" in lines[2]
            assert "Question 29?" in lines[3]
        await pilot.press("down", "G")
        await shown(screen, "t000299")
        assert await inbox.rank(screen.inbox_list.which, "due", screen.inbox_list.selected.key) == 10  # type: ignore[union-attr]


def test_keys_that_come_in_one_burst_go_into_the_field(database: Path) -> None:
    """row 169: typed ahead of a slow line, `x` and `y` are letters of a search and cancel nothing."""
    with terminal("--db", str(database), "--actor", "ann") as inbox:
        inbox.wait_for("Pay the invoice")
        inbox.press("/xyz")
        inbox.wait_for("Nothing here has “xyz”.")
        inbox.press(ESC)
        inbox.wait_for("Pay the invoice")
        inbox.press("/rel" + ENTER)
        inbox.wait_for("search:rel")
        inbox.press("q")
        assert inbox.wait_for_the_end() == 0
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("select distinct status from thread").fetchall() == [("paused",)]
