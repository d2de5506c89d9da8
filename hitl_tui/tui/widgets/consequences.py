"""Above the answer: what each key would set going, one line each, cut where the line ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from hitl_tui.model.consequence import Consequence
from hitl_tui.tui.consequence_words import WayLine, way_lines
from hitl_tui.tui.own_keys import key_of

MOST = 3
"""Lines; what is left out is in the tab `Graph`, and a line says so."""


class Consequences(Static):
    """The consequences of the request that is shown; takes no room where there are none."""

    DEFAULT_CSS = """
    Consequences {
        height: auto;
        max-height: 4;
        margin: 1 0 0 0;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        display: none;
    }
    """

    @dataclass
    class Resized(Message):
        """It takes more lines now, or fewer."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.lines: list[str] = []

    @property
    def rows(self) -> int:
        """Lines that it takes, with the free one above it."""
        return len(self.lines) + 1 if self.display and self.lines else 0

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def on_hide(self) -> None:
        self.post_message(self.Resized())

    def show(self, consequences: Sequence[Consequence]) -> None:
        """Show these; none hides it."""
        is_ascii = self.app.console.options.ascii_only
        lines = _fewest(way_lines(consequences, is_ascii=is_ascii))
        width = max((len(line.label) for line in lines), default=0)
        dots = "..." if is_ascii else "…"
        contents = [Content.assemble((f"{line.label:<{width}}  ", "bold"), line.words) for line in lines]
        if len(lines) < len(way_lines(consequences)):
            key = key_of(self.app, "detail.tab", "F7")
            contents.append(Content.styled(f"{dots} more in the tab Graph: {key}", "dim"))
        self.lines = [content.plain for content in contents]
        self.update(Content("\n").join(contents))
        self.display = bool(contents)


def _fewest(lines: Sequence[WayLine]) -> Sequence[WayLine]:
    """What fits: each answer's first way before any second one."""
    if len(lines) <= MOST:
        return lines
    firsts = [line for line in lines if line.label]
    return firsts[:MOST] if len(firsts) >= MOST else lines[:MOST] if len(firsts) == 1 else _shared(lines)


def _shared(lines: Sequence[WayLine]) -> list[WayLine]:
    """Two answers, and one more way of the first of them that has one."""
    answers: list[list[WayLine]] = []
    for _, group in groupby(range(len(lines)), key=lambda at: sum(bool(line.label) for line in lines[: at + 1])):
        answers.append([lines[at] for at in group])
    longest = next(at for at, answer in enumerate(answers) if len(answer) > 1)
    return [line for at, answer in enumerate(answers) for line in answer[: 2 if at == longest else 1]]
