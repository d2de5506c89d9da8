"""Foreign text made safe to print: what a terminal would obey or hide is shown as a visible sign instead.

Nothing is removed, so that a reviewer sees that something was there. Pure; used by the screen and by plain output.
"""

from __future__ import annotations

import re

_HIDDEN = (
    r"\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: escape sequences start here
    r"\xad\u034f\u061c\u180b-\u180f"  # soft hyphen, joiners and marks that draw nothing
    r"\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # letters that are blank
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero-width, line separators, bidi controls
    r"\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2"  # format characters of Arabic and Syriac
    r"\ufe00-\ufe0d\ufeff\ufff0-\ufffb"  # variation selectors, byte order mark, annotation marks
    r"\ud800-\udfff"  # lone surrogates: no terminal can be sent one
    r"\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"  # tags and variation selectors: hidden messages
)
OF_EMOJI = "\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""Variation selectors and skin tones: after an emoji they are part of its drawing, taken by themselves hidden."""
# An emoji may choose its drawing, and so may a keycap; anywhere else a variation selector is hidden text.
_STRAY_SELECTOR = r"(?<![\xa9\xae\u203c-\u3299\U0001f000-\U0001faff])(?!\ufe0f\u20e3)[\ufe0e\ufe0f]"
# The screen draws emoji without their skin tone: one that belongs to none would be hidden.
_STRAY_TONE = r"(?<![\u261d\u26f9\u270a-\u270d\ufe0f\U0001f000-\U0001f3fa\U0001f400-\U0001faff])[\U0001f3fb-\U0001f3ff]"
# No script stacks so many marks on one letter; more of them are drawn over the lines around it.
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]"
)
_FLOOD = f"(?<={_MARK}{{8}}){_MARK}"
_ONE_LINE = re.compile(f"[{_HIDDEN}]|{_STRAY_SELECTOR}|{_STRAY_TONE}|{_FLOOD}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MANY_LINES = re.compile(f"(?![\t\n])[{_HIDDEN}]|{_STRAY_SELECTOR}|{_STRAY_TONE}|{_FLOOD}")


def visible(text: str, *, newlines: bool = False) -> str:
    """`text` with every control, bidi, zero-width and unprintable character shown: ESC as ␛, others as ⟨U+202E⟩.

    So are marks beyond eight on one letter. With `newlines`, line ends and tabs stay (and `\\r\\n` is a line end).
    Applying it twice changes nothing more.
    """
    if text.isascii() and text.isprintable():
        return text
    if newlines:
        return _MANY_LINES.sub(_sign, text.replace("\r\n", "\n"))
    return _ONE_LINE.sub(_sign, text)


def one_line(text: str) -> str:
    """The first line of `text` that is not blank, visible, tabs as spaces; empty if there is none."""
    first = text.lstrip(" \t\r\n").partition("\n")[0]
    return visible(first.rstrip(" \t\r").replace("\t", " "))


def is_text(text: str) -> bool:
    """Whether it can be stored and shown: it holds no half of a UTF-16 pair.

    Escapes in files bring such halves, and so do bytes of the command line that are no UTF-8.
    """
    return _SURROGATE.search(text) is None


def is_hidden(character: str) -> bool:
    """Whether `visible` would replace this one character, taken by itself, in a single line."""
    return _ONE_LINE.match(character) is not None


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
