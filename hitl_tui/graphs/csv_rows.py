"""CSV text as rows with their physical line numbers, tolerant where the AgentMap dialect's files are untidy.

Our own splitter, because the `csv` module knows neither `#` comment rows, nor the line on which a row with multi-line
cells begins, nor cells whose quotes are escaped with backslashes in a file whose other cells double them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_SPECIAL = re.compile(r'["\\]')
_JSON = json.JSONDecoder()
_LONGEST_BARE_JSON = 4000
_MOST_BARE_JSON = 20
_CELL_END = {delimiter: re.compile(f"[{delimiter}\n]") for delimiter in ",;\t"}
_BACKSLASHED = re.compile(r'\\(["\\])')


class UnclosedQuote(ValueError):
    """A quoted cell never ends; `line` is where the cell begins."""

    def __init__(self, line: int) -> None:
        super().__init__(f"the quoted cell that begins on line {line} never ends; close it with a double quote")
        self.line = line


@dataclass(slots=True)
class Row:
    """One row: the physical line it begins on, its cells, and which of them were quoted."""

    line: int
    cells: list[str] = field(default_factory=list)
    quoted: list[bool] = field(default_factory=list)
    untidy: bool = False
    """Whether a quoted cell has text after its closing quote."""

    @property
    def blank(self) -> bool:
        return not any(cell.strip() for cell in self.cells)


def delimiter_of(text: str) -> str:
    """The character that separates the header's cells: comma, semicolon or tab."""
    lines = (line for line in text.split("\n") if line.strip() and not line.lstrip(' "').startswith("#"))
    header = next(lines, "")
    return max(",;\t", key=header.count)


def rows(text: str, delimiter: str = ",") -> Iterator[Row]:
    """The rows of `text` (line ends are `\\n`), without blank and comment rows; raises `UnclosedQuote`."""
    position, line = 0, 1
    while position < len(text):
        start = position
        if text.startswith("#", _blanks_end(text, position, delimiter)):
            position = _line_end(text, position) + 1
            line += 1
            continue
        row, position = _row(text, position, line, delimiter)
        line += text.count("\n", start, position)
        if not row.blank and not row.cells[0].lstrip().startswith("#"):
            yield row


def _row(text: str, position: int, line: int, delimiter: str) -> tuple[Row, int]:
    row = Row(line)
    counted = position
    braces = _MOST_BARE_JSON
    while True:
        opening = _blanks_end(text, position, delimiter)
        quoted = text[opening : opening + 1] == '"'
        if quoted:
            line += text.count("\n", counted, opening)
            counted = opening
            cell, position = _quoted(text, opening + 1, delimiter, line)
            rest = _bare_end(text, position, delimiter)
            if text[position:rest].strip():
                row.untidy = True
                cell += text[position:rest]
        else:
            braces -= text.startswith("{", opening)
            rest = (braces >= 0 and _json_end(text, opening, delimiter)) or _bare_end(text, position, delimiter)
            cell = text[position:rest]
        row.cells.append(cell)
        row.quoted.append(quoted)
        position = rest + 1
        if rest >= len(text) or text[rest] == "\n":
            return row, position


def _quoted(text: str, position: int, delimiter: str, line: int) -> tuple[str, int]:
    """The quoted cell's content, and the position after its closing quote."""
    pieces: list[str] = []
    backslashes = False
    while True:
        special = _SPECIAL.search(text, position)
        if special is None:
            raise UnclosedQuote(line)
        at = special.start()
        pieces.append(text[position:at])
        pair = text[at : at + 2]
        if pair == '""':
            pieces.append('"')
            position = at + 2
        elif pair[0] == '"':
            return "".join(pieces), at + 1
        elif backslashes and (escape := _BACKSLASHED.match(text, at)):
            pieces.append(escape[1])
            position = at + 2
        elif pair == '\\"' and _goes_on(text, at + 2, delimiter):
            # Doubled quotes would end the cell here, in the middle of its text: this cell escapes with backslashes.
            backslashes = True
            pieces.append('"')
            position = at + 2
        else:
            pieces.append("\\")
            position = at + 1


def _goes_on(text: str, position: int, delimiter: str) -> bool:
    following = text[position : position + 1]
    return following not in ("", "\n", '"', delimiter)


def _bare_end(text: str, position: int, delimiter: str) -> int:
    end = _CELL_END[delimiter].search(text, position)
    return end.start() if end else len(text)


def _json_end(text: str, position: int, delimiter: str) -> int | None:
    """Where an unquoted cell ends that is a whole JSON object, whose commas and quotes belong to it."""
    if text[position : position + 1] != "{":
        return None
    line = text[position : min(_line_end(text, position), position + _LONGEST_BARE_JSON)]
    try:
        _, length = _JSON.raw_decode(line)
    except (ValueError, RecursionError):
        return None
    end = _blanks_end(text, position + length, delimiter)
    return end if text[end : end + 1] in ("", "\n", delimiter) else None


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _blanks_end(text: str, position: int, delimiter: str) -> int:
    # With tabs as delimiters, a tab is an empty cell and not a blank.
    while text[position : position + 1] in (" ", "\t") and text[position : position + 1] != delimiter:
        position += 1
    return position
