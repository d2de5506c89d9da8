"""What changed in a request since the reviewer saw it, marked with signs; colour only repeats them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hitl_tui.inbox.views import PendingView
from hitl_tui.safe_text import one_line
from hitl_tui.tui.diffing import opcodes
from hitl_tui.tui.widgets.lines import Line

_HEADING = "This request has changed since you saw it: - was there, + is there now."


def marked_lines(before: Sequence[Line], after: Sequence[Line]) -> list[Line]:
    """`after` under a heading that says so, `-` before each line that is gone and `+` before each that is new."""
    lines = [Line(_HEADING, style="error"), Line()]
    # What stands in a line decides; where its column begins does not.
    old, new = [_words(line) for line in before], [_words(line) for line in after]
    for tag, i1, i2, j1, j2 in opcodes(old, new):
        if tag == "equal":
            lines += [replace(line, lead="  " + line.lead, indent=line.indent + 2) for line in after[j1:j2]]
            continue
        lines += [_marked(words, "-", "removed") for words in old[i1:i2]]
        lines += [_marked(words, "+", "added") for words in new[j1:j2]]
    return lines


def terms_lines(request: PendingView) -> list[Line]:
    """What else a decision depends on, and the answer area shows: options, risk, what may be answered."""
    lines = [Line(one_line(f"{number}. {option}")) for number, option in enumerate(request.options, 1)]
    if request.risk:
        lines.append(Line(one_line(f"risk: {request.risk}")))
    return [*lines, Line(one_line(f"allowed: {', '.join(request.allowed)}"))]


def _words(line: Line) -> str:
    return f"{line.lead.strip()}  {line.text}" if line.lead.strip() else line.text


def _marked(words: str, sign: str, style: str) -> Line:
    return Line(words, style=style, lead=sign, lead_style=style, indent=2)
