"""What is typed to find something: words, phrases, folding; the index agrees; no text is ever an error."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.model.search_text import MOST_WORDS, indexed, marks, parse
from hitl_tui.store import queries

TEXTS = [
    "order-12/a refund of 12.50",
    "é",
    "🚀-launch ❤️ love",
    "東京都庁へ行く",
    "Ünïcode ＡＢＣ straße",
    "हिन्दी में किताब",
    "20°C Acme®",
    "tom & jerry NEAR(a b) OR * ^ : {",
]


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for script in queries.migrations():
            connection.executescript(script)
        for number, text in enumerate(TEXTS):
            connection.execute("insert into searched values (?, 't', ?)", (number, indexed(text)))
        yield connection


def found(index: sqlite3.Connection, text: str) -> list[str]:
    search = parse(text)
    if not search.expression:
        return []
    rows = index.execute("select rowid from search where search match ? order by rowid", [search.expression])
    return [TEXTS[row[0]] for row in rows]


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("refund", "refund"),
        ("REF", "ref"),
        ("order-12/a", "order-12/a"),
        ("order-1", "order-1"),
        ("12/a", "12/a"),
        ("12.5", "12.5"),
        ('"é"', "é"),
        ("🚀", "🚀"),
        ("launch", "launch"),
        ("❤", "❤"),
        ("❤️", "❤"),
        ("京都", "京都"),
        ("unicode", "Ünïcode"),
        ("abc", "ＡＢＣ"),
        ("STRASSE", "straße"),
        ("कि", "कि"),
        ("20°", "20°"),
        ('"acme"', "Acme"),
        ("NEAR(a", "NEAR(a"),
        ("jerry*", "jerry"),
        ("-jerry", "jerry"),
        ("^jerry", "jerry"),
        ('"tom & je', "tom & je"),
        ('"tom jerry"', "tom & jerry"),
    ],
)
def test_what_is_found_is_marked(index: sqlite3.Connection, text: str, marked: str) -> None:
    (item,) = found(index, text)
    ((start, end),) = marks(parse(text), item)
    assert item[start:end] == marked


@pytest.mark.parametrize("text", ["refund jerry", '"tom je"', '"refund of 1"', "efund", "words:jerry", "jerry NOT tom"])
def test_what_is_not_found(index: sqlite3.Connection, text: str) -> None:
    assert found(index, text) == []


def test_all_words_in_any_order(index: sqlite3.Connection) -> None:
    assert found(index, "12.50 refu order") == [TEXTS[0]]
    assert [TEXTS[0][a:b] for a, b in marks(parse("12.50 refu order"), TEXTS[0])] == ["order", "refu", "12.50"]


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("refund a", "“a”: give two letters or more, or put it in quotes"),
        ("é", "“é”: give two letters or more, or put it in quotes"),
        ("refund -- *", "“--”, “*” left out"),
        ("refund", ""),
        ("", ""),
        ('"', ""),
        (" ".join(f"w{number}" for number in range(MOST_WORDS + 1)), f"“w{MOST_WORDS}” left out"),
    ],
)
def test_it_says_what_is_left_out(text: str, left_out: str) -> None:
    assert parse(text).left_out == left_out


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_no_text_is_an_error(text: str) -> None:
    search = parse(text)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create virtual table search using fts5 (words, prefix = '2 3')")
        if search.expression:
            connection.execute("select * from search where search match ?", [search.expression]).fetchall()
    spans = marks(search, text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    indexed(text).encode()
