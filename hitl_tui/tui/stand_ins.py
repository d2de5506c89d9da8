"""Hidden characters in an editor: each is edited as a visible sign of one cell and put back when the text is taken out.

So the reviewer sees every character, may delete it, and submits exactly what was there otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hitl_tui.safe_text import OF_EMOJI, is_hidden

_SIGNS = "¤◊§¶†‡◆◇□▪▫△▽☆★♠♣♦♥♪⌂⌐¬±¦"
_PICTURES = "".join(map(chr, range(0x2400, 0x2422)))
_FIRST_PRIVATE = 0xE000
_LONE_END = re.compile(r"(?<!\r)\n")


class StandIns:
    """One editor's signs for hidden characters, kept one to one for as long as its text lives."""

    def __init__(self, text: str = "") -> None:
        self._taken = set(text)
        self._sign_of: dict[str, str] = {}
        self._hidden_of: dict[str, str] = {}

    @property
    def legend(self) -> str:
        """Which sign stands for what, such as `¤ = U+202E, ␛ = U+001B`; empty when there is none."""
        # The pictures of control characters last: they name them already.
        items = sorted(self._hidden_of.items(), key=lambda item: item[0] in _PICTURES)
        shown = [f"{sign} = U+{ord(hidden):04X}" for sign, hidden in items[:4]]
        more = len(self._hidden_of) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")

    def hide(self, text: str, *, edited: bool = False) -> str:
        """`text` with a sign for each hidden character; line ends and tabs stay.

        A character that already serves as a sign gets one itself, unless the text was `edited` with its signs in it.
        """
        if text.isascii() and text.isprintable():
            return text
        windows = "\r\n" in text and not _LONE_END.search(text)
        body = text.replace("\r\n", "\n") if windows else text
        self._taken.update(body)
        found = {character for character in set(body) if character not in "\n\t" and _unprintable(character)}
        if not edited:
            found |= self._hidden_of.keys() & set(body)
        table = {ord(character): self._sign(character) for character in sorted(found)}
        body = body.translate(table)
        return body.replace("\n", "\r\n") if windows else body

    def restore(self, text: str) -> str:
        """What `hide` was given, with the reviewer's changes."""
        return text.translate({ord(sign): hidden for sign, hidden in self._hidden_of.items()})

    def _sign(self, character: str) -> str:
        if character not in self._sign_of:
            sign = next(sign for sign in _candidates(character) if sign not in self._taken)
            self._taken.add(sign)
            self._sign_of[character] = sign
            self._hidden_of[sign] = character
        return self._sign_of[character]


def _unprintable(character: str) -> bool:
    return character not in OF_EMOJI and is_hidden(character)


def _candidates(character: str) -> Iterator[str]:
    code = ord(character)
    if code < 0x20:
        yield chr(0x2400 + code)
    if code == 0x7F:
        yield "␡"
    yield from _SIGNS
    yield from map(chr, range(_FIRST_PRIVATE, 0xF900))
    yield from map(chr, range(0xF0000, 0xFFFFE))
