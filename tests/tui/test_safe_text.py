"""Foreign text on a terminal: nothing is obeyed, nothing is hidden (architecture, "TUI rules")."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.safe_text import OF_EMOJI, is_hidden, one_line, visible
from hitl_tui.tui.stand_ins import StandIns

_ANY = st.text(alphabet=st.characters(exclude_categories=()))
_NASTY = st.text(alphabet="ab\u0301 \t\r\n\x00\x1b\x7f\x9b\u200b\u202e\u2066\ufe0f\ufeff\ud800\U000e0041❤👍🏽\u20e3¤␛")


@given(_ANY | _NASTY)
def test_a_visible_line_has_no_control_format_or_surrogate_character(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert visible(shown) == shown


@given(_ANY | _NASTY)
def test_with_newlines_only_line_ends_and_tabs_stay(text: str) -> None:
    shown = visible(text, newlines=True)
    assert {character for character in shown if unicodedata.category(character) in ("Cc", "Cf", "Cs")} <= {"\n", "\t"}
    assert visible(shown, newlines=True) == shown


@given(_ANY | _NASTY)
def test_one_line_is_one_visible_line(text: str) -> None:
    shown = one_line(text)
    assert "\n" not in shown
    assert visible(shown) == shown == one_line(shown)


def test_signs_name_what_was_there() -> None:
    assert visible("\x1b[31m") == "␛[31m"
    assert visible("a\u202eb\x9b\x7f") == "a⟨U+202E⟩b⟨U+009B⟩␡"
    assert visible("\ud800\u200b\U000e0041") == "⟨U+D800⟩⟨U+200B⟩⟨U+E0041⟩"
    assert visible("a\r\n\tb\r", newlines=True) == "a\n\tb␍"
    assert one_line("\n \n  first\tline\nsecond") == "first line"


def test_any_ordinary_text_stays_as_it_is() -> None:
    """row 168: emoji, box drawing, mojibake."""
    for text in (
        "naïve",
        "┌─┐ ▌█",
        "Ã©tÃ© â€œquotedâ€",
        "日本語 العربية हिन्दी",
        "❤️ 👍🏽 1️⃣ ☝️🏽 ✓",
        "[/x] [@click=app.quit]",
    ):
        assert visible(text) == text


def test_a_flood_of_marks_is_shown_as_signs() -> None:
    """They would be drawn over the lines around it."""
    assert visible("a" + "\u0301" * 10 + "b\u0301") == "a" + "\u0301" * 8 + "⟨U+0301⟩" * 2 + "b\u0301"


def test_an_emoji_keeps_its_selector_and_a_letter_does_not() -> None:
    assert visible("❤\ufe0f") == "❤\ufe0f"
    assert visible("a\ufe0f") == "a⟨U+FE0F⟩"


def test_a_skin_tone_that_belongs_to_no_emoji_is_shown_as_a_sign() -> None:
    """The screen draws none: a message in tones could not be seen."""
    assert visible("👍🏽🏿") == "👍🏽⟨U+1F3FF⟩"
    assert visible("a🏽") == "a⟨U+1F3FD⟩"
    assert visible("🏽│🏽→🏽") == "⟨U+1F3FD⟩│⟨U+1F3FD⟩→⟨U+1F3FD⟩"


@given(_ANY | _NASTY)
def test_an_editor_shows_every_character_and_gives_back_the_same_text(text: str) -> None:
    signs = StandIns(text)
    edited = signs.hide(text)
    assert signs.restore(edited) == text
    hidden = {character for character in edited if is_hidden(character)}
    assert hidden <= {"\n", "\t", "\r", *OF_EMOJI}
    assert "\r" not in edited.replace("\r\n", "")


@given(_NASTY, _NASTY)
def test_what_is_pasted_later_comes_back_too(first: str, second: str) -> None:
    signs = StandIns(first)
    assert signs.restore(signs.hide(first)) == first
    assert signs.restore(signs.hide(second)) == second
