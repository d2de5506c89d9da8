"""How a conversation is laid out: every turn in order, who said it, what was said (row 31)."""

from __future__ import annotations

from collections.abc import Sequence

from hitl_tui.inbox.views import Turn
from hitl_tui.safe_text import one_line
from hitl_tui.tui.widgets.context_view import MOST_CHARACTERS, MOST_LINES
from hitl_tui.tui.widgets.lines import Line, safe_lines
from hitl_tui.tui.widgets.prompt_view import cut_mark, cut_text

_INDENT = 2
_LONGEST_QUESTION = 400


def transcript_lines(turns: Sequence[Turn], *, whole: bool = False) -> list[Line]:
    """The turns as lines, a blank one between them; a person is `›`, all else `·`, so that colour is not needed."""
    lines: list[Line] = []
    for turn in turns:
        if lines:
            lines.append(Line())
        speaker = one_line(turn.speaker) or "?"
        sign, style = ("›", "accent") if turn.human else ("·", "label")
        lines.append(
            Line(f"{speaker}  {turn.at.astimezone():%H:%M}", style=style, lead=sign, lead_style=style, indent=_INDENT)
        )
        shown = turn.text if whole else cut_text(turn.text, MOST_LINES, MOST_CHARACTERS)
        asks = turn is turns[-1] and turn.asks and len(shown) <= _LONGEST_QUESTION
        lines.extend(Line(text, style="strong" if asks else "", indent=_INDENT) for text in safe_lines(shown))
        if len(shown) < len(turn.text):
            lines.append(cut_mark(turn.text, shown, indent=_INDENT))
    return lines
