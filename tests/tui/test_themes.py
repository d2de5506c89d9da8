"""Themes: ours, well-known ones, the user's own; `t` goes through them, the palette names them, the choice stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from hitl_tui.config.reading import Loaded, load
from hitl_tui.config.remembered import Remembered, recall
from hitl_tui.config.theme_files import themes_dir
from hitl_tui.config.values import DEFAULTS, Config, Layout
from hitl_tui.tui.app import HitlApp
from hitl_tui.tui.own_settings import OwnSettings
from hitl_tui.tui.themes import CONTRAST, NAMES, OURS, next_name
from tests.tui.threads import listed, on_screen, opened
from tests.waiting import eventually

DUSK = 'primary = "#ff8800"\nbackground = "#101020"\nforeground = "#eeeeee"\n'


@pytest.fixture(autouse=True)
def true_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def dusk() -> str:
    themes_dir().mkdir(parents=True)
    Path(themes_dir(), "dusk.toml").write_text(DUSK)
    return "dusk"


def test_there_are_more_than_three_and_the_default_is_one_of_them() -> None:
    assert DEFAULTS.theme == NAMES[0] == "hitl-dark"
    assert {"hitl-light", "hitl-contrast", "nord"} <= set(NAMES)
    assert any(not theme.dark for theme in OURS)


def test_the_theme_of_high_contrast_is_one() -> None:
    ground = Color.parse(CONTRAST.background or "")
    others = (CONTRAST.accent, CONTRAST.success, CONTRAST.warning, CONTRAST.error, CONTRAST.foreground)
    for colour in (*others, *CONTRAST.variables.values()):
        light, dark = sorted((luminance(Color.parse(colour or "")), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 7, colour


def luminance(colour: Color) -> float:
    """As WCAG 2.1 defines it."""
    parts = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


async def test_t_goes_through_all_themes_and_comes_back(database: Path, dusk: str) -> None:
    async with opened(database, rows=0) as (pilot, screen, _):
        seen = []
        while pilot.app.theme not in seen:
            seen.append(pilot.app.theme)
            await pilot.press("t")
        assert seen == [*(theme.name for theme in OURS), dusk]
        assert screen.footer.notice == "theme hitl-dark"


async def test_the_palette_takes_a_theme_by_its_name_and_the_next_visit_has_it(database: Path) -> None:
    own = OwnSettings(Loaded(), Remembered())
    async with opened(database, rows=0, settings=own) as (pilot, _, _):
        await pilot.press("ctrl+p", *"theme: contr")
        await eventually(on_screen(pilot, "Theme: hitl-contrast"))
        await pilot.press("enter")
        await eventually(lambda: pilot.app.theme == "hitl-contrast")
        app = pilot.app
        assert isinstance(app, HitlApp)
    app.keep_choices()
    async with opened(database, rows=0, settings=OwnSettings.of_user()) as (pilot, _, _):
        assert pilot.app.theme == "hitl-contrast"


async def test_shelf_order_and_width_of_the_list_are_remembered(database: Path) -> None:
    own = OwnSettings(Loaded(), Remembered())
    async with opened(database, rows=0, settings=own) as (pilot, screen, _):
        assert screen.inbox_list.size.width == 47
        await pilot.press("plus", "plus", "f", "s")
        await eventually(lambda: screen.inbox_list.sort == "age")
        await eventually(lambda: screen.inbox_list.size.width == 59)
        app = pilot.app
        assert isinstance(app, HitlApp)
    app.keep_choices()
    assert recall() == Remembered(list_width=50, over_list_width=40, shelf="active", sort="age")
    async with opened(database, settings=OwnSettings.of_user()) as (pilot, screen, _):
        await listed(screen, 0)
        assert (screen.inbox_list.which.shelf, screen.inbox_list.sort) == ("active", "age")
        assert screen.inbox_list.size.width == 59
        await eventually(on_screen(pilot, "status:active"))


async def test_the_list_is_never_too_wide_and_whole_on_a_narrow_screen(database: Path) -> None:
    config = Config(layout=Layout(list_width=75))
    async with opened(database, rows=0, settings=OwnSettings(Loaded(config))) as (pilot, screen, _):
        await pilot.press(*["plus"] * 3)
        assert screen.footer.notice == "list 80 %, request 20 %"
    async with opened(database, rows=0, size=(80, 24)) as (pilot, screen, _):
        await pilot.press("minus")
        assert screen.footer.notice == "the list has the whole width here"


async def test_a_theme_that_is_missing_or_broken_is_told_and_replaced(database: Path, dusk: str) -> None:
    (themes_dir() / "dusk.toml").write_text('primary = "orange"')
    for name, words in (("dusk", "dusk.toml:1: primary: 'orange' is no colour"), ("nrod", "did you mean nord?")):
        (themes_dir().parent / "config.toml").write_text(f'theme = "{name}"\n')
        async with opened(database, rows=0, size=(200, 24), settings=OwnSettings(load())) as (pilot, _, _):
            assert pilot.app.theme == "hitl-dark"
            await eventually(on_screen(pilot, words))


async def test_without_colours_t_changes_dark_and_light_only(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    own = OwnSettings(Loaded(Config(theme="nord")), Remembered())
    async with opened(database, rows=0, settings=own) as (pilot, _, _):
        assert pilot.app.theme == "ansi-dark"
        await pilot.press("t")
        assert pilot.app.theme == "ansi-light"
        await pilot.press("t")
        assert pilot.app.theme == "ansi-dark"
    # The theme for colours is left alone.
    assert own.remembered.theme is None
    assert own.remembered.few_colours_theme == "ansi-dark"


def test_after_the_last_theme_comes_the_first() -> None:
    assert next_name(["a", "b"], "b") == "a"
    assert next_name(["a", "b"], "gone") == "a"
