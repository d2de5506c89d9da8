"""Commands that we tell a person to type next: they work when copied, whatever is in a thread's id."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from hitl_tui.safe_text import visible

_COMMAND = re.compile(r"(?<![\w./-])hitl (?!demo\b)(?=[a-z]+\b)")


def quoted(word: str) -> str:
    """`word` for a shell; characters that a terminal would obey or hide are written as escapes (`$'…'`)."""
    if visible(word) == word:
        return shlex.quote(word)
    return "$'" + "".join(_escaped(character) for character in word) + "'"


def command(db: Path | None, name: str, *words: str, options: tuple[str, ...] = ()) -> str:
    """The command line `hitl NAME …` as text to copy; `db` is the database named on this command line, if any."""
    start, chosen = (["hitl", *_db_words(db), name], [quoted(option) for option in options])
    said = [quoted(word) for word in words]
    if any(word.startswith("-") for word in words):
        return " ".join([*start, *chosen, "--", *said])
    return " ".join([*start, *said, *chosen])


def with_db(db: Path | None, hint: str) -> str:
    """`hint` with the database added to each `hitl …` in it, but `hitl demo`, which has its own."""
    if db is None:
        return hint
    words = " ".join(["hitl", *_db_words(db)])
    return _COMMAND.sub(lambda _match: f"{words} ", hint)


def _db_words(db: Path | None) -> list[str]:
    return [] if db is None else ["--db", quoted(str(db))]


def _escaped(character: str) -> str:
    code = ord(character)
    if character in "\\'":
        return "\\" + character
    if 0x20 <= code < 0x7F:
        return character
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
