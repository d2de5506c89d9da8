"""Looking at a database makes none: not a mistyped one, and not your own before there is anything in it."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Hitl

READING = [
    ("list",),
    ("show", "x"),
    ("history", "x"),
    ("state", "x"),
    ("audit",),
    ("audit", "x"),
    ("resume", "x", "approve"),
    ("undo", "x"),
    ("retry", "x"),
    ("cancel", "x"),
    ("wait", "x"),
]


def names(hitl: Hitl) -> list[str]:
    return [path.name for path in hitl.folder.rglob("*")]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_mistyped_path_is_named_and_not_made(hitl: Hitl, words: tuple[str, ...]) -> None:
    for path in ("typo.db", "no/such/folder/hitl.db"):
        told = hitl.quick(*words, "--db", path)
        assert (told.code, told.out) == (1, "")
        assert told.err.startswith(f"hitl: there is no database at {path}\n")
        assert f"`hitl --db {path} run FILE`" in told.err
        assert "`hitl demo`" in told.err
        assert hitl.quick(*words, "--db", path, "--json").error["code"] == "database_missing"
    assert names(hitl) == []


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_your_own_that_is_not_there_yet_is_empty(hitl: Hitl, words: tuple[str, ...]) -> None:
    told = hitl.quick(*words)
    assert told.code == (3 if "x" in words else 0)
    assert "not found" in told.err if "x" in words else told.err == ""
    assert names(hitl) == []


def test_a_folder_that_is_a_file(hitl: Hitl) -> None:
    hitl.file("file", "")
    assert hitl.quick("list", "--db", "file/hitl.db").err.startswith("hitl: there is no database at file/hitl.db")


def test_the_commands_that_it_names_work(hitl: Hitl) -> None:
    file = hitl.file("say.yaml", "graph: Say\nnodes:\n  say: {agent: output, prompt: hello}\n")
    assert hitl.quick("--db", "new.db", "run", file).code == 0
    assert hitl.quick("list", "--db", "new.db", "--json").json["total"] == 1
