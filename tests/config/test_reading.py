"""`config.toml`: what it may say, what is wrong in it by line and key, and that nothing in it stops anything."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.config.reading import config_file, load, one, one_or_none
from hitl_tui.config.template import TEMPLATE
from hitl_tui.config.theme_files import themes_dir, user_themes
from hitl_tui.config.toml_lines import NotToml, line_of, parse
from hitl_tui.config.validation import json_schema
from hitl_tui.config.values import DEFAULTS, Config, View
from hitl_tui.errors import ConfigInvalid
from hitl_tui.model.kinds import SHELVES, SORTS, InteractionType

Write = Callable[[str], Path]


def test_without_a_file_all_is_as_it_comes_and_no_folder_is_made() -> None:
    loaded = load()
    assert (loaded.config, loaded.given, loaded.problems) == (DEFAULTS, frozenset(), ())
    assert one("actor") is None
    assert not config_file().parent.exists()


def test_what_is_set_is_taken_with_its_types(written: Write) -> None:
    written(
        'actor = "ann"\nundo_seconds = 3\n[views.2]\nname = "Risky"\ntypes = ["approval"]\nassignee = "me"\n'
        '[keys]\n"inbox.retry" = "ctrl+r, f5"\n[worker]\nconcurrency = 2\n'
    )
    loaded = load()
    assert loaded.problems == ()
    config = loaded.config
    assert (config.actor, config.undo_seconds, config.worker.concurrency) == ("ann", 3.0, 2)
    assert config.keys == {"inbox.retry": "ctrl+r, f5"}
    assert config.views == {"2": View(name="Risky", types=(InteractionType.APPROVAL,), assignee="me")}
    assert loaded.given == {"actor", "undo_seconds", "views.2", "keys.inbox.retry", "worker.concurrency"}


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ('\nactro = "ann"', 2, "actro", "did you mean actor?"),
        ('[views.1]\nname = "x"\nshlf = "all"', 3, "views.1.shlf", "did you mean views.1.shelf?"),
        ('[views.1]\nshelf = "all"', 1, "views.1.name", "is missing; add name = … to [views.1]"),
        ('[views.1]\nname = "x"\nshelf = "waitin"', 3, "views.1.shelf", "did you mean waiting?"),
        ('[views.1]\nname = "x"\ntypes = ["aproval"]', 3, "views.1.types.0", "did you mean approval?"),
        ('[views.10]\nname = "x"', 1, "views.10", 'cannot be "10"'),
        ("undo_seconds = 3601", 1, "undo_seconds", "must be from 0 to 3600"),
        ("undo_seconds = nan", 1, "undo_seconds", "; "),
        ('undo_seconds = "5"', 1, "undo_seconds", 'is "5"; it must be a number'),
        ("[worker]\nconcurrency = 8.5", 2, "worker.concurrency", "it must be a whole number"),
        ("[layout]\nlist_width = 2026-01-01", 2, "layout.list_width", "is a date; it must be a whole number"),
        ("worker = 3", 1, "worker", "it must be a table"),
        ('[notifications]\nbell = "yes"', 2, "notifications.bell", "it must be true or false"),
        ('[prune]\nolder_than = "soon"', 2, "prune.older_than", "'soon' is not a length of time"),
        ('[keys]\n"inbox.retry" = "C-r"', 2, 'keys."inbox.retry"', "write ctrl+r"),
        ('[keys]\ninbox.retry = "r"', 2, "keys.inbox", 'put the id into quotes: "inbox.retry"'),
        ('actor = "System "', 1, "actor", "'system' stands for timeouts"),
        ('actor = "a\\u001bb"', 1, "actor", "in one line"),
        ('editor = "vim \'"', 1, "editor", "No closing quotation"),
        ('theme = ""', 1, "theme", "1 to 40"),
    ],
)
def test_a_wrong_value_is_named_by_line_key_and_remedy_and_the_rest_holds(
    written: Write, text: str, line: int, key: str, words: str
) -> None:
    file = written(text)
    (problem,) = load().problems
    assert (problem.file, problem.line, problem.key) == (file, line, key)
    assert words in str(problem)
    assert str(problem).startswith(f"{file}:{line}: {key}: ")
    assert load().config == DEFAULTS


@pytest.mark.parametrize("given", ["abc", "nan", "-3", "3601"])
@pytest.mark.parametrize("text", ["undo_seconds = 9", "", "is no TOML"])
def test_a_wrong_variable_is_named_whatever_the_file_says(
    written: Write, monkeypatch: pytest.MonkeyPatch, given: str, text: str
) -> None:
    written(text)
    monkeypatch.setenv("HITL_UNDO_SECONDS", given)
    loaded = load()
    assert str(loaded.problems[0]) == f"HITL_UNDO_SECONDS: is '{given}'; it must be a number of seconds from 0 to 3600"
    assert loaded.config.undo_seconds == (9 if text.startswith("undo") else DEFAULTS.undo_seconds)


@pytest.mark.parametrize("given", ["", "0", "2.5", "3600"])
def test_a_right_variable_is_no_problem(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HITL_UNDO_SECONDS", given)
    assert load().problems == ()


def test_one_wrong_value_does_not_take_the_others_along(written: Write) -> None:
    written(
        'actor = "ann"\nundo_seconds = -1\n[keys]\n"a.b" = "x"\n"c.d" = "ctrl+i"\n[views.1]\nname = "x"\nsort = "age"'
    )
    loaded = load()
    assert [problem.line for problem in loaded.problems] == [2, 5]
    assert loaded.config.actor == "ann"
    assert loaded.config.undo_seconds == 5
    assert loaded.config.keys == {"a.b": "x"}
    assert loaded.config.views["1"].sort == "age"


def test_a_view_with_a_wrong_restriction_is_left_out_whole_rather_than_show_more(written: Write) -> None:
    written('[views.1]\nname = "x"\nrisks = "high"\n[views.2]\nname = "y"')
    assert list(load().config.views) == ["2"]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b'actor = "ann"\nundo = = 3\n', 2, "is no TOML"),
        (b'actor = "ann\n', 1, "is no TOML"),
        (b'actor = "a"\nactor = "b"\n', 2, "is no TOML"),
        (b"x = " + b"[" * 5000, 1, "is no TOML"),
        (b'actor = "ann"\n# \xff\n', 2, "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_gives_the_defaults_and_one_problem(
    written: Write, content: bytes, line: int, words: str
) -> None:
    written("").write_bytes(content)
    loaded = load()
    (problem,) = loaded.problems
    assert loaded.config == DEFAULTS
    assert problem.line == line
    assert words in problem.message
    with pytest.raises(ConfigInvalid):
        one("actor")
    assert one_or_none("actor") is None


def test_a_folder_in_the_place_of_the_file_is_said(written: Write) -> None:
    file = written("")
    file.unlink()
    file.mkdir()
    (problem,) = load().problems
    assert "cannot be read" in problem.message


def test_a_pipe_in_the_place_of_the_file_is_said_and_not_waited_for(written: Write) -> None:
    file = written("")
    file.unlink()
    os.mkfifo(file)
    (problem,) = load().problems
    assert problem.message == "cannot be read: it is a pipe"


def test_one_value_is_read_whatever_else_is_wrong(written: Write) -> None:
    written('actor = "ann"\nnope = 1\n[prune]\nolder_than = "later"\n[worker]\nconcurrency = "two"')
    assert one("actor") == "ann"
    with pytest.raises(ConfigInvalid, match=r"config\.toml:4: prune\.older_than: 'later' is not") as found:
        one("prune.older_than")
    assert "write it like 30m" in found.value.hint
    assert found.value.details["line"] == 4
    with pytest.raises(ConfigInvalid, match=r"config\.toml:6: worker\.concurrency: is 'two'"):
        one("worker.concurrency")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("actor",), 2),
        (("keys", "a=b"), 5),
        (("keys", "inbox.retry"), 6),
        (("views", "1", "name"), 8),
        (("views", "1", "nothing"), 7),
        (("worker", "concurrency"), 9),
        (("absent",), None),
    ],
)
def test_the_line_of_a_key_is_found(path: tuple[str, ...], line: int | None) -> None:
    text = (
        '# actor = "no"\nactor = "a = b"\n\n[ keys ] # [views.1]\n"a=b" = "x"\n"inbox.retry" = "r"\n'
        '[views."1"]\nname="x"\nworker.concurrency = 3\n'
    )
    if path[0] == "worker":
        path = ("views", "1", *path)
    assert line_of(text, path) == line


@given(st.text(max_size=200))
def test_whatever_stands_in_the_file_is_read_or_refused_with_a_line(text: str) -> None:
    line = 1
    try:
        parse(text)
    except NotToml as error:
        line = error.line
    assert 1 <= line <= text.count("\n") + 1
    line_of(text, ("keys", "x"))


def test_the_template_is_right_when_all_of_it_is_taken_in(written: Write) -> None:
    written(TEMPLATE)
    assert load().config == DEFAULTS
    text = re.sub(r"^# (?=\S+ = |\[|\")", "", TEMPLATE, flags=re.MULTILINE)
    written(text)
    loaded = load()
    assert loaded.problems == ()
    assert loaded.config.views["1"].assignee == "me"
    assert f"{', '.join(SORTS[:-1])} or {SORTS[-1]}" in text
    assert f"{', '.join(SHELVES[:-1])} or {SHELVES[-1]}" in text
    # Every setting stands in it.
    assert {each.name for each in fields(Config)} == {place.partition(".")[0] for place in loaded.given}


def test_the_schema_describes_every_setting() -> None:
    schema = json_schema(Config)
    assert set(schema["properties"]) == {each.name for each in fields(Config)}
    assert all("description" in value for value in schema["properties"].values())
    assert schema["additionalProperties"] is False
    assert schema["properties"]["undo_seconds"]["maximum"] == 3600


def test_the_settings_of_the_docs_are_right(written: Write) -> None:
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    settings, theme = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    written(settings)
    assert load().problems == ()
    assert load().config.actor == "ann"
    themes_dir().mkdir()
    (themes_dir() / "mine.toml").write_text(theme, encoding="utf-8")
    assert user_themes(frozenset())[1] == []
