"""Pasted text is told apart from keys however the reads are split, whatever the text contains."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from hitl_tui.tui.driver import InputParser
from hitl_tui.tui.pastes import (
    END,
    ESCAPE_SECONDS,
    QUIET_SECONDS,
    SPLIT_SECONDS,
    START,
    LoneEscape,
    Pasted,
    Pastes,
    Piece,
    Typed,
)

HOSTILE = ["\x1b", "\x1b[A", "\x1b[<0;5;5M", "\x1b[<0;5;5m", "\x1bOP", "\x1b[27u", "\x1b[13u", "\x1b[I", "\x1b[O"]
HOSTILE += [
    "a",
    "r",
    "q",
    "1",
    "\r",
    "\t",
    "\x03",
    "\x11",
    "\x13",
    "\x00",
    "\x9b",
    "[20",
    "[200~",
    "[201~",
    "~",
    "é",
    "🙂",
]
HOSTILE += ["\x1b[48;24;80;480;800t", "\x1b[?2026;2$y", "\x1b[3;4R", "\x1b[1;5:3A", "\x1b[99999999999u"]
texts = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=3), max_size=12).map("".join)
pasted_texts = texts.filter(lambda text: START not in text and END not in text + END[:-1])
typed_texts = st.lists(st.sampled_from(["a", "j", "\x1b[A", "\x1b[<0;5;5M", "é"]), max_size=5).map("".join)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbouring keys as one piece."""
    found: list[Piece] = []
    for piece in pieces:
        if found and isinstance(piece, Typed) and isinstance(last := found[-1], Typed):
            found[-1] = Typed(last.text + piece.text)
        else:
            found.append(piece)
    return found


@given(st.lists(typed_texts | pasted_texts.map(Pasted), max_size=5), st.data())
def test_wherever_the_reads_are_split_pastes_and_keys_come_out_as_they_went_in(
    sent: list[str | Pasted], data: st.DataObject
) -> None:
    stream = "".join(part if isinstance(part, str) else f"{START}{part.text}{END}" for part in sent)
    pastes = Pastes(Clock())
    pieces: list[Piece] = []
    while stream:
        # Two pastes in one read are one when the first brings an end of its own along: cut there.
        size = data.draw(st.integers(1, max(stream.find(END) + len(END), 1)))
        pieces += pastes.feed(stream[:size])
        stream = stream[size:]
    assert joined(pieces) == joined(part if isinstance(part, Pasted) else Typed(part) for part in sent if part != "")


@given(pasted_texts, st.integers(1, 7))
def test_nothing_in_a_paste_is_a_key_a_click_or_a_report(text: str, size: int) -> None:
    parser, stream = InputParser(), f"{START}{text}{END}"
    messages = [
        message for start in range(0, len(stream), size) for message in parser.feed(stream[start : start + size])
    ]
    (paste,) = messages
    assert isinstance(paste, events.Paste)
    assert paste.text == text.replace("\x00", "")


def test_an_end_inside_the_pasted_text_does_not_end_it() -> None:
    assert list(Pastes().feed(f"{START}rm -rf {END}a\r{END}")) == [Pasted(f"rm -rf {END}a\r")]


def test_two_pastes_in_one_read_are_two() -> None:
    assert list(Pastes().feed(f"{START}one{END}x{START}two{END}")) == [Pasted("one"), Typed("x"), Pasted("two")]


def test_a_lone_escape_is_the_key_and_a_letter_after_it_is_a_letter() -> None:
    clock = Clock()
    pastes = Pastes(clock)
    assert list(pastes.feed("\x1b")) == []
    assert list(pastes.tick()) == []
    clock.now = ESCAPE_SECONDS
    assert list(pastes.tick()) == [LoneEscape()]
    assert list(pastes.tick()) == []
    assert list(pastes.feed("[")) == [Typed("[")]


@pytest.mark.parametrize("split", range(1, len(START)))
def test_a_slow_line_that_splits_the_beginning_of_a_paste_makes_no_keys_of_it(split: int) -> None:
    clock = Clock()
    pastes = Pastes(clock)
    pieces = [*pastes.feed(START[:split])]
    clock.now = SPLIT_SECONDS
    pieces += pastes.tick()
    pieces += pastes.feed(f"{START[split:]}a{END}")
    assert pieces[-1] == Pasted("a")
    # The Esc alone, and Esc with a bracket, are keys by themselves; they decide nothing.
    assert pieces[:-1] == {1: [LoneEscape()], 2: [Typed("\x1b[")]}.get(split, [])


@pytest.mark.parametrize("key", ["\x1b", "\x03", "\x11", "\x1b[27u", "\x1b[113;5u"])
def test_a_paste_that_never_ends_is_left_with_a_key_of_its_own(key: str) -> None:
    clock = Clock()
    pastes = Pastes(clock)
    assert list(pastes.feed(f"{START}half")) == []
    assert list(pastes.feed(key)) == []
    clock.now = QUIET_SECONDS
    assert list(pastes.feed(key)) == []
    clock.now += ESCAPE_SECONDS
    assert list(pastes.tick()) == [Pasted(f"half{key}")]
    assert list(pastes.feed("j")) == [Typed("j")]


def test_a_late_part_of_a_paste_that_begins_like_a_way_out_is_part_of_it() -> None:
    clock = Clock()
    pastes = Pastes(clock)
    assert list(pastes.feed(f"{START}half")) == []
    clock.now = QUIET_SECONDS
    assert list(pastes.feed("\x1b")) == []
    assert list(pastes.feed(f"{END[1:]}j")) == [Pasted("half"), Typed("j")]


@pytest.mark.parametrize("sequence", ["\x1b[99999999999u", "\x1b[1;5:3A", "\x1b[:u"])
def test_a_sequence_that_no_key_has_does_not_end_the_reading(sequence: str) -> None:
    parser = InputParser()
    list(parser.feed(sequence))
    assert [message.key for message in parser.feed("j") if isinstance(message, events.Key)] == ["j"]
