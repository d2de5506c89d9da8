"""Keys that do not fit the request at hand say what does; nothing is dead without a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.threads import ask, listed, on_screen, opened, painted, shown, waiting, workflow
from tests.waiting import eventually


@pytest.mark.parametrize(
    ("kind", "key", "words"),
    [
        ("choice", "a", "this is a choice: press an option's number, then enter"),
        ("choice", "r", "this is a choice: press an option's number, then enter"),
        ("approval", "2", "this is an approval: a approves, r rejects, enter opens it"),
        ("approval", "e", "this is an approval: a approves, r rejects, enter opens it"),
        ("text_input", "a", "this is a text: enter opens the editor, ctrl+s submits"),
        ("edit", "1", "this is an edit: enter opens the editor, ctrl+s submits"),
        ("conversation", "r", "this is a conversation: enter opens the editor, ctrl+s sends"),
    ],
)
async def test_in_the_list(database: Path, tmp_path: Path, kind: str, key: str, words: str) -> None:
    async with opened(database) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", kind=kind)
        await listed(screen, 1)
        await pilot.press(key)
        await eventually(lambda: screen.footer.notice == words)
        assert await waiting(inbox) == ["one"]


@pytest.mark.parametrize(
    ("kind", "key", "words"),
    [
        ("choice", "a", "this is a choice: press an option's number, then enter"),
        ("approval", "1", "this is an approval: a approves, r rejects"),
        ("approval", "enter", "this is an approval: a approves, r rejects"),
    ],
)
async def test_in_the_request(database: Path, tmp_path: Path, kind: str, key: str, words: str) -> None:
    async with opened(database, size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", kind=kind)
        await listed(screen, 1)
        await pilot.press("enter")
        await shown(screen)
        await pilot.press(key)
        await eventually(lambda: screen.footer.notice == words)
        assert await waiting(inbox) == ["one"]


async def test_where_nothing_is_to_decide(database: Path, tmp_path: Path) -> None:
    async with opened(database, rows=0) as (pilot, screen, inbox):
        await pilot.press("a")
        await eventually(lambda: screen.footer.notice == "nothing is selected")
        await inbox.start(workflow(tmp_path), thread_id="one")
        await pilot.press("f")
        await listed(screen, 1)
        await pilot.press("a")
        await eventually(lambda: screen.footer.notice == "nothing to decide here: the thread is ready")


async def test_the_material_scrolls_while_the_approval_bar_has_the_focus(database: Path, tmp_path: Path) -> None:
    async with opened(database, size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", prompt="\\n".join(f"paragraph {n}" for n in range(60)))
        await listed(screen, 1)
        await pilot.press("enter")
        await shown(screen)
        material = screen.detail.material
        await eventually(lambda: material.max_scroll_y > 0)

        async def pressed(key: str, wanted: Callable[[float], bool]) -> bool:
            await pilot.press(key)
            return wanted(material.scroll_offset.y)

        await eventually(lambda: pressed("j", lambda offset: offset >= 2))
        await eventually(lambda: pressed("k", lambda offset: offset == 0))
        await eventually(lambda: pressed("space", lambda offset: offset > 5))
        assert await waiting(inbox) == ["one"]


async def test_the_words_of_a_lost_race_are_whole_on_a_small_terminal(database: Path, tmp_path: Path) -> None:
    """row 173: who decided what and when, not cut off at 80 columns"""
    async with opened(database, size=(80, 24)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two", prompt="Go ahead with it?")
        await listed(screen, 2)
        words = "the request at 'ask' was already decided: reject by Annegret-Wilhelmine-von-Hohenstein at 2026-01-01"
        screen.footer.say(words, error=True)

        def whole() -> bool:
            rows = [row.strip() for row in painted(pilot)]
            return words in " ".join(rows).replace("  ", " ")

        await eventually(whole)
        screen.footer.clear()
        await eventually(on_screen(pilot, "? help"))
        await eventually(lambda: screen.footer.size.height == 1)
