"""What belongs to the whole app: help, palette, themes, the last guard of the terminal, crashes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from hitl_tui import locations
from hitl_tui.inbox import Inbox
from hitl_tui.safe_text import is_hidden
from hitl_tui.tui.app import HitlApp
from hitl_tui.tui.control_filter import ControlFilter
from hitl_tui.tui.crash_log import log_error
from tests.tui.threads import ask, listed, on_screen, opened, painted
from tests.waiting import eventually

BLACK = Color.parse("#000000")


async def test_help_explains_the_keys_that_work_here(database: Path, tmp_path: Path) -> None:
    async with opened(database, size=(100, 75)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one")
        await listed(screen, 1)
        await pilot.press("question_mark")
        await eventually(on_screen(pilot, "Approve the selected request"))
        text = "\n".join(painted(pilot))
        for words in ("Start a workflow", "Next shelf", "The list", "Everywhere", "carries a risk"):
            assert words in text
        await pilot.press("escape")
        await eventually(lambda: pilot.app.screen is screen)


async def test_ctrl_z_is_in_the_help_and_leaves_a_field_alone(database: Path) -> None:
    """What it does in a terminal: `test_pty`. Here there is no shell to go to."""
    async with opened(database, rows=0, size=(100, 75)) as (pilot, screen, _):
        await pilot.press("slash", "ctrl+z")
        await eventually(lambda: screen.search_field.has_focus_within)
        assert screen.footer.notice == ""
        await pilot.press("escape", "ctrl+z")
        await eventually(lambda: screen.footer.notice.startswith("not suspended: there is no shell"))
        await pilot.press("question_mark")
        await eventually(on_screen(pilot, "To the shell, until fg"))


async def test_every_key_of_the_shell_has_an_id_and_says_what_it_does(database: Path) -> None:
    async with opened(database, rows=0) as (pilot, screen, _):
        for node in (pilot.app, screen, screen.inbox_list):
            for binding in type(node).BINDINGS:
                assert binding.id, binding  # type: ignore[union-attr]
                assert binding.tooltip or binding.description.startswith("Option"), binding  # type: ignore[union-attr]


async def test_the_palette_runs_a_command_by_its_name(database: Path) -> None:
    async with opened(database, rows=0) as (pilot, screen, _):
        await pilot.press("ctrl+p", *"next order")
        await eventually(on_screen(pilot, "Next order: due, age, priority, type"))
        await pilot.press("enter")
        await eventually(lambda: screen.inbox_list.sort == "age")


async def test_without_colour_the_terminals_own_colours_are_used(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(database, rows=0) as (pilot, _, _):
        assert pilot.app.theme == "ansi-dark"


async def test_a_footer_key_can_be_clicked(database: Path) -> None:
    async with opened(database, rows=0) as (pilot, screen, _):
        column = painted(pilot)[-1].index("s sort")
        await pilot.click(screen.footer, offset=(column, 0))
        await eventually(lambda: screen.inbox_list.sort == "age")


@given(st.lists(st.text(max_size=20), max_size=5))
def test_no_hidden_character_passes_the_last_guard_and_the_line_keeps_its_width(texts: list[str]) -> None:
    segments = [Segment(text) for text in texts]
    cleaned = ControlFilter().apply(segments, BLACK)
    text = "".join(segment.text for segment in cleaned)
    assert not [character for character in text if is_hidden(character)]
    assert cell_len(text) == cell_len("".join(texts))


def test_plain_lines_pass_the_last_guard_untouched() -> None:
    segments = [Segment("▌ A  Release ▲ "), Segment("12m")]
    assert ControlFilter().apply(segments, BLACK) is segments


@pytest.mark.parametrize(
    ("emoji", "drawn"),
    [
        ("⚠️", "⚠ "),
        ("⌚️", "⌚"),
        ("⌚︎", "⌚"),
        ("🏳️", "🏳 "),
        ("1️⃣", "1⃣ "),
        ("👍🏽", "👍"),
        ("☝🏽", "☝"),
        ("☝️🏽", "☝ "),
        ("🇩🇪", "🇩🇪"),
    ],
)
def test_emoji_about_whose_width_terminals_disagree_are_drawn_otherwise_and_as_wide(emoji: str, drawn: str) -> None:
    """row 168"""
    style = Style(bold=True)
    segments = [Segment("│ "), Segment(f"a{emoji}b", style), Segment(" 59m")]
    assert ControlFilter().apply(segments, BLACK) == [segments[0], Segment(f"a{drawn}b", style), segments[2]]
    assert cell_len(drawn) == cell_len(emoji) == sum(map(cell_len, drawn))


def test_an_emoji_that_the_cursor_divides_keeps_its_width() -> None:
    segments = [Segment("x⚠"), Segment("\ufe0f", Style(reverse=True)), Segment("y👍"), Segment("🏽"), Segment("z")]
    drawn = [Segment("x⚠"), Segment(" ", Style(reverse=True)), Segment("y👍"), Segment("z")]
    assert ControlFilter().apply(segments, BLACK) == drawn


async def test_a_widget_that_forgot_to_clean_its_text_is_caught(database: Path) -> None:
    from textual.content import Content
    from textual.widgets import Static

    async with opened(database, rows=0) as (pilot, screen, _):
        await screen.mount(Static(Content("before\x1b[2Jafter"), markup=False))
        await eventually(on_screen(pilot, "before␛[2"))
        assert not any("\x1b" in line for line in painted(pilot))


class Broken(HitlApp):
    """Breaks when told to, with a secret in a local variable."""

    def action_break(self) -> None:
        password = "hunter2"
        raise RuntimeError(f"cannot go on with {len(password)} letters")


async def test_a_crash_is_logged_without_values_and_names_the_log(database: Path) -> None:
    async with Inbox.open(database, actor="ann", via="tui") as inbox:
        app = Broken(inbox, actor="ann")
        with pytest.raises(RuntimeError):  # noqa: PT012 - the pilot raises it where its block ends
            async with app.run_test() as pilot:
                app.call_later(app.action_break)
                await eventually(lambda: not pilot.app.is_running)
    log = locations.log_file("tui")
    text = log.read_text()
    assert "RuntimeError: cannot go on with 7 letters" in text
    assert "action_break" in text
    assert "hunter2" not in text.replace('password = "hunter2"', "")
    assert log.stat().st_mode & 0o777 == 0o600
    assert app.return_code == 1


def test_a_chain_of_errors_is_logged_from_its_first_cause(own_places: Path) -> None:
    try:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second \x1b[2J") from error
    except ValueError as error:
        path = log_error(error)
    assert path is not None
    text = path.read_text()
    assert text.index("KeyError") < text.index("ValueError: second ␛[2J")
