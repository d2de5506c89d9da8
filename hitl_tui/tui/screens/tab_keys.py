"""The keys of the request side's tabs, and the reading of what they show."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hitl_tui.errors import RequestNotFound, ThreadNotFound
from hitl_tui.inbox import Inbox
from hitl_tui.tui.graph_text import ASCII, BOX, draw
from hitl_tui.tui.widgets.detail import DetailPane
from hitl_tui.tui.widgets.detail_tabs import AUDIT, GRAPH, HISTORY, DetailTabs

_MOST_AUDIT = 500


class TabKeys(Screen[None]):
    """A screen with a request side; its tabs can be turned from the list, from the request and from editors."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("]", "turn_tab(1)", "Next tab", show=False, id="detail.next_tab", tooltip="Next tab of the request"),
        Binding("[", "turn_tab(-1)", "Tab back", show=False, id="detail.previous_tab", tooltip="Previous tab"),
        Binding(
            "f7",
            "turn_tab(1)",
            "Tab",
            show=False,
            priority=True,
            id="detail.tab",
            tooltip="Next tab, also inside an editor",
        ),
        Binding("<", "scroll_aside(-1)", "", show=False, id="detail.scroll_left", tooltip="Scroll the graph left"),
        Binding(">", "scroll_aside(1)", "", show=False, id="detail.scroll_right", tooltip="Scroll the graph right"),
    ]

    _inbox: Inbox
    _detail: DetailPane

    @abstractmethod
    def guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the screen, and say what goes wrong."""

    def action_turn_tab(self, by: int) -> None:
        self._detail.tabs.turn(by)

    def action_scroll_aside(self, by: int) -> None:
        page = self._detail.tabs.page
        if page is not None:
            page.scroll_relative(x=by * 8, animate=False)

    @on(DetailTabs.Wanted)
    def _tab_wanted(self, event: DetailTabs.Wanted) -> None:
        self.guarded(self._read_tab(event))

    async def _read_tab(self, event: DetailTabs.Wanted) -> None:
        thread_id = event.view.thread_id
        found: Any
        try:
            if event.what == GRAPH:
                chart = await self._inbox.chart(thread_id)
                signs = ASCII if self.app.console.options.ascii_only else BOX
                # Beside the screen: a large graph takes a tenth of a second.
                found = await asyncio.to_thread(draw, chart, signs)
            elif event.what == HISTORY:
                found = await self._inbox.inputs(thread_id)
            elif event.what == AUDIT:
                found = await self._inbox.audit(thread_id, _MOST_AUDIT)
            elif event.request is not None:
                found = await self._inbox.preview(thread_id, event.request.request_id)
        except (ThreadNotFound, RequestNotFound):
            # It went on while we looked: what is shown next says so.
            return
        self._detail.tabs.give(event, found)
