"""Emoji about whose width terminals disagree, drawn as those about which they agree. Pure.

A variation selector or a skin tone makes a character wider, or not, or is drawn beside it, as each terminal thinks:
what follows it would be painted elsewhere than it was measured.
"""

from __future__ import annotations

import re
from itertools import islice

from rich.cells import cell_len, split_graphemes

from hitl_tui.safe_text import OF_EMOJI

_DISPUTED = re.compile(f"[{OF_EMOJI}]")


def agreed(texts: list[str]) -> list[str]:
    """The texts of one line without selectors and skin tones; spaces make up the width that Rich measures.

    The line is looked at as a whole: the cursor of an editor may stand between an emoji and its selector.
    """
    line = "".join(texts)
    if _DISPUTED.search(line) is None:
        return texts
    drawn: list[str] = []
    for start, end, cells in split_graphemes(line)[0]:
        characters = [_DISPUTED.sub("", character) for character in line[start:end]]
        # Behind all of it: the frame of a keycap is drawn around what it follows.
        characters[-1] += " " * (cells - cell_len("".join(characters)))
        drawn += characters
    rest = iter(drawn)
    return ["".join(islice(rest, len(text))) for text in texts]
