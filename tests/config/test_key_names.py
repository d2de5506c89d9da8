"""How keys are written: every way to say one right, and words for those that no terminal sends."""

from __future__ import annotations

import pytest
from textual.binding import BindingsMap
from textual.keys import _character_to_key

from hitl_tui.config.key_names import SENT, is_typed, key_list, key_name


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("r", ["r"]),
        ("R, ctrl+r ,f5", ["R", "ctrl+r", "f5"]),
        ("?", ["question_mark"]),
        ("question_mark", ["question_mark"]),
        ("comma", ["comma"]),
        ("alt+1", ["alt+1"]),
        ("Ctrl+R", ["ctrl+r"]),
        ("+", ["plus"]),
        ("ctrl+shift+left", ["ctrl+shift+left"]),
        ("page_down, esc, j, j", ["pagedown", "escape", "j"]),
        ("é", ["é"]),
        ("alt+A, alt+x", ["alt+shift+a", "alt+x"]),
        ("alt+up", ["alt+up"]),
    ],
)
def test_keys_have_one_name(text: str, keys: list[str]) -> None:
    assert key_list(text) == keys


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ctrl+i", "terminals cannot tell ctrl+i from tab"),
        ("ctrl+m", "cannot tell ctrl+m from enter"),
        ("ctrl+[", "from escape"),
        ("ctrl+1", "most terminals cannot send ctrl+1"),
        ("ctrl+shift+r", "most terminals cannot send"),
        ("ctrl+enter", "most terminals cannot send"),
        ("super+x", "most terminals cannot send"),
        ("alt+O", "most terminals cannot send"),
        ("alt+b", "most terminals cannot send"),
        ("alt+?", "most terminals cannot send"),
        ("alt+enter", "most terminals cannot send"),
        ("shift+a", "write A"),
        ("C-r", "write ctrl+r"),
        ("<c-r>", "write ctrl+r"),
        ("^r", "write ctrl+r"),
        ("M-x", "write alt+x"),
        ("entr", "did you mean enter?"),
        ("ctlr+r", "did you mean ctrl+r?"),
        ("j,,k", "a key is missing"),
        ("", "a key is missing"),
        ("\x1b", "U+001B is no key"),
        ("hello there", "is no key"),
    ],
)
def test_what_no_terminal_sends_is_refused_with_a_word(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=".") as found:
        key_list(text)
    assert words in str(found.value)


def test_the_names_are_those_of_textual() -> None:
    for character in map(chr, range(33, 127)):
        assert key_name(character) == _character_to_key(character)
    for key in SENT:
        assert key in dict(BindingsMap([(key, "go", "")]).key_to_bindings)


def test_what_an_editor_takes_for_text() -> None:
    assert all(map(is_typed, ("a", "question_mark", "space", "é")))
    assert not any(map(is_typed, ("ctrl+a", "f1", "escape", "alt+1", "enter")))
