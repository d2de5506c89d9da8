"""The metrics screen: how much is asked, how it ends, how fast people answer, where it piles up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.metrics import Metrics
from hitl_tui.tui.screens.dashboard import Dashboard
from hitl_tui.tui.widgets.lines import Line
from hitl_tui.tui.widgets.metrics_view import metrics_lines, period

DAYS = (30, 90, 1, 7)


class MetricsScreen(Dashboard):
    """Figures of the last days, of one graph or of all."""

    NAME = "Metrics"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "days", "days", id="dashboard.days", tooltip="Next period: 30, 90, 1 or 7 days"),
        Binding("f", "graph", "graph", id="dashboard.graph", tooltip="Next graph: each alone, then all together"),
    ]

    def __init__(self, inbox: Inbox, *, now: Callable[[], datetime]) -> None:
        super().__init__(inbox, now=now)
        self._days = DAYS[0]
        self._graph: str | None = None
        self._graphs: list[str] = []
        self._found: Metrics | None = None

    async def read(self) -> None:
        wanted = self._days, self._graph
        self._graphs = await self._inbox.graph_names()
        found = await self._inbox.metrics(*wanted)
        if wanted == (self._days, self._graph):
            self._found = found

    def drawn(self, width: int, height: int) -> tuple[str, Sequence[Line]] | None:
        if self._found is None:
            return None
        return period(self._found), metrics_lines(self._found, width, height)

    def action_days(self) -> None:
        self._days = DAYS[(DAYS.index(self._days) + 1) % len(DAYS)]
        self.read_again()

    def action_graph(self) -> None:
        choices = [None, *self._graphs]
        place = choices.index(self._graph) if self._graph in choices else 0
        self._graph = choices[(place + 1) % len(choices)]
        self.read_again()
