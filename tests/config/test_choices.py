"""What the screen remembers, the user's own themes, and where each setting in force comes from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hitl_tui.config.effective import effective
from hitl_tui.config.reading import load
from hitl_tui.config.remembered import Remembered, recall, remember, state_file
from hitl_tui.config.theme_files import themes_dir, user_themes
from hitl_tui.config.values import Config, Layout

Write = Callable[[str], Path]


def test_what_was_remembered_is_recalled_and_for_its_owner_only() -> None:
    assert recall() == Remembered()
    chosen = Remembered(
        theme="nord", over_theme="hitl-dark", list_width=55, over_list_width=40, shelf="all", sort="age"
    )
    remember(chosen)
    assert recall() == chosen
    assert state_file().stat().st_mode & 0o777 == 0o600
    assert [path.name for path in state_file().parent.iterdir()] == ["screen.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"theme": 3, "shelf": "x", "list_width": 500, "sort": []}', b"\xff", b"[" * 100_000],
)
def test_a_memory_that_makes_no_sense_is_none(content: bytes) -> None:
    state_file().parent.mkdir(parents=True)
    state_file().write_bytes(content)
    assert recall() == Remembered()


def test_a_choice_holds_until_its_setting_is_changed() -> None:
    before, after = Config(theme="hitl-light"), Config(theme="gruvbox", layout=Layout(list_width=60))
    chosen = Remembered().with_theme("nord", before).with_list_width(30, before)
    assert (chosen.theme_over(before), chosen.list_width_over(before)) == ("nord", 30)
    assert (chosen.theme_over(after), chosen.list_width_over(after)) == ("gruvbox", 60)


def test_a_theme_of_the_user_needs_three_colours() -> None:
    themes_dir().mkdir(parents=True)
    Path(themes_dir(), "dusk.toml").write_text('primary = "#abc"\nbackground = "#101010"\nforeground = "#eeeeee"\n')
    Path(themes_dir(), "notes.txt").write_text("no theme")
    found, problems = user_themes(frozenset())
    assert (list(found), problems) == (["dusk"], [])
    assert found["dusk"].dark


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("dusk", 'primary = "blue"\nbackground = "#000"\nforeground = "#fff"', ":1: primary: 'blue' is no colour"),
        ("dusk", 'primary = "#abc"\nbackground = "#000"', "foreground: is missing; add foreground = …"),
        ("dusk", 'primary = "#abc"\nbackground = "#000"\nforeground = "#fff"\nacent = "#fff"', "did you mean accent?"),
        ("dusk", "primary = ", ":1: is no TOML"),
        ("nord", 'primary = "#abc"\nbackground = "#000"\nforeground = "#fff"', "hitl has a theme of this name"),
        ("Dusk [x]", "", "is no name of a theme"),
    ],
)
def test_a_theme_file_that_cannot_be_used_is_named_with_the_remedy(name: str, text: str, words: str) -> None:
    themes_dir().mkdir(parents=True)
    file = themes_dir() / f"{name}.toml"
    file.write_text(text)
    found, problems = user_themes(frozenset({"nord"}))
    assert not found
    assert len(problems) == 1
    assert words in str(problems[0])
    assert "[]" not in str(problems[0])
    assert str(problems[0]).startswith(str(file))


def sources(flag: str | None = None) -> dict[str, tuple[object, str]]:
    return {each.key: (each.value, each.source) for each in effective(load(), recall(), flag)}


def test_every_setting_says_where_it_comes_from(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HITL_ACTOR")
    written(
        'actor = "ann"\nundo_seconds = 9\neditor = "ed"\n[layout]\nlist_width = 50\n[keys]\n"inbox.retry" = "ctrl+r"\n'
        '[views.1]\nname = "All"\n'
    )
    found = sources()
    assert found["actor"] == ("ann", "file")
    assert found["undo_seconds"] == (9.0, "file")
    assert found["layout.list_width"] == (50, "file")
    assert found["editor"] == ("ed", "file")
    assert found['keys."inbox.retry"'] == ("ctrl+r", "file")
    assert found["views.1"] == ({"name": "All", "shelf": "waiting", "sort": "due"}, "file")
    assert found["worker.concurrency"] == (8, "default")
    assert found["theme"] == ("hitl-dark", "default")
    remember(Remembered().with_theme("nord", load().config))
    monkeypatch.setenv("HITL_UNDO_SECONDS", "2")
    monkeypatch.setenv("HITL_ACTOR", "bob")
    found = sources()
    assert found["theme"] == ("nord", "remembered")
    assert found["undo_seconds"] == (2.0, "environment")
    assert found["actor"] == ("bob", "environment")
    assert sources("cas")["actor"] == ("cas", "flag")
    monkeypatch.setenv("NO_COLOR", "1")
    assert sources()["theme"] == ("ansi-dark", "environment")
