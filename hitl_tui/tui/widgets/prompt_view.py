"""How a prompt is laid out: its first line stands out, Markdown is marked, what is very long is cut, and says so."""

from __future__ import annotations

from dataclasses import replace

from hitl_tui.tui.markdown_marks import markdown_marks
from hitl_tui.tui.widgets.lines import Line, safe_lines

MOST_LINES = 400
MOST_CHARACTERS = 50_000
_LONGEST_TITLE = 200


def prompt_lines(prompt: str, *, whole: bool = False) -> list[Line]:
    """The prompt as lines; unless `whole`, at most 400 lines and 50,000 characters, then a line that says so."""
    shown = prompt if whole else cut_text(prompt, MOST_LINES, MOST_CHARACTERS)
    texts = safe_lines(shown.rstrip("\n"))
    lines = [Line(text, marks=marks) for text, marks in zip(texts, markdown_marks(texts), strict=True)]
    if len(texts[0]) <= _LONGEST_TITLE:
        lines[0] = replace(lines[0], style="strong")
    if len(shown) < len(prompt):
        lines.append(cut_mark(prompt, shown))
    return lines


def cut_text(text: str, most_lines: int, most_characters: int) -> str:
    """The beginning of `text`, within both bounds."""
    text_end, start = min(len(text), most_characters), 0
    for _ in range(most_lines):
        found = text.find("\n", start, text_end)
        if found < 0:
            return text[:text_end]
        start = found + 1
    return text[: start - 1]


def cut_mark(whole: str, shown: str, *, indent: int = 0) -> Line:
    """The line that says that a text was cut here, by how much, and how to see all of it."""
    rest = len(whole) - len(shown)
    more_lines = whole[len(shown) :].rstrip("\n").count("\n")
    lines = f" in {more_lines:,} lines" if more_lines else ""
    return Line(f"… cut here: {rest:,} more characters{lines}", style="accent", indent=indent, is_cut=True)
