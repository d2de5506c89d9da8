"""The list on a real database: it follows items, not rows, and a hundred thousand of them cost as much as ten."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter, Sort
from hitl_tui.tui.widgets import marked_list
from hitl_tui.tui.widgets.item_windows import WINDOW
from tests.tui.threads import ask, fill, listed, on_screen, opened, painted, selected, shown, workflow
from tests.waiting import eventually


async def many(database: Path, count: int) -> None:
    async with Inbox.open(database, actor="ann", via="cli"):
        pass
    fill(database, count)


async def test_row_169_the_selection_follows_the_item(database: Path, tmp_path: Path) -> None:
    """row 169: rows come and go above it; the key acts on the same id."""
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "b1", "b2", "b3")
        await listed(screen, 3)
        await screen.shelves.show("waiting", "age")
        await pilot.press("j")
        await shown(screen, "b2")
        await inbox.cancel("b1")
        await eventually(lambda: screen.inbox_list.total == 2)
        assert selected(screen) == "b2"
        assert screen.inbox_list.row == 0

        await screen.shelves.show("waiting", "priority")
        view = await inbox.thread("b2")
        assert await screen.inbox_list.select(view.pending[0].request_id)
        before = screen.inbox_list.row
        await inbox.start(workflow(tmp_path), thread_id="a0", priority=9)
        await inbox.settled("a0", 20)
        await eventually(lambda: screen.inbox_list.total == 3)
        assert screen.inbox_list.row == before + 1
        assert selected(screen) == "b2"


async def test_when_the_selected_item_leaves_the_next_one_is_selected(database: Path, tmp_path: Path) -> None:
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "a", "b", "c")
        await listed(screen, 3)
        await screen.shelves.show("waiting", "age")
        await pilot.press("j")
        await shown(screen, "b")
        await inbox.cancel("b")
        await shown(screen, "c")
        assert screen.inbox_list.row == 1
        await inbox.cancel("c")
        await shown(screen, "a")
        await inbox.cancel("a")
        await eventually(on_screen(pilot, "Nothing waits for you."))
        assert screen.inbox_list.selected is None


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (["j", "j", "k"], 1),
        (["down", "down", "up"], 1),
        (["G"], 499),
        (["end", "home"], 0),
        (["G", "g"], 0),
        (["ctrl+d"], 12),
        (["pagedown", "pagedown"], 50),
        (["pagedown", "pageup"], 0),
        (["ctrl+d", "ctrl+u"], 0),
        (["k"], 0),
    ],
)
async def test_keys_move_the_cursor(database: Path, keys: list[str], row: int) -> None:
    await many(database, 500)
    async with opened(database, rows=500) as (pilot, screen, _):
        await pilot.press(*keys)
        await eventually(lambda: selected(screen) == f"t{screen.inbox_list.row:06d}")
        assert screen.inbox_list.row == row
        top = screen.inbox_list.scroll_offset.y
        assert top <= row < top + screen.inbox_list.size.height


async def test_a_click_selects_and_a_second_one_opens(database: Path) -> None:
    await many(database, 50)
    async with opened(database, size=(80, 24), rows=50) as (pilot, screen, _):
        await pilot.click(screen.inbox_list, offset=(10, 4))
        assert selected(screen) == "t000004"
        await pilot.click(screen.inbox_list, offset=(10, 4))
        await eventually(lambda: screen.detail.region.width > 0)


async def test_the_wheel_takes_the_cursor_along(database: Path) -> None:
    await many(database, 500)
    async with opened(database, rows=500) as (_, screen, _):
        screen.inbox_list.scroll_to(y=100, animate=False)
        await shown(screen, "t000100")
        assert screen.inbox_list.row == 100


async def test_far_rows_are_loaded_when_they_are_looked_at_and_the_row_stays_on_a_change(
    database: Path, tmp_path: Path
) -> None:
    await many(database, 3 * WINDOW)
    async with opened(database, rows=3 * WINDOW) as (pilot, screen, inbox):
        await pilot.press("G")
        await shown(screen, f"t{3 * WINDOW - 1:06d}")
        top = screen.inbox_list.scroll_offset.y
        await inbox.cancel("t000000")
        await eventually(lambda: screen.inbox_list.total == 3 * WINDOW - 1)
        assert selected(screen) == f"t{3 * WINDOW - 1:06d}"
        # What is on the screen does not move.
        assert screen.inbox_list.scroll_offset.y == top - 1
        await eventually(on_screen(pilot, f"Question {3 * WINDOW - 1}?"))


async def test_a_hundred_thousand_rows_open_like_ten_and_a_key_reads_nothing(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many(database, 100_000)
    asked: list[int] = []
    listing = Inbox.list

    async def counted(self: Inbox, which: Filter, sort: Sort = "due", limit: int = 50, offset: int = 0) -> object:
        asked.append(limit)
        return await listing(self, which, sort, limit, offset)

    monkeypatch.setattr(Inbox, "list", counted)
    async with opened(database, rows=100_000) as (pilot, screen, _):
        assert any("Question 0?" in line for line in painted(pilot))
        assert sum(asked) <= 5 * WINDOW
        asked.clear()
        await pilot.press(*"jjjjjkkkkkjjjjj")
        assert screen.inbox_list.row == 5
        assert asked == []
        await pilot.press("G")
        await shown(screen, "t099999")
        assert sum(asked) <= 3 * WINDOW


@pytest.mark.parametrize("keys", [["g", "space", "G", "v"], ["G", "space", "g", "v"]])
async def test_a_range_is_marked_without_holes_also_where_it_is_not_loaded(database: Path, keys: list[str]) -> None:
    await many(database, 4 * WINDOW)
    async with opened(database, rows=4 * WINDOW) as (pilot, screen, _):
        for key in keys:
            await pilot.press(key)
            await shown(screen)
        await eventually(lambda: len(screen.inbox_list.marks) == 4 * WINDOW)


@pytest.mark.parametrize(
    ("keys", "said", "last"),
    [
        (["asterisk"], "6 of 9 marked", "t000005"),
        (["g", "space", "G", "v"], "6 of 9 marked", "t000005"),
        (["G", "space", "g", "v"], "6 of 9 marked", "t000003"),
        (["j", "v"], "", "t000001"),
    ],
)
async def test_a_key_that_marks_fewer_than_it_was_about_says_so(
    database: Path, keys: list[str], said: str, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what it left is what is farthest from the last mark: the next one goes on there."""
    monkeypatch.setattr(marked_list, "MOST_MARKED", 6)
    await many(database, 9)
    async with opened(database, rows=9) as (pilot, screen, _):
        await pilot.press(*keys)
        await eventually(lambda: screen.footer.notice == said)
        marks = screen.inbox_list.marks
        assert [marks.items[-1].thread_id, len(marks)] == [last, 6 if said else 1]


async def test_moving_the_cursor_draws_two_lines(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await many(database, 50)
    async with opened(database, rows=50) as (pilot, screen, _):
        await pilot.pause()
        drawn: list[int] = []
        draw = type(screen.inbox_list).render_line

        def render_line(self: object, y: int) -> object:
            drawn.append(y)
            return draw(self, y)  # type: ignore[arg-type]

        monkeypatch.setattr(type(screen.inbox_list), "render_line", render_line)
        await pilot.press("j")
        await eventually(lambda: screen.inbox_list.row == 1)
        await pilot.pause()
        assert set(drawn) == {0, 1}


async def test_resizing_keeps_the_selection(database: Path) -> None:
    await many(database, 300)
    async with opened(database, size=(160, 45), rows=300) as (pilot, screen, _):
        await pilot.press(*["pagedown"] * 3)
        await shown(screen)
        before = selected(screen)
        for size in ((80, 24), (60, 12), (160, 45)):
            await pilot.resize_terminal(*size)
            await eventually(on_screen(pilot, f"Question {int(before[1:])}?"))
            assert selected(screen) == before
            top = screen.inbox_list.scroll_offset.y
            assert top <= screen.inbox_list.row < top + screen.inbox_list.size.height
