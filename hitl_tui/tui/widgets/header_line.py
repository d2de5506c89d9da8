"""The first line of the screen: how much waits, whether something runs it, and who is acting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from hitl_tui.safe_text import one_line
from hitl_tui.tui.wording import capped

if TYPE_CHECKING:
    from hitl_tui.inbox.views import Counts

_NEEDLESS = ("ready", "running", "blocked", "due soon", "failed", "waiting")
"""What is left out where there is no room, the first of these first."""


class HeaderLine(Widget):
    """`hitl   12 waiting   2 due soon   3 running   1 failed … ann · local ● worker`."""

    counts: reactive[Counts | None] = reactive(None)

    def __init__(self, actor: str) -> None:
        super().__init__()
        self._actor = one_line(actor)

    def render(self) -> Content:
        counts, width = self.counts, self.size.width
        if counts is None:
            return Content.assemble(("hitl", "bold $accent"))
        worker = ("● worker", "$text-success") if counts.live_worker else ("○ no worker", "$text-warning")
        right = Content.assemble(self._actor[: max(width // 4, 8)], " · local ", worker)
        figures = _figures(counts)
        left = _left(figures, "   ")
        if left.cell_length + right.cell_length + 2 > width:
            left = _left(figures, "  ")
        for needless in _NEEDLESS:
            if left.cell_length + right.cell_length + 2 <= width:
                break
            figures = [figure for figure in figures if not figure[0].endswith(needless)]
            left = _left(figures, "  ")
        gap = max(width - left.cell_length - right.cell_length, 1)
        return Content.assemble(left, " " * gap, right)


def _left(figures: list[tuple[str, str]], between: str) -> Content:
    parts: list[Content | str | tuple[str, str]] = [("hitl", "bold $accent")]
    for figure in figures:
        parts += [between, figure]
    return Content.assemble(*parts)


def _figures(counts: Counts) -> list[tuple[str, str]]:
    figures = [(f"{capped(counts.waiting)} waiting", "bold" if counts.waiting else "dim")]
    if counts.due_soon:
        figures.append((f"{capped(counts.due_soon)} due soon", "$text-warning"))
    figures.append((f"{capped(counts.running)} running", "" if counts.running else "dim"))
    if counts.ready:
        figures.append((f"{capped(counts.ready)} ready", ""))
    if counts.failed:
        figures.append((f"{capped(counts.failed)} failed", "$text-error"))
    if counts.blocked:
        figures.append((f"{capped(counts.blocked)} blocked", "$text-warning"))
    return figures
