"""`hitl config`, and the commands that use a setting: what they do with a broken file, and which never look at it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest

from hitl_tui.config.reading import config_file
from tests.cli.conftest import Hitl
from tests.cli.spec_requests import THREAD

GOOD = 'actor = "from the file"\n[keys]\n"inbox.retry" = "ctrl+r"\n[views.1]\nname = "All"\nshelf = "all"\n'
BROKEN = 'actor = "ann\n'


def write(text: str) -> Path:
    config_file().parent.mkdir(parents=True, exist_ok=True)
    config_file().write_text(text, encoding="utf-8")
    return config_file()


@pytest.fixture(autouse=True)
def no_actor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HITL_ACTOR")


def test_the_settings_are_shown_with_where_each_comes_from(hitl: Hitl) -> None:
    file = write(GOOD)
    told = hitl.quick("config")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith(f"{file}\n")
    assert '"from the file"  (file)' in told.out
    found = hitl.quick("config", "--json", "--actor", "bob").json
    values = {each["key"]: each for each in found["values"]}
    assert values["actor"] == {"key": "actor", "value": "bob", "source": "flag", "variable": "--actor"}
    assert values['keys."inbox.retry"']["value"] == "ctrl+r"
    assert values["views.1"]["value"] == {"name": "All", "shelf": "all", "sort": "due"}
    assert values["worker.concurrency"] == {"key": "worker.concurrency", "value": 8, "source": "default"}
    assert {"hitl-dark", "hitl-light", "hitl-contrast", "nord"} <= set(found["themes"])
    assert (found["path"], found["exists"], found["problems"]) == (str(file), True, [])


def test_what_is_wrong_is_told_also_what_only_the_screen_knows_and_the_code_is_2(hitl: Hitl) -> None:
    file = write('thme = "x"\ntheme = "nrod"\n[keys]\n"inbox.rety" = "x"\n"inbox.cancel" = "p"\n"inbox.undo" = "f9"\n')
    (file.parent / "themes").mkdir()
    (file.parent / "themes" / "mine.toml").write_text('primary = "red"')
    told = hitl.quick("config")
    assert told.code == 2
    for words in (
        f"{file}:1: thme: there is no such setting; did you mean theme?",
        f"{file}:2: theme: there is no theme 'nrod'; did you mean nord?",
        f'{file}:4: keys."inbox.rety": nothing has this id; did you mean inbox.retry?',
        f'{file}:5: keys."inbox.cancel": p is already the key of inbox.priority',
        "themes/mine.toml:1: primary: 'red' is no colour",
    ):
        assert words in told.err
    assert '"hitl-dark"  (default)' in told.out
    found = hitl.quick("config", "--json")
    assert found.code == 2
    lines = [problem["line"] for problem in found.json["problems"] if problem["file"] == str(file)]
    assert lines == [1, 4, 5, 2]
    assert [each["key"] for each in found.json["values"] if each["key"].startswith("keys")] == ['keys."inbox.undo"']


def test_a_wrong_variable_is_told_here_and_by_the_doctor(hitl: Hitl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HITL_UNDO_SECONDS", "soon")
    told = hitl.quick("config")
    assert (told.code, told.err) == (
        2,
        "hitl: HITL_UNDO_SECONDS: is 'soon'; it must be a number of seconds from 0 to 3600\n",
    )
    (problem,) = hitl.quick("config", "--json").json["problems"]
    assert (problem["file"], problem["line"], problem["key"]) == (None, None, "HITL_UNDO_SECONDS")
    assert "HITL_UNDO_SECONDS: is 'soon'" in hitl.quick("doctor").out


def test_path_and_schema_are_for_other_programs(hitl: Hitl) -> None:
    assert hitl.quick("config", "--path").out == f"{config_file()}\n"
    schema = json.loads(hitl.quick("config", "--schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"keys": {"inbox.retry": "ctrl+r"}, "views": {"1": {"name": "x"}}, "undo_seconds": 3})
    for wrong in ({"kyes": {}}, {"keys": {"inbox.rety": "x"}}, {"views": {"1": {}}}, {"undo_seconds": -1}):
        assert not validator.is_valid(wrong), wrong
    assert "inbox.retry" in hitl.quick("config", "--keys").out
    assert hitl.quick("config", "--path", "--schema").code == 2


def test_edit_begins_a_file_opens_it_and_says_what_is_wrong_with_it(
    hitl: Hitl, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = hitl.folder / "editor"
    script.write_text('#!/bin/sh\necho "undo_seconds = 0.5" >> "$1"\necho "wrong = 1" >> "$1"\n')
    script.chmod(0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", str(script))
    told = hitl.quick("config", "edit")
    # At the end of the template, after [layout].
    assert told.code == 2
    assert "layout.undo_seconds: there is no such setting" in told.err
    assert "# actor" in config_file().read_text()
    assert config_file().parent.stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("EDITOR", "false")
    assert "false ended with exit code 1" in hitl.quick("config", "edit").err


def test_the_actor_of_the_file_decides_unless_another_is_named(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    write(GOOD)
    assert hitl.quick("assign", THREAD).code == 0
    assert hitl.quick("list", "--json").json["items"][0]["assignee"] == "from the file"
    assert hitl.quick("assign", THREAD, "--actor", "bob").code == 0
    assert hitl.quick("list", "--json").json["items"][0]["assignee"] == "bob"


def test_with_a_broken_file_nothing_is_decided_in_the_name_of_another_and_reading_goes_on(
    hitl: Hitl, asking: Mapping[str, Path]
) -> None:
    hitl.use(asking["Budget"])
    file = write(BROKEN)
    refused = hitl.quick("resume", THREAD, "approve", "--json")
    assert refused.code == 2
    assert (refused.error["code"], refused.error["line"], refused.error["file"]) == ("invalid_config", 1, str(file))
    for words in (
        ("list",),
        ("show", THREAD),
        ("history", THREAD),
        ("paths",),
        ("check", "--help"),
        ("config", "--path"),
    ):
        assert hitl.quick(*words).code == 0, words
    assert hitl.quick("show", THREAD, "--json").json["status"] == "paused"
    assert hitl.quick("prune").code == 2
    assert hitl.quick("prune", "--older-than", "30d", "--actor", "ann").code == 0
    assert hitl.quick("resume", THREAD, "approve", "--actor", "ann").code == 0


def test_prune_keeps_what_the_file_says(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    write('[prune]\nolder_than = "nonsense"\n')
    told = hitl.quick("prune", "--dry-run")
    assert (told.code, "config.toml:2: prune.older_than" in told.err) == (2, True)
    write('[prune]\nolder_than = "1s"\n')
    assert hitl.quick("cancel", THREAD).code == 0
    assert hitl.quick("prune", "--threads", "--dry-run", "--older-than", "1d", "--json").json["threads"] == 0
