"""Keys that are typed while the event loop stands still: the rule itself, and in the app with a loop that does."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest
from textual import events
from textual.app import App

from hitl_tui.tui.blocks import BLOCK_SECONDS, Blocks
from hitl_tui.tui.key_order import KeyOrder
from hitl_tui.tui.late_keys import acts, leads_out
from hitl_tui.tui.listening import Listening
from tests.tui.threads import ask, listed, on_screen, opened, selected, waiting
from tests.waiting import eventually

ACTS, MOVES = (lambda: True), (lambda: False)
_NAMES = {"enter": "\r", "escape": "\x1b", "ctrl+s": "\x13", "ctrl+q": "\x11", "down": None, "asterisk": "*"}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def blocked(clock: Clock, seconds: float) -> Blocks:
    """A loop that was asked to run at 100 s, and did so many seconds later."""
    blocks = Blocks(clock)
    clock.now = 100.0 + seconds
    blocks.ran(100.0)
    return blocks


def test_row_169_a_key_of_a_block_does_not_act_one_typed_after_it_does() -> None:
    """row 169"""
    blocks = blocked(Clock(), 0.3)
    assert blocks.drops(100.0, ACTS)
    assert blocks.drops(100.29, ACTS)
    assert not blocks.drops(100.31, ACTS)
    assert blocks.dropped == 2


def test_a_loop_that_is_merely_busy_costs_no_key() -> None:
    blocks = blocked(Clock(), BLOCK_SECONDS)
    assert not blocks.drops(100.0, ACTS)


def test_keys_that_move_act_late_but_not_after_one_that_was_dropped() -> None:
    """`jj` moves; in `ajj` the reviewer believed that the first key had acted."""
    blocks = blocked(Clock(), 0.3)
    assert not blocks.drops(100.1, MOVES)
    assert blocks.drops(100.1, ACTS)
    assert blocks.drops(100.1, MOVES)
    assert not blocks.drops(100.4, MOVES)


def test_the_keys_of_the_next_block_are_counted_anew() -> None:
    clock = Clock()
    blocks = blocked(clock, 0.3)
    assert blocks.drops(100.1, ACTS)
    blocks.ran(100.2)
    assert blocks.drops(100.1, ACTS), "asked during the block: the same one"
    assert blocks.dropped == 2
    clock.now = 102.0
    blocks.ran(101.0)
    assert not blocks.drops(101.5, MOVES)
    assert blocks.drops(101.5, ACTS)
    assert blocks.dropped == 1


def test_a_key_from_before_the_screen_was_given_away_is_late_however_short_that_was() -> None:
    clock = Clock()
    blocks = Blocks(clock)
    blocks.given_away()
    assert blocks.drops(100.0, ACTS)
    assert not blocks.drops(100.01, ACTS)


def test_what_is_read_was_typed_no_earlier_than_anybody_can_tell() -> None:
    """While the reader waits, now; while it was busy, or the process stopped, as early as may be."""
    clock, asked = Clock(), list[float]()
    # What the terminal answers, and how long that takes.
    answers = iter([(0, False), (0.04, True), (0, True), (0, False), (0.6, False), (0, True), (0, False), (0.6, True)])

    def ready(_seconds: float) -> bool:
        took, there = next(answers)
        clock.now += took
        return there

    listening = Listening(ready, lambda: b"j", asked.append, clock)
    assert listening.wait() == (pytest.approx(100.04), b"j")
    clock.now += 0.2
    assert listening.wait() == (pytest.approx(100.04), b"j"), "the reader was busy for 0.2 s"
    assert listening.wait() is None
    assert listening.wait() == (pytest.approx(100.34), b"j"), "stopped, and nothing seen at first"
    assert listening.wait() == (pytest.approx(100.94), b"j"), "stopped while waiting"
    assert asked == pytest.approx([100.04, 100.34, 100.94])


def key_of(name: str) -> events.Key:
    return events.Key(name, _NAMES.get(name, name if len(name) == 1 else None))


def type_while_blocked(app: App[None], order: KeyOrder, *names: str, seconds: float = 0.3) -> threading.Thread:
    """Let the loop stand still for so long, and keys be typed from its beginning, as the terminal's reader does it."""
    loop = asyncio.get_running_loop()
    began = threading.Event()

    def read() -> None:
        typed_at = time.monotonic()
        order.ask(typed_at)
        began.set()
        for name in names:
            key = key_of(name)
            order.before_key(key, typed_at)
            asyncio.run_coroutine_threadsafe(app._post_message(key), loop)

    reader = threading.Thread(target=read)
    reader.start()
    began.wait()
    time.sleep(seconds)
    return reader


@pytest.mark.parametrize("size", [(80, 24), (120, 30)], ids=["list", "side by side"])
async def test_a_burst_during_a_block_decides_nothing_and_says_so(tmp_path: Path, size: tuple[int, int]) -> None:
    """row 169: a key burst during a 300 ms block; afterwards the keys act again."""
    async with opened(tmp_path / "hitl.db", size=size) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two", "three")
        await listed(screen, 3)
        await pilot.press("enter")
        await eventually(on_screen(pilot, "[a] Approve"))
        app = screen.app
        reader = type_while_blocked(app, screen.app.key_order, *"jaajakxyr", "enter", *"no", "enter")
        await eventually(lambda: screen.footer.notice.startswith("12 keys ignored"))
        await asyncio.to_thread(reader.join)
        assert await waiting(inbox) == ["one", "two", "three"]
        assert selected(screen) == "one"
        await pilot.press("a")
        await eventually(lambda: screen.footer.notice.startswith("approved"))
        assert await waiting(inbox) == ["two", "three"]


async def test_what_moves_writes_or_leads_out_is_kept(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db") as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one", "two", kind="text_input")
        await listed(screen, 2)
        app = screen.app
        assert not any(acts(app, key_of(name)) for name in ("j", "down", "k", "G", "f24", "enter", "q", "f"))
        assert all(acts(app, key_of(name)) for name in ("a", "r", "1", "space", "x", "u", "z", "n"))
        assert all(leads_out(key_of(name)) for name in ("escape", "ctrl+c", "ctrl+q"))
        reader = type_while_blocked(app, app.key_order, "j")
        await eventually(lambda: selected(screen) == "two")
        await asyncio.to_thread(reader.join)
        assert screen.footer.notice == ""
        await pilot.press("enter")
        await eventually(lambda: screen.detail.answer is not None and screen.focused is screen.detail.answer.field)
        assert not any(acts(app, key_of(name)) for name in ("a", "q", "enter", "backspace", "left"))
        reader = type_while_blocked(app, app.key_order, *"ja", "enter", "q", "ctrl+s")
        await eventually(lambda: screen.footer.notice.startswith("1 key ignored"))
        await asyncio.to_thread(reader.join)
        assert screen.detail.answer.field.text == "ja\nq"
        assert await waiting(inbox) == ["one", "two"]
