"""Values on the command line, and text in columns: the pure parts."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.cli.columns import cut, pairs, table, width
from hitl_tui.cli.params import file_and_graph
from hitl_tui.cli.render_text import duration, value_in_one_line, value_text
from hitl_tui.cli.values import InvalidJson, parse_json, parse_object, parse_pairs, read_text
from hitl_tui.errors import UsageError

PLAIN = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_every_json_value_is_read_as_it_was_written(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert parse_json(text, "--data") == value


@given(st.text())
def test_any_text_is_a_value_or_an_error_in_words(text: str) -> None:
    """row 175: nothing but `Invalid JSON in --data: …` ever comes out of bad JSON."""
    with contextlib.suppress(InvalidJson):
        parse_json(text, "--data")


@pytest.mark.parametrize(
    "text",
    [
        *('{"a": {"b": 1, "b": 2}}', "[NaN]", "-Infinity", "1e400", "9" * 5000, '"\\ud800"', '"\ud800"'),
        *("[" * 100_000, "{", "'a'", "", "nul", '{"a": 1,}', "// x"),
    ],
)
def test_what_is_no_strict_json_is_refused(text: str) -> None:
    """row 175"""
    with pytest.raises(InvalidJson, match=r"^Invalid JSON in --data: ") as refused:
        parse_json(text, "--data")
    assert refused.value.exit_code == 2


def test_an_escaped_pair_is_a_character() -> None:
    assert parse_json('"\\ud83d\\ude00"', "--data") == "😀"


@pytest.mark.parametrize("text", ["[]", "1", "null", '"x"'])
def test_an_object_is_needed(text: str) -> None:
    with pytest.raises(InvalidJson):
        parse_object(text, "--input-json")


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        ("--data", """--data '{"name": "value"}'"""),
        ("--input-json", """--input-json '{"name": "value"}'"""),
        ("--input a", """--input 'a:="a text"'"""),
        ("--set a", "--set a=TEXT takes a text as it is"),
    ],
)
def test_the_remedy_is_for_the_option_that_was_given(source: str, remedy: str) -> None:
    with pytest.raises(InvalidJson) as refused:
        parse_json("nope", source)
    assert remedy in refused.value.hint
    option = source.split()[0]
    assert set(re.findall(r"--[a-z-]+", refused.value.hint)) == {option}
    assert parse_pairs(['a:="a text"'], "--input") == {"a": "a text"}


def test_an_answer_in_a_file_has_a_largest_size() -> None:
    with pytest.raises(UsageError, match="too large for an answer"):
        read_text("/dev/zero", "--data-file")


def test_pairs_of_text_and_json() -> None:
    given_pairs = ["a=1", "b:=1", "c=x=y", "d:=[1, 2]", "e=", "f.g=dotted", "h:i=colon", "j= spaced "]
    assert parse_pairs(given_pairs, "--input") == {
        "a": "1",
        "b": 1,
        "c": "x=y",
        "d": [1, 2],
        "e": "",
        "f.g": "dotted",
        "h:i": "colon",
        "j": " spaced ",
    }


@pytest.mark.parametrize("pairs_given", [["a"], ["=x"], [":=1"], [" =x"], ["a=1", "a:=2"], ["a:=nope"], ["a=\udcff"]])
def test_what_is_no_pair_is_refused(pairs_given: list[str]) -> None:
    with pytest.raises(UsageError):
        parse_pairs(pairs_given, "--input")


def test_a_file_and_the_graph_in_it(tmp_path: Path) -> None:
    assert file_and_graph("a/b.csv") == ("a/b.csv", None)
    assert file_and_graph("a/b.csv::Graph") == ("a/b.csv", "Graph")
    assert file_and_graph("b.csv::") == ("b.csv", None)
    odd = tmp_path / "a::b.csv"
    odd.touch()
    assert file_and_graph(str(odd)) == (str(odd), None)
    assert file_and_graph(f"{odd}::One::Two") == (str(odd), "One::Two")


@given(st.text(max_size=30), st.integers(1, 20))
def test_cut_text_fits(text: str, cells: int) -> None:
    assert width(cut(text, cells)) <= cells
    assert cut(text, cells) == text or cut(text, cells).endswith("…")


def test_wide_letters_count_twice() -> None:
    assert (width("ab"), width("日本"), width("e\u0301")) == (2, 4, 1)
    lines = table([("日本", "x"), ("a", "y")])
    assert [width(line) for line in lines] == [7, 7]


def test_only_the_last_column_gives_way() -> None:
    assert table([("thread", "a long prompt that goes on")], limit=20) == ["thread  a long prom…"]
    assert table([]) == []


def test_values_of_several_lines_stay_below_their_first() -> None:
    assert pairs([("a", "1\n2"), ("long", "3")]) == ["a     1", "      2", "long  3"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("two\nlines", "two\nlines"),
        ("esc \x1b[2J", "esc ␛[2J"),
        (["OAuth 2.0", "Multi-factor auth"], "- OAuth 2.0\n- Multi-factor auth"),
        ([], "[]"),
        (True, "true"),
        (None, "null"),
        (50000, "50000"),
        ([{"a": 1}], '[{"a": 1}]'),
        ({"a": "\u202e"}, '{\n  "a": "⟨U+202E⟩"\n}'),
    ],
)
def test_values_for_reading(value: Any, shown: str) -> None:
    """Row 29: a list and a date read well; foreign text is made visible."""
    assert value_text(value) == shown


def test_values_in_a_table() -> None:
    assert value_in_one_line({"a": [1, {"b": "x\x1b"}]}) == '{"a": [1, {"b": "x\\u001b"}]}'
    assert value_in_one_line("\n two\nlines") == "two …"
    assert value_in_one_line("\n one line\n \n") == "one line"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (3600, "1h"), (6000, "1h 40m"), (86400, "1d"), (266_400, "3d 2h")],
)
def test_durations(seconds: int, shown: str) -> None:
    assert duration(timedelta(seconds=seconds)) == shown
